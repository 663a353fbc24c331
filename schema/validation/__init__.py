"""The specified rules of GraphQL, in one pass whose time is linear in the document."""

from schema.validation.document import Validator
