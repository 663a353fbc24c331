"""HTTP requests that are not read."""

from gateway.errors.base import GatewayError


class RequestError(GatewayError):
    """The HTTP request cannot be read."""

    code = "BAD_REQUEST"
    status = 400


class BadJson(RequestError):
    """The body is not JSON in UTF-8 that holds one GraphQL request."""

    code = "BAD_JSON"


class BadConsistencyToken(RequestError):
    """The token of a write, by which a read would see it, was changed or is of another server."""

    code = "BAD_CONSISTENCY_TOKEN"


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


class BadBody(RequestError):
    """The body is not what its headers say: cut off, empty, or in another format or coding."""

    code = "BAD_BODY"


class JobState(RequestError):
    """What was asked of a job does not fit the state that it is in."""

    code = "JOB_STATE"
    status = 409


class SpoolGone(RequestError):
    """The body of a job is not on this server any more."""

    code = "SPOOL_GONE"
    status = 409


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


class BadTile(RequestError):
    """z, x and y of a tile are not whole numbers."""

    code = "BAD_TILE"


class NoTile(RequestError):
    """The grid has no such tile."""

    code = "NO_TILE"
    status = 404


class HttpVersion(RequestError):
    """A stream was asked for over HTTP/1.0, where an answer that broke off looks whole."""

    code = "HTTP_VERSION"
    status = 505


class CsrfRequired(RequestError):
    """A GET that a browser could be tricked into lacks the header that proves a preflight."""

    code = "CSRF_REQUIRED"


class BatchLimit(RequestError):
    """The body is a list of operations; the gateway takes one a request."""

    code = "BATCH_LIMIT"


class BadIdempotencyKey(RequestError):
    """The header Idempotency-Key holds no key."""

    code = "BAD_IDEMPOTENCY_KEY"


class IdempotencyKeyReused(BadIdempotencyKey):
    """The key came with another operation before."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422


class IdempotencyKeyInUse(BadIdempotencyKey):
    """A request with the key is still being done."""

    code = "IDEMPOTENCY_KEY_IN_USE"
    status = 409
    retryable = True
