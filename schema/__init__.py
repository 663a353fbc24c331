"""The GraphQL surface: what clients see of the layers; resolvers load, they do not query."""

from schema.surface import TYPES, build_schema
