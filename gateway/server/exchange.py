"""One request and its answer; enters ASGI messages, leaves bytes for the connection.

uvicorn writes the head by itself and looks at each header again. Here the head goes with the first bytes of the body,
as one packet, and lines of headers that are sent again and again are made once.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_BAD_NAME: Final = re.compile(rb'[\x00-\x1f\x7f()<>@,;:\[\]={} \t\\"]')
_BAD_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_UNIQUE: Final = b"x-request-id"  # no two answers have the same: kept, its lines would take the place of others
_BODILESS: Final = frozenset({204, 304})


class Exchange(RequestResponseCycle):
    """A request that is being answered."""

    when_left: Callable[[], object] | None = None  # what the gateway does when the client leaves before it is answered
    _head: tuple[bytes, ...] = ()  # what is to be written with the first bytes of the body

    def leave(self) -> None:
        """Say that the client has left."""
        self.disconnected = True
        self.message_event.set()
        if self.when_left is not None:
            self.when_left()

    def take_body(self) -> bytes | None:
        """The body of the request, where all of it has come: then nobody has to wait for its message."""
        if self.more_body or self.disconnected:
            return None
        self.flow.resume_reading()
        self.message_event.clear()
        body, self.body = bytes(self.body), bytearray()
        return body

    async def send(self, message: Any) -> None:
        """Take one message of the answer."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        expected = "http.response.body" if self.response_started else "http.response.start"
        if message["type"] != expected or self.response_complete:
            text = f"{message['type']} was sent where {'nothing' if self.response_complete else expected} may follow."
            raise RuntimeError(text)
        if self.response_started:
            self._write(message.get("body", b""), more=message.get("more_body", False))
        else:
            self._start(message["status"], message.get("headers", ()))

    def _start(self, status: int, headers: Any) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        lines = [STATUS_LINE[status]]
        for name, value in (*self.default_headers, *headers):
            line, framing = _made(name, value) if name == _UNIQUE else _line(name, value)
            lines.append(line)
            if framing is not None:
                self._frame(framing, value)
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _BODILESS:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        self._head = (b"".join(lines),)

    def _frame(self, name: bytes, value: bytes) -> None:
        if name == b"content-length" and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
        elif name == b"transfer-encoding" and value.lower() == b"chunked":
            self.expected_content_length = 0
            self.chunked_encoding = True
        elif name == b"connection" and _closes(value):
            self.keep_alive = False

    def _write(self, body: bytes, *, more: bool) -> None:
        parts, self._head = self._head, ()
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
        elif self.chunked_encoding:
            parts += (b"%x\r\n" % len(body), body, b"\r\n") if body else ()
            parts += () if more else (b"0\r\n\r\n",)
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0 or (self.expected_content_length and not more):
                message = "The body is not as long as Content-Length says."
                raise RuntimeError(message)
            parts += (body,) if body else ()
        if parts:
            self.transport.writelines(parts)
        if not more:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


def _made(name: bytes, value: bytes) -> tuple[bytes, bytes | None]:
    """The line of a header, and its name where the server itself goes by it."""
    if _BAD_NAME.search(name) or _BAD_VALUE.search(value):
        message = f"The header {name!r} holds characters that no header may have."
        raise RuntimeError(message)
    name = name.lower()
    if name == b"connection" and _closes(value):
        return b"", name  # sent once, whichever side asks for it
    return name + b": " + value + b"\r\n", name if name in _FRAMING else None


_line = lru_cache(maxsize=1024)(_made)


def _closes(value: bytes) -> bool:
    """Whether the header Connection says that this is the last answer."""
    return b"close" in [token.strip() for token in value.lower().split(b",")]
