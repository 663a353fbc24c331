"""Floor 0. The one tree of errors; enters what went wrong, leaves a stable code, a status and where to mend it.

GatewayError
├── RequestError          the HTTP request is not one we read       BAD_JSON, BODY_TOO_LARGE, ...
├── DocumentError         the GraphQL document or its variables     DEPTH_LIMIT, COST_LIMIT, ...
├── ArgumentError         one argument of a field                   OUT_OF_RANGE, BAD_CURSOR, ...
│   └── GeometryError     one geometry                              INVALID_GEOMETRY, RING_NOT_CLOSED, ...
├── SourceError           a file given to ingest                    BAD_SOURCE, BAD_MAPPING
├── OutputError           a file to be written                      BAD_OUTPUT
├── SetupError            the machine or the settings               SETUP
└── ServiceError          the service, now                          TIMEOUT, OVERLOADED, UNAVAILABLE, ...

The docstring of a leaf is its meaning; docs/errors.md has an entry for each code, and a test walks both.
"""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar


class GatewayError(Exception):
    """Anything the gateway says to its user; `message` says what is wrong and how to mend it."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, path: Sequence[str | int] = (), **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)
        self.details = details

    def at(self, *prefix: str | int) -> "GatewayError":
        """Put `prefix` before the path, on the way out of a nested argument."""
        self.path = (*prefix, *self.path)
        return self

    @property
    def extensions(self) -> dict[str, Any]:
        """`extensions` of the GraphQL error: the code, the path of the argument and the details."""
        found: dict[str, Any] = {"code": self.code}
        if self.path:
            found["argument"] = list(self.path)
        if self.retryable:
            found["retryable"] = True
        return found | self.details


class RequestError(GatewayError):
    """The HTTP request cannot be read."""

    code = "BAD_REQUEST"
    status = 400


class BadJson(RequestError):
    """The body is not JSON in UTF-8 that holds one GraphQL request."""

    code = "BAD_JSON"


class BodyTooLarge(RequestError):
    """The body is larger than the limit."""

    code = "BODY_TOO_LARGE"
    status = 413


class HeadTooLarge(RequestError):
    """The path and the headers are larger than the limit."""

    code = "HEAD_TOO_LARGE"
    status = 431


class BodyTimeout(RequestError):
    """The body did not arrive in time."""

    code = "BODY_TIMEOUT"
    status = 408


class MethodNotAllowed(RequestError):
    """The HTTP method does not fit the resource."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class NotAcceptable(RequestError):
    """None of the media types that the client accepts can be served."""

    code = "NOT_ACCEPTABLE"
    status = 406


class UnsupportedMediaType(RequestError):
    """The body's media type or character set is not application/json in UTF-8."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class BadHost(RequestError):
    """The Host header names no host that this server serves."""

    code = "BAD_HOST"


class NotFound(RequestError):
    """Nothing is served at this path."""

    code = "NOT_FOUND"
    status = 404


class CsrfRequired(RequestError):
    """A GET that a browser could be tricked into lacks the header that proves a preflight."""

    code = "CSRF_REQUIRED"


class BatchLimit(RequestError):
    """The body is a list of operations; the gateway takes one a request."""

    code = "BATCH_LIMIT"


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

    code = "BAD_VARIABLES"


class OperationNotFound(DocumentError):
    """The document has no operation of that name, or several and no name was given."""

    code = "OPERATION_NOT_FOUND"


class TokenLimit(DocumentError):
    """The document has too many tokens."""

    code = "TOKEN_LIMIT"


class DepthLimit(DocumentError):
    """The selection, a value or a variable is nested too deeply."""

    code = "DEPTH_LIMIT"


class AliasLimit(DocumentError):
    """The operation has too many aliases."""

    code = "ALIAS_LIMIT"


class RootFieldLimit(DocumentError):
    """The operation has too many root fields."""

    code = "ROOT_FIELD_LIMIT"


class DirectiveLimit(DocumentError):
    """The operation has too many directives."""

    code = "DIRECTIVE_LIMIT"


class CostLimit(DocumentError):
    """The operation could cost more than the limit: fewer rows, fewer fields or less spatial work."""

    code = "COST_LIMIT"


class IntrospectionOff(DocumentError):
    """Introspection is switched off on this server."""

    code = "INTROSPECTION_OFF"


class ArgumentError(GatewayError):
    """An argument of a field cannot be used."""

    code = "BAD_ARGUMENT"
    status = 400


class BadText(ArgumentError):
    """A text holds NUL or half a surrogate pair, or is too long."""

    code = "BAD_TEXT"


class NonFinite(ArgumentError):
    """A number is NaN or infinite."""

    code = "NON_FINITE"


class OutOfRange(ArgumentError):
    """A number or coordinate is outside the range that has a meaning."""

    code = "OUT_OF_RANGE"


class ListLimit(ArgumentError):
    """A list has too many items."""

    code = "LIST_LIMIT"


class PredicateLimit(ArgumentError):
    """A filter has too many lookups or is nested too deeply."""

    code = "PREDICATE_LIMIT"


class BadPage(ArgumentError):
    """first, last, after and before do not make a page."""

    code = "BAD_PAGE"


class BadCursor(ArgumentError):
    """A cursor was changed, or belongs to another field or another order."""

    code = "BAD_CURSOR"


class BadId(ArgumentError):
    """An id is not a global id of this server, or of another type."""

    code = "BAD_ID"


class BadCrs(ArgumentError):
    """A coordinate reference system is unknown or may not be named here."""

    code = "BAD_CRS"


class GeometryError(ArgumentError):
    """A geometry cannot be read."""

    code = "BAD_GEOMETRY"


class InvalidGeometry(GeometryError):
    """A geometry is well formed but not valid in the sense of OGC Simple Features."""

    code = "INVALID_GEOMETRY"


class RingNotClosed(GeometryError):
    """The last position of a ring is not its first."""

    code = "RING_NOT_CLOSED"


class BadDimension(GeometryError):
    """A position does not have two ordinates."""

    code = "DIMENSION"


class GeometryDepth(GeometryError):
    """A geometry collection is nested too deeply."""

    code = "GEOMETRY_DEPTH"


class VertexLimit(GeometryError):
    """A geometry has too many vertices."""

    code = "VERTEX_LIMIT"


class GeometryTooIntricate(GeometryError):
    """A geometry has so many edges side by side, or rings in one point, that working with it would take too long."""

    code = "GEOMETRY_TOO_INTRICATE"


class SourceError(GatewayError):
    """A file given to ingest cannot be loaded."""

    code = "BAD_SOURCE"
    status = 400


class BadMapping(SourceError):
    """The mapping names a field that the layer or the file does not have."""

    code = "BAD_MAPPING"


class DuplicateFeature(SourceError):
    """Two features have the same key and on-duplicate is error."""

    code = "DUPLICATE_FEATURE"


class OutputError(GatewayError):
    """A file cannot be written where a command was told to."""

    code = "BAD_OUTPUT"
    status = 400


class SetupError(GatewayError):
    """The machine lacks something that the gateway needs."""

    code = "SETUP"


class ServiceError(GatewayError):
    """The service cannot answer now."""

    code = "SERVICE"
    status = 503


class Timeout(ServiceError):
    """The work took longer than its limit and was cancelled."""

    code = "TIMEOUT"
    status = 504


class Locked(ServiceError):
    """Another transaction holds a lock that was not released in time."""

    code = "LOCKED"
    retryable = True


class Overloaded(ServiceError):
    """Every connection is in use."""

    code = "OVERLOADED"
    retryable = True


class Unavailable(ServiceError):
    """The database cannot be reached, or is starting or stopping."""

    code = "UNAVAILABLE"
    retryable = True


class Storage(ServiceError):
    """The database is out of disk or memory."""

    code = "STORAGE"


class Conflict(ServiceError):
    """The change collides with another one or with a constraint."""

    code = "CONFLICT"
    status = 409


class LayerNotEmpty(ServiceError):
    """A layer that was to be filled has rows already, and they were not to be replaced."""

    code = "LAYER_NOT_EMPTY"
    status = 409


class NotMigrated(ServiceError):
    """The database lacks a table or column of this version: run manage.py migrate."""

    code = "NOT_MIGRATED"


class Internal(GatewayError):
    """Something unforeseen; the log has the error under the id that the client was given."""

    code = "INTERNAL"
    MASK: ClassVar[str] = (
        "Something went wrong here, not in your request. Give the operator the id: the log has the cause."
    )


def catalogue(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Walk the tree, so that tests and docs can name every code."""
    for child in root.__subclasses__():
        yield child
        yield from catalogue(child)
