"""One connection, bounded in what it may take; uvicorn's own protocol waits and keeps without end.

    uvicorn --http gateway.server.protocol:Protocol --factory gateway.asgi:application

What was read whole is measured by head.py and body.py of gateway/http/middleware, on any server. Behind a proxy, its
own limits act before these. The parser reads no path and query of 64 kB or more, whatever the limit is.
"""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import unquote
from weakref import ref

from httptools import HttpParserError, HttpParserUpgrade, parse_url
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.errors import ConnectionLimit, GatewayError, HeadTooLarge
from gateway.http.answers import JSON, refusal, retry_headers
from gateway.http.exchange import EXCHANGE
from gateway.http.middleware.head import TOO_LARGE
from gateway.server.connections import LINGERING, Connections
from gateway.server.exchange import Exchange
from gateway.server.report import Reason

_LONGEST_URL: Final = 65_535
_LINGERS: Final = 2.0  # seconds that a client has to read why, before what it still sends makes the system forget that
_UNREAD: Final = 65_536  # bytes that may come while a connection waits to be read
_QUEUE: Final = 8  # requests that may come before the answer to the first
_KERNEL: Final = 131_072  # unsent bytes that the system keeps for a connection; without this bound it takes megabytes
_RESET: Final = struct.pack("ii", 1, 0)
_NOTSENT_LOWAT: Final = getattr(socket, "TCP_NOTSENT_LOWAT", None)
_HEAD: Final = "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n{}connection: close\r\n\r\n"
_ROOM: Final = {
    Reason.FULL: "The server has as many connections as it may have. Try again shortly.",
    Reason.CLIENT_FULL: "Your address has as many connections as one may have. Use those again, and close idle ones.",
}


class _EndError(Exception):
    """Stops the parser."""


class Protocol(HttpToolsProtocol):
    """Closes connections that are too many, whose head is too slow or too large, or whose answers are not read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._house: Connections = self.app_state["connections"]  # the lifespan puts them there
        self.ws_protocol_class = None  # nothing is served over WebSocket
        self._head_bytes = self._house.limits.head_bytes
        self._timer: asyncio.TimerHandle | None = None
        self._head = 0  # bytes read since the head began
        self._within_head = True
        self._unread: list[bytes] = []
        self._crowded = False  # whether reading is paused until those are read
        self._over = False  # nothing is read any more
        self._inside = False
        self._answered = False  # an answer that is not yet sent is whole
        self._running: Exchange | None = None  # the request that is being answered

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # whatever the system does not take is told at once
        self._peer = self._house.peer(self.client)
        reason = self._house.enter(self, self._peer)
        if reason is None:
            self._inside = True
            _keep_little(transport)
            self._expect_head()
        else:
            self._refuse(ConnectionLimit(_ROOM[reason]), reason)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._head_done()
        if self._inside:
            self._house.leave(self, self._peer)
            self._house.unsent.discard(self)
        if self._unread:
            self._house.reading.leave(self._peer.key, self)
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:  # uvicorn tells the newest request alone
            self._running.leave()
        self.pipeline.clear()
        self._house.idle.stop(self)
        # These lead back here: without them what a connection leaves goes at once, and doesn't wait for the collector.
        self.cycle = self._running = None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._unread.append(data)
        if len(self._unread) == 1:
            self._house.reading.come(self._peer.key, self)
        if sum(map(len, self._unread)) > _UNREAD:  # also where a view that takes a body has resumed reading
            self._crowded = True
            self.flow.pause_reading()

    def read(self) -> None:
        """Read what was received, when it is the client's turn."""
        if self._answered:
            return  # once that answer was sent
        data, self._unread = b"".join(self._unread), []
        if self._over:
            return
        if self._crowded:
            self._crowded = False
            self.flow.resume_reading()
        self._head += len(data)
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # the request is answered as any other
        except HttpParserError:
            self._unreadable()
        if self._within_head and not self._over:
            if self._head > self._head_bytes:
                self._refuse_head(self._head_bytes)
            elif self._timer is None:  # most heads come whole
                self._expect_head()

    def _unreadable(self) -> None:
        if self._over:
            return  # the parser was stopped
        if len(self.url) > _LONGEST_URL:
            self._refuse_head(min(self._head_bytes, _LONGEST_URL))
            return
        self._over = True
        self._house.report.add(Reason.BAD_REQUEST, self._peer.key)
        self.send_400_response("Invalid HTTP request received.")

    def _refuse_head(self, limit: int) -> None:
        self._head_done()
        self._refuse(HeadTooLarge(TOO_LARGE.format(limit), limit=limit), Reason.LARGE_HEAD)

    def _refuse(self, error: GatewayError, reason: Reason) -> None:
        """Say why, read nothing more, and close once the client had time to read it."""
        self._over = True
        self._house.report.add(reason, self._peer.key)
        body = refusal(error)
        headers = retry_headers(error.status, error.retry_after)
        extra = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in headers)
        phrase = HTTPStatus(error.status).phrase
        self.transport.write(_HEAD.format(error.status, phrase, JSON.decode(), len(body), extra).encode() + body)
        if self._house.lingering >= LINGERING:
            self.transport.close()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._house.lingering += 1
        self.loop.call_later(_LINGERS, self._lingered)

    def _lingered(self) -> None:
        self._house.lingering -= 1
        self.transport.abort()

    def cut(self, reason: Reason) -> None:
        """Break the connection off, with what is unsent and what its requests still do."""
        self._over = True
        self._house.work(self, self._peer)
        self._house.report.add(reason, self._peer.key)
        given = self.transport.get_extra_info("socket")
        if given is not None:
            given.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)  # else the system keeps what it has to send
        self.transport.abort()

    def on_message_begin(self) -> None:
        if self.pipeline and len(self.pipeline) >= _QUEUE:
            self.cut(Reason.PIPELINED)
        if self._over:
            raise _EndError
        self._house.idle.stop(self)  # not sooner: what is left of a body that nobody wants keeps no connection
        super().on_message_begin()
        if not self._within_head:
            self._within_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        self._head_done()
        self._house.work(self, self._peer)
        version = self.parser.get_http_version()
        self._complete_scope(version)
        before = self.cycle
        self.cycle = Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,  # the gateway has its own
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self.scope[EXCHANGE] = ref(self.cycle)  # type: ignore[typeddict-unknown-key] # servers may add keys
        if before is None or before.response_complete:
            self._running = self.cycle
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.pipeline.appendleft((self.cycle, self.app))
            self.flow.resume_reading()  # else nobody would see that the client leaves

    def _complete_scope(self, version: str) -> None:
        """Put into the scope what the head says."""
        scope, url = self.scope, parse_url(self.url)
        path = url.path.decode("ascii")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.pipeline and self.flow.read_paused:
            self.cut(Reason.PIPELINED)

    def on_response_complete(self) -> None:
        if self.flow.write_paused and not self.transport.is_closing():
            self._answered = True
            self.flow.pause_reading()  # the next request begins once this answer was read
            return
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._running = cast(Exchange, cycle)
            self._start_asgi_task(cycle, app)
        elif not self._over:
            self._house.wait(self, self._peer)
            self._house.idle.start(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._inside:
            client = self.scope["state"].get("client") if self.scope else None  # behind a proxy: whom it speaks for
            self._house.unsent.add(self, client or self._peer.key)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._house.unsent.discard(self)
        if self._answered:
            self._answered = False
            self.on_response_complete()
            if self._unread:
                self._house.reading.come(self._peer.key, self)

    def unsent(self) -> int:
        """Bytes that the system has not taken yet."""
        return self.transport.get_write_buffer_size()

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(self._house.limits.body_seconds, self._slow_head)

    def _slow_head(self) -> None:
        self._timer = None
        self._house.report.add(Reason.SLOW_HEAD if self._head else Reason.SILENT, self._peer.key)
        self.transport.close()

    def _head_done(self) -> None:
        self._within_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _keep_little(transport: asyncio.Transport) -> None:
    """Let the system take little ahead of the client, so that what is unsent is seen and bounded here."""
    given = transport.get_extra_info("socket")
    if _NOTSENT_LOWAT is not None and given is not None and given.family != socket.AF_UNIX:
        given.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, _KERNEL)
