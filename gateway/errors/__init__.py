"""Floor 0. The one tree of errors; enters what went wrong, leaves a stable code, a status and where to mend it.

GatewayError
├── RequestError          the HTTP request is not one we read       BAD_JSON, BODY_TOO_LARGE, ...
├── DocumentError         the GraphQL document or its variables     DEPTH_LIMIT, COST_LIMIT, ...
├── ArgumentError         one argument of a field                   OUT_OF_RANGE, BAD_CURSOR, ...
│   └── GeometryError     one geometry                              INVALID_GEOMETRY, RING_NOT_CLOSED, ...
├── AccessError           who may do what                         UNAUTHENTICATED, FORBIDDEN
├── SourceError           a file given to ingest                    BAD_SOURCE, BAD_MAPPING
├── OutputError           a file to be written                      BAD_OUTPUT
├── SetupError            the machine or the settings               SETUP
└── ServiceError          the service, now                          TIMEOUT, OVERLOADED, UNAVAILABLE, ...

The docstring of a leaf is its meaning; docs/errors.md has an entry for each code, and a test walks both.
"""

from collections.abc import Iterator

from gateway.errors.access import AccessError, Forbidden, Unauthenticated
from gateway.errors.argument import (
    ArgumentError,
    BadCrs,
    BadCursor,
    BadDimension,
    BadFilterToken,
    BadId,
    BadPage,
    BadText,
    ConstraintViolated,
    FilterExpired,
    FilterTooLong,
    GeometryDepth,
    GeometryError,
    GeometryTooIntricate,
    GeometryTypeError,
    InvalidGeometry,
    KeyTaken,
    ListLimit,
    NonFinite,
    OutOfRange,
    PredicateLimit,
    PrivateField,
    RepairFailed,
    RingNotClosed,
    RowNotFound,
    VersionConflict,
    VertexLimit,
    WriteError,
)
from gateway.errors.base import GatewayError
from gateway.errors.document import (
    AliasLimit,
    BadVariables,
    CostLimit,
    DepthLimit,
    DirectiveLimit,
    DocumentError,
    IntrospectionOff,
    OperationNotFound,
    ParseFailed,
    RootFieldLimit,
    TokenLimit,
    ValidationFailed,
)
from gateway.errors.operation import (
    BadMapping,
    DuplicateFeature,
    OutputError,
    SetupError,
    SourceError,
)
from gateway.errors.request import (
    BadHost,
    BadIdempotencyKey,
    BadJson,
    BadTile,
    BatchLimit,
    BodyTimeout,
    BodyTooLarge,
    CsrfRequired,
    HeadTooLarge,
    HttpVersion,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NoTile,
    RequestError,
    UnsupportedMediaType,
)
from gateway.errors.service import (
    ConcurrentChange,
    Conflict,
    ExportLimit,
    Internal,
    LayerNotEmpty,
    Locked,
    NotMigrated,
    Overloaded,
    ServiceError,
    Storage,
    Timeout,
    Unavailable,
    UnknownOutcome,
)

__all__ = [
    "AccessError",
    "AliasLimit",
    "ArgumentError",
    "BadCrs",
    "BadCursor",
    "BadDimension",
    "BadFilterToken",
    "BadHost",
    "BadId",
    "BadIdempotencyKey",
    "BadJson",
    "BadMapping",
    "BadPage",
    "BadText",
    "BadTile",
    "BadVariables",
    "BatchLimit",
    "BodyTimeout",
    "BodyTooLarge",
    "ConcurrentChange",
    "Conflict",
    "ConstraintViolated",
    "CostLimit",
    "CsrfRequired",
    "DepthLimit",
    "DirectiveLimit",
    "DocumentError",
    "DuplicateFeature",
    "ExportLimit",
    "FilterExpired",
    "FilterTooLong",
    "Forbidden",
    "GatewayError",
    "GeometryDepth",
    "GeometryError",
    "GeometryTooIntricate",
    "GeometryTypeError",
    "HeadTooLarge",
    "HttpVersion",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "Internal",
    "IntrospectionOff",
    "InvalidGeometry",
    "KeyTaken",
    "LayerNotEmpty",
    "ListLimit",
    "Locked",
    "MethodNotAllowed",
    "NoTile",
    "NonFinite",
    "NotAcceptable",
    "NotFound",
    "NotMigrated",
    "OperationNotFound",
    "OutOfRange",
    "OutputError",
    "Overloaded",
    "ParseFailed",
    "PredicateLimit",
    "PrivateField",
    "RepairFailed",
    "RequestError",
    "RingNotClosed",
    "RootFieldLimit",
    "RowNotFound",
    "ServiceError",
    "SetupError",
    "SourceError",
    "Storage",
    "Timeout",
    "TokenLimit",
    "Unauthenticated",
    "Unavailable",
    "UnknownOutcome",
    "UnsupportedMediaType",
    "ValidationFailed",
    "VersionConflict",
    "VertexLimit",
    "WriteError",
    "catalogue",
]


def catalogue(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Walk the tree, so that tests and docs can name every code."""
    for child in root.__subclasses__():
        yield child
        yield from catalogue(child)
