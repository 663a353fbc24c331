"""HTTP requests that are not read."""

from gateway.errors.base import GatewayError


class RequestError(GatewayError):
    """The HTTP request cannot be read."""

    code = "BAD_REQUEST"
    status = 400


class BadJson(RequestError):
    """The body is not JSON in UTF-8 that holds one GraphQL request."""


class BadConsistencyToken(RequestError):
    """The token of a write, by which a read would see it, was changed or is of another server."""


class BodyTooLarge(RequestError):
    """The body is larger than the limit."""

    status = 413


class HeadTooLarge(RequestError):
    """The path and the headers are larger than the limit."""

    status = 431


class BodyTimeout(RequestError):
    """The body did not arrive in time."""

    status = 408


class BadBody(RequestError):
    """The body is not what its headers say: cut off, empty, or in another format or coding."""


class JobState(RequestError):
    """What was asked of a job does not fit the state that it is in."""

    status = 409


class SpoolGone(RequestError):
    """The body of a job is not on this server any more."""

    status = 409


class MethodNotAllowed(RequestError):
    """The HTTP method does not fit the resource."""

    status = 405

    def __init__(self, message: str, allow: bytes = b"GET, HEAD") -> None:
        super().__init__(message)
        self.headers = ((b"allow", allow),)


class NotAcceptable(RequestError):
    """None of the media types that the client accepts can be served."""

    status = 406


class UnsupportedMediaType(RequestError):
    """The body's media type or character set is not application/json in UTF-8."""

    status = 415


class BadHost(RequestError):
    """The Host header names no host that this server serves."""


class NotFound(RequestError):
    """Nothing is served at this path."""

    status = 404


class UnknownJurisdiction(NotFound):
    """There is no jurisdiction with the code of the path, or of `--jurisdiction`."""

    code = "UNKNOWN_JURISDICTION"


class JurisdictionApart(RequestError):
    """A jurisdiction that has a database of its own is read alone: no statement goes over two of them."""


class SpanningReadsOnly(RequestError):
    """All jurisdictions together are read only: a write, a load or a command is of one."""

    code = "SPANNING_READS_ONLY"
    status = 403


class BadTile(RequestError):
    """z, x and y of a tile are not whole numbers."""


class NoTile(RequestError):
    """The grid has no such tile."""

    status = 404


class HttpVersion(RequestError):
    """A stream was asked for over HTTP/1.0, where an answer that broke off looks whole."""

    status = 505


class CsrfRequired(RequestError):
    """A GET that a browser could be tricked into lacks the header that proves a preflight."""


class BatchLimit(RequestError):
    """The body is a list of operations; the gateway takes one a request."""


class BadIdempotencyKey(RequestError):
    """The header Idempotency-Key holds no key."""


class IdempotencyKeyReused(BadIdempotencyKey):
    """The key came with another operation before."""

    status = 422


class IdempotencyKeyInUse(BadIdempotencyKey):
    """A request with the key is still being done."""

    status = 409
    retryable = True
