"""The two messages of a plain ASGI answer; enters a status, headers and bytes, or a GatewayError.

Middleware and views both refuse requests before a GraphQL response exists; they do it here, so that a refusal has one
form: `{"errors": [{"message", "extensions": {"code"}}]}`, which GraphQL clients read too.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from gateway.errors import GatewayError, RateLimited, ServiceError, Unauthenticated

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

JSON = b"application/json; charset=utf-8"
NOT_STORED: Headers = ((b"cache-control", b"no-store"),)
_NOT_NOW = {ServiceError.status, RateLimited.status}
_FOUND = "gateway.headers"  # the value of each header: a request's are looked at a dozen times
_LISTS = (b"accept", b"accept-encoding", b"if-none-match", b"x-forwarded-for")


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """A request's headers by their names in lower case: of a list all its lines (RFC 9110, 5.3), else the first."""
    values: dict[bytes, bytes] | None = scope.get(_FOUND)
    if values is None:
        values = scope[_FOUND] = _values(scope["headers"])
    return values


def header(scope: Scope, name: bytes) -> bytes | None:
    """The value of one of them."""
    return headers_of(scope).get(name)


def _values(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values = dict(reversed(headers))
    if len(values) < len(headers):
        lists = [name for name in _LISTS if name in values]
        values |= {name: b", ".join(value for given, value in headers if given == name) for name in lists}
    return values


def varying(headers: Headers, *names: bytes) -> list[tuple[bytes, bytes]]:
    """The headers with one Vary, which also has `names`: caches must keep an answer of each."""
    others, told = [], []
    for pair in headers:
        if pair[0] == b"vary":
            told.append(pair[1])
        else:
            others.append(pair)
    others.append((b"vary", _vary(*told, *names)))
    return others


@lru_cache(maxsize=64)
def _vary(*values: bytes) -> bytes:
    names: dict[bytes, bytes] = {}
    for value in values:
        for name in value.split(b","):
            names.setdefault(name.strip().lower(), name.strip())
    return b", ".join(names.values())


def qualities(accepted: bytes) -> Mapping[bytes, float]:
    """What a header such as Accept names, in its order, with the quality of each: 0 to 1 (RFC 9110, 12.4.2)."""
    rated: dict[bytes, float] = {}
    for item in accepted.lower().split(b","):
        name, *parameters = [part.strip() for part in item.split(b";")]
        rated[name] = max(rated.get(name, 0.0), _quality(parameters))
    return rated


def _quality(parameters: Sequence[bytes]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"q":
            try:
                return min(max(0.0, float(value)), 1.0)  # in this order NaN is 0
            except ValueError:
                return 0.0
    return 1.0


def retry_headers(status: int, seconds: int = ServiceError.retry_after) -> Headers:
    """`Retry-After` for answers that say "not now"."""
    return ((b"retry-after", str(seconds).encode()),) if status in _NOT_NOW else ()


def challenge(status: int, *, failed: bool = False) -> Headers:
    """`WWW-Authenticate` for answers that ask for credentials (RFC 6750, 3); `failed` where some were sent."""
    if status != Unauthenticated.status:
        return ()
    return ((b"www-authenticate", b'Bearer error="invalid_token"' if failed else b"Bearer"),)


def matches(scope: Scope, etag: bytes) -> bool:
    """Whether the client has it already: If-None-Match, by weak comparison (RFC 9110, 13.1.2)."""
    given = header(scope, b"if-none-match")
    if given is None:
        return False
    opaque = etag.removeprefix(b"W/")
    return given.strip() == b"*" or any(part.strip().removeprefix(b"W/") == opaque for part in given.split(b","))


async def unchanged(send: Send, headers: Headers) -> None:
    """Send 304: the client's copy is still good."""
    await send({"type": "http.response.start", "status": 304, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b""})


async def answer(send: Send, status: int, body: bytes, *, content_type: bytes = JSON, headers: Headers = ()) -> None:
    """Send a whole answer."""
    fixed = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})


def refusal(error: GatewayError) -> bytes:
    """An error as JSON."""
    return orjson.dumps({"errors": [{"message": error.message, "extensions": error.extensions}]})


async def refuse(
    send: Send, error: GatewayError, *, content_type: bytes = JSON, headers: Headers = (), failed: bool = False
) -> None:
    """Send an error as the whole answer, with its own status; `failed` where credentials were sent."""
    body = refusal(error)
    asked = challenge(error.status, failed=failed)
    own = (*retry_headers(error.status, error.retry_after), *error.headers, *asked)
    await answer(send, error.status, body, content_type=content_type, headers=(*own, *headers))
