"""GraphQL documents that are refused before they run."""

from gateway.errors.base import GatewayError


class DocumentError(GatewayError):
    """The GraphQL document is refused before it runs."""

    code = "BAD_DOCUMENT"
    status = 400


class ParseFailed(DocumentError):
    """The document is not GraphQL."""

    code = "GRAPHQL_PARSE_FAILED"


class ValidationFailed(DocumentError):
    """The document does not fit the schema."""

    code = "GRAPHQL_VALIDATION_FAILED"


class BadVariables(DocumentError):
    """A variable does not have the type that the document declares."""


class OperationNotFound(DocumentError):
    """The document has no operation of that name, or several and no name was given."""


class TokenLimit(DocumentError):
    """The document has too many tokens."""


class DepthLimit(DocumentError):
    """The selection, a value or a variable is nested too deeply."""


class AliasLimit(DocumentError):
    """The operation has too many aliases."""


class RootFieldLimit(DocumentError):
    """The operation has too many root fields."""


class DirectiveLimit(DocumentError):
    """The operation has too many directives."""


class CostLimit(DocumentError):
    """The operation could cost more than the limit: fewer rows, fewer fields or less spatial work."""


class IntrospectionOff(DocumentError):
    """Introspection is switched off on this server."""


class DocumentNotTrusted(DocumentError):
    """The server runs documents only that its operator trusts, and this is none of them."""


class PersistedQueryNotFound(DocumentError):
    """The server does not know a document of this hash; send it with its text."""


class PersistedQueryMismatch(DocumentError):
    """The hash is not that of the text that came with it."""

    code = "PERSISTED_QUERY_HASH_MISMATCH"
