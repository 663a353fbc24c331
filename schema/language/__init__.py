"""The reader of GraphQL documents: tokens, and the AST of graphql-core made of them."""

from schema.language.lexing import Span
from schema.language.parsing import INTROSPECTION, Counts, Parsed, parse
