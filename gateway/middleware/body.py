"""Floor 5. The request body, whole, before anything else runs; enters chunks, leaves one message within limits.

Nothing behind this door waits for a slow client: a body that is too large or too slow is answered here.
"""

import asyncio

from gateway import errors
from gateway.answers import Application, Message, Receive, Scope, Send, header, refuse

_CLOSE = ((b"connection", b"close"),)  # what is left of the body is not read


class BodyLimit:
    """Refuse bodies above `limit` bytes (413) or not there within `seconds` (408).

    Paths that begin with `streamed` are for views that take a body as it comes, and have limits of their own.
    """

    def __init__(self, app: Application, *, limit: int, seconds: float, streamed: tuple[str, ...] = ()) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._streamed):
            await self._app(scope, receive, send)
            return
        try:
            self._check_announced(scope)
            async with asyncio.timeout(self._seconds):
                body = await self._read(receive)
        except errors.RequestError as error:
            await refuse(send, error, headers=_CLOSE)
            return
        except TimeoutError:
            message = f"The body did not arrive within {self._seconds:g} s."
            await refuse(send, errors.BodyTimeout(message), headers=_CLOSE)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)

    def _check_announced(self, scope: Scope) -> None:
        announced = header(scope, b"content-length")
        if announced is not None and announced.isdigit() and int(announced[:20]) > self._limit:
            raise self._too_large()

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, or None when the client left before its end."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                raise self._too_large()
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks)

    def _too_large(self) -> errors.BodyTooLarge:
        return errors.BodyTooLarge(
            f"The body is larger than {self._limit} bytes, the limit. Send less, or large geometries in smaller parts.",
            limit=self._limit,
        )


def _replay(body: bytes, receive: Receive) -> Receive:
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replayed() -> Message:
        nonlocal message
        if message is None:
            return await receive()
        first, message = message, None
        return first

    return replayed
