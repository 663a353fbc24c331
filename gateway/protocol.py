"""Floor 6. The head of a request, bounded; uvicorn's own protocol reads it without end, in bytes and in seconds.

    uvicorn --http gateway.protocol:Protocol --factory gateway.asgi:application

What was read whole is measured by gateway/middleware/head.py and body.py, on any server. Behind a proxy, the proxy's
own limits act before these.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.settings import LimitSettings

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """Closes connections whose head takes longer than `body_seconds`, or grows beyond `head_bytes` without an end."""

    _timer: asyncio.TimerHandle | None = None
    _head = 0  # bytes read since the head began

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
        self._head += len(data)
        super().data_received(data)
        if self._timer is not None and self._head > self._limits.head_bytes:
            self._head_done()
            self.transport.write(_TOO_LARGE)
            self.transport.close()

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
