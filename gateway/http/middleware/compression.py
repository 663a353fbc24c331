"""Compressed answers; enters what the client accepts, leaves zstd or gzip, whole answers and streams alike.

Streams are compressed as they come, the first bytes at once. One that breaks off lacks the end that both codings have.

Browsers get zstd. Of other clients that accept both alike, some announce zstd and cannot read it, as GraphQL Code
Generator does on Node.js before 22.15: they get gzip, which all of them read, unless they rate zstd higher.
"""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Protocol

import zstandard

from gateway.http.answers import Application, Headers, Message, Receive, Scope, Send, header, qualities, varying

# Fast levels: on GeoJSON they are within a fifth of the ratio of slow ones, at twice to three times the speed.
_GZIP, _ZSTD = 3, 1
_THREAD = 32 * 1024  # from this size on, compressing is worth a thread: it takes no lock of Python's
_COMPRESSIBLE = re.compile(
    rb"(text/|image/svg|application/([\w.-]+\+)?(json|xml)\b"
    rb"|application/(x-ndjson|x-protobuf|javascript|flatgeobuf|vnd\.apache\.arrow\.file)\b)"
)


class Encoder(Protocol):
    """Compresses one answer, piece by piece."""

    def compress(self, data: bytes, /) -> bytes:
        """Take a piece; what comes back may be empty."""
        ...

    def flush(self, mode: int = ..., /) -> bytes:
        """End, or with a mode let out what was taken so far."""
        ...


# In the order in which browsers prefer them, with what makes an encoder and the mode that lets out what was taken.
_CODINGS: dict[bytes, tuple[Callable[[], Encoder], int]] = {
    b"zstd": (lambda: zstandard.ZstdCompressor(_ZSTD).compressobj(), zstandard.COMPRESSOBJ_FLUSH_BLOCK),
    b"gzip": (lambda: zlib.compressobj(_GZIP, zlib.DEFLATED, 16 + zlib.MAX_WBITS), zlib.Z_SYNC_FLUSH),
}


class Compression:
    """Compress answers of `floor` bytes or more, and all streams, whose type is worth it and that are not yet."""

    def __init__(self, app: Application, *, floor: int) -> None:
        self._app = app
        self._floor = floor

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        return self._app(scope, receive, _Answer(scope, send, self._floor).send)


def _coding_of(scope: Scope) -> bytes | None:
    if scope["method"] == "HEAD":
        return None
    # Only browsers say where a request comes from, and those that announce zstd read it.
    return choose(header(scope, b"accept-encoding"), browser=header(scope, b"sec-fetch-site") is not None)


@lru_cache(maxsize=64)  # clients say the same with each request
def choose(accepted: bytes | None, *, browser: bool) -> bytes | None:
    """The best coding that `Accept-Encoding` allows; of equals zstd for a browser, gzip for others.

    None leaves the answer as it is.
    """
    rated = qualities(accepted or b"")
    others = rated.get(b"*", 0.0)
    best = max(_CODINGS if browser else reversed(_CODINGS), key=lambda name: rated.get(name, others))
    return best if rated.get(best, others) > 0 else None


class _Answer:
    """One answer; its head waits for the first piece of its body, which tells whether there are more."""

    def __init__(self, scope: Scope, send: Send, floor: int) -> None:
        self._scope = scope
        self._send = send
        self._floor = floor
        self._start: Message | None = None
        self._encoder: Encoder | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if _worth(start["status"], start["headers"]):
                start["headers"] = varying(start["headers"], b"Accept-Encoding", b"Sec-Fetch-Site")
                if self._large(message) and (coding := _coding_of(self._scope)) is not None:
                    message = await self._begin(coding, start, message)
            await self._send(start)
            await self._send(message)
        elif self._encoder is not None:
            await self._pass(self._encoder, message)
        else:
            await self._send(message)

    def _large(self, message: Message) -> bool:
        return message.get("more_body", False) or len(message.get("body", b"")) >= self._floor

    async def _begin(self, coding: bytes, start: Message, message: Message) -> Message:
        make, flush = _CODINGS[coding]
        self._encoder = make()
        more = message.get("more_body", False)
        message = await self._encoded(self._encoder, message, flush if more else None)
        start["headers"] = _coded(start["headers"], coding, None if more else len(message["body"]))
        return message

    async def _pass(self, encoder: Encoder, message: Message) -> None:
        encoded = await self._encoded(encoder, message, None)
        if encoded["body"] or not encoded.get("more_body", False):
            await self._send(encoded)

    async def _encoded(self, encoder: Encoder, message: Message, flush: int | None) -> Message:
        data, more = message.get("body", b""), message.get("more_body", False)

        def encode() -> bytes:
            if not more:
                return encoder.compress(data) + encoder.flush()
            return encoder.compress(data) + (b"" if flush is None else encoder.flush(flush))

        made = encode() if len(data) < _THREAD else await asyncio.get_running_loop().run_in_executor(None, encode)
        return {**message, "body": made}


def _worth(status: int, headers: Headers) -> bool:
    """Whether an answer is varied by coding at all, even where this one is not compressed."""
    kind = b""
    for name, value in headers:
        if name == b"content-encoding":
            return False
        if name == b"content-type":
            kind = value
    return status not in {204, 206, 304} and _compressible(kind)


@lru_cache(maxsize=64)
def _compressible(kind: bytes) -> bool:
    return bool(_COMPRESSIBLE.match(kind))


def _coded(headers: Headers, coding: bytes, length: int | None) -> Headers:
    """The headers of the compressed answer; a strong ETag would promise equal bytes, so it becomes a weak one."""
    others = [
        (name, _weak(value) if name == b"etag" else value) for name, value in headers if name != b"content-length"
    ]
    sized: list[tuple[bytes, bytes]] = [] if length is None else [(b"content-length", str(length).encode())]
    return [*others, (b"content-encoding", coding), *sized]


def _weak(tag: bytes) -> bytes:
    return tag if tag.startswith(b"W/") else b"W/" + tag
