"""The one tree of errors; enters what went wrong, leaves a stable code, a status and where to fix it.

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
    AmbiguousKey,
    AmbiguousRepair,
    AnalysisLimit,
    ArgumentError,
    BadCrs,
    BadCursor,
    BadDimension,
    BadFilterToken,
    BadId,
    BadMoment,
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
    NotSigned,
    NoValue,
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
    DocumentNotTrusted,
    IntrospectionOff,
    OperationNotFound,
    ParseFailed,
    PersistedQueryMismatch,
    PersistedQueryNotFound,
    RootFieldLimit,
    TokenLimit,
    ValidationFailed,
)
from gateway.errors.operation import (
    BadEncoding,
    BadJurisdiction,
    BadMapping,
    CannotPartition,
    DenseBody,
    DuplicateFeature,
    LayerNotLoadable,
    MissingRefused,
    NoCluster,
    OutputError,
    ReaderCrashed,
    ReaderMemory,
    ReaderTime,
    SetupError,
    SourceError,
)
from gateway.errors.request import (
    BadBody,
    BadConsistencyToken,
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
    JobState,
    JurisdictionApart,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    NoTile,
    RequestError,
    SpanningReadsOnly,
    SpoolGone,
    UnknownJurisdiction,
    UnsupportedMediaType,
)
from gateway.errors.service import (
    AnalysisJobs,
    BodiesLimit,
    BulkLimit,
    ClusterCannot,
    ConcurrentChange,
    Conflict,
    ConnectionLimit,
    ExportLimit,
    IncomparableGeometries,
    Internal,
    Interrupted,
    LayerNotEmpty,
    Locked,
    NotMigrated,
    Overloaded,
    RateLimited,
    SamplePresent,
    ServiceError,
    SpoolFull,
    Storage,
    Timeout,
    Unavailable,
    UnknownOutcome,
)


def catalogue(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """Walk the tree, so that tests and docs can name every code."""
    for child in root.__subclasses__():
        yield child
        yield from catalogue(child)
