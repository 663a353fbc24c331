"""The request body, whole, before anything else runs; enters chunks, leaves one message within limits.

Nothing behind this door waits for a slow client: a body that is too large or too slow is answered here. What no view
reads is not kept: bodies of other paths and methods, and of clients that may neither read nor write.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import ExitStack, suppress
from typing import Final

from gateway import errors
from gateway.http.answers import (
    JSON,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    challenge,
    headers_of,
    refusal,
    retry_headers,
)
from gateway.http.exchange import exchange_of
from gateway.http.middleware.bodies import Bodies, Body
from gateway.http.state import state_of
from gateway.http.timers import Limit, limits
from gateway.identity.principal import Scope as Right

PATH: Final = "/graphql"  # whose view reads bodies
_RIGHTS: Final = frozenset({Right.READ, Right.WRITE, Right.BULK, Right.ADMIN})
_LINGERS: Final = 2.0  # seconds that a client has to read why, before what it still sends makes the system forget that


class BodyLimit:
    """Refuse bodies above `limit` bytes (413) or not there within `seconds` (408).

    Paths that begin with `streamed` are for views that take a body as it comes, and have limits of their own.
    """

    def __init__(
        self, app: Application, *, limit: int, seconds: float, bodies: Bodies, streamed: tuple[str, ...] = ()
    ) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds
        self._limits = limits(seconds)
        self._bodies = bodies
        self._streamed = streamed

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["path"].startswith(self._streamed):
            return self._app(scope, receive, send)
        if scope["path"] != PATH or scope["method"] != "POST":
            return self._app(scope, _replay(b"", receive), send)
        if (whole := _whole(scope)) is None:
            return self._receive(scope, _Source(receive), send)
        try:
            _allow(scope)
            self._check(len(whole))
        except errors.GatewayError as error:
            return _refuse(_Source(receive, more=False), send, error)
        return self._app(scope, _replay(whole, receive), send)

    async def _receive(self, scope: Scope, source: "_Source", send: Send) -> None:
        error: errors.GatewayError
        with ExitStack() as stack:
            try:
                with Limit(self._limits):
                    body = await self._read(scope, source, stack)
            except TimeoutError:
                error = errors.BodyTimeout(f"The body did not arrive within {self._seconds:g} s.")
            except errors.GatewayError as known:
                error = known
            else:
                if isinstance(body, bytes):
                    await self._app(scope, _replay(body, source), send)
                elif body is not None:
                    async with body.whole() as data:
                        await self._app(scope, _replay(data, source), send)
                return
        await _refuse(source, send, error)

    async def _read(self, scope: Scope, source: "_Source", stack: ExitStack) -> Body | bytes | None:
        """The body, or None when the client left before its end."""
        _allow(scope)
        announced = self._announced(scope)
        message = await source()
        if not source.more:
            if message["type"] != "http.request":
                return None
            self._check(len(whole := message.get("body", b"")))
            return whole  # type: ignore[no-any-return]
        body = stack.enter_context(self._bodies.receive(state_of(scope)["client"]))
        body.expect(announced)
        while True:
            await body.add(message.get("body", b""))
            self._check(body.size)
            if not message.get("more_body", False):
                await body.settle()
                return body
            message = await source()
            if message["type"] == "http.disconnect":
                return None

    def _announced(self, scope: Scope) -> int:
        text = headers_of(scope).get(b"content-length")
        size = int(text[:20]) if text is not None and text.isdigit() else 0
        self._check(size)
        return size

    def _check(self, size: int) -> None:
        if size > self._limit:
            advice = "Send less, or large geometries in smaller parts."
            message = f"The body is larger than {self._limit} bytes, the limit. {advice}"
            raise errors.BodyTooLarge(message, limit=self._limit)


def _whole(scope: Scope) -> bytes | None:
    """The body, where the server has all of it before anybody asked."""
    exchange = exchange_of(scope)
    return None if exchange is None else exchange.take_body()


def _allow(scope: Scope) -> None:
    """Refuse who may neither read nor write anything."""
    principal = state_of(scope)["principal"]
    if principal.scopes.isdisjoint(_RIGHTS):
        principal.require(Right.READ, "To read")


class _Source:
    """Where chunks come from, and whether there are more."""

    def __init__(self, receive: Receive, *, more: bool = True) -> None:
        self.more = more
        self._receive = receive

    async def __call__(self) -> Message:
        message = await self._receive()
        self.more = message.get("more_body", False)
        return message


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body as one message, then nothing but that the client left."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replayed() -> Message:
        nonlocal message
        if message is not None:
            first, message = message, None
            return first
        while (later := await receive())["type"] != "http.disconnect":
            pass
        return later

    return replayed


async def _refuse(source: _Source, send: Send, error: errors.GatewayError) -> None:
    """Answer at once, and close the connection when the client had time to read that: it may send still."""
    body = refusal(error)
    fixed = ((b"content-type", JSON), (b"content-length", str(len(body)).encode()), (b"connection", b"close"))
    headers = [*fixed, *retry_headers(error.status, error.retry_after), *challenge(error.status)]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": source.more})
    if source.more:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGERS):
                while source.more:
                    await source()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
