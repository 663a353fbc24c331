"""Floor 6. The head of a request, bounded; uvicorn's own protocol reads it without end, in bytes and in seconds.

    uvicorn --http gateway.protocol:Protocol --factory gateway.asgi:application

What was read whole is measured by gateway/middleware/head.py and body.py, on any server. Behind a proxy, the proxy's
own limits act before these. The parser reads no path and query of 64 kB or more, whatever the limit is.
"""

import asyncio
from typing import Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.answers import JSON, refusal
from gateway.errors import HeadTooLarge
from gateway.middleware.head import TOO_LARGE
from gateway.settings import LimitSettings

_LONGEST_URL: Final = 65_535
_LINGERS: Final = 2.0  # seconds that a client has to read why, before what it still sends makes the system forget that
_HEAD: Final = (
    "HTTP/1.1 431 Request Header Fields Too Large\r\n"
    "content-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n"
)


class Protocol(HttpToolsProtocol):
    """Closes connections whose head takes longer than `body_seconds`, or grows beyond `head_bytes` without an end."""

    _timer: asyncio.TimerHandle | None = None
    _head = 0  # bytes read since the head began
    _refused = False

    @property
    def _limits(self) -> LimitSettings:
        return cast("LimitSettings", self.app_state["limits"])  # the lifespan puts them there

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._head += len(data)
        super().data_received(data)
        if self._timer is not None and self._head > self._limits.head_bytes:
            self._head_done()
            self._refuse(self._limits.head_bytes)

    def send_400_response(self, msg: str) -> None:
        """Say what is too large where that is why the parser gave up."""
        if len(self.url) > _LONGEST_URL:
            self._refuse(min(self._limits.head_bytes, _LONGEST_URL))
        else:
            super().send_400_response(msg)

    def _refuse(self, limit: int) -> None:
        error = HeadTooLarge(TOO_LARGE.format(limit), limit=limit)
        body = refusal(error)
        self._refused = True
        self.transport.write(_HEAD.format(JSON.decode(), len(body)).encode() + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGERS, self.transport.close)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_done()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._head = 0
        self._timer = self.loop.call_later(self._limits.body_seconds, self.transport.close)

    def _head_done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
