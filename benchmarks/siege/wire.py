"""Requests as bytes on a socket of our own; enters what to ask, leaves a connection that an attacker holds.

A client library would read answers, close connections and give up as a good client does. An attacker does not.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

_PATIENCE = 40.0  # seconds to wait for an answer, longer than the gateway's own deadline


@dataclass(frozen=True, slots=True)
class Target:
    """The gateway under siege, and what an attacker knows of it.

    `addresses` are the loopback addresses that connections come from, in turn. `large` is a body of 1 MB, `boxes` are
    boxes that hold parcels, `key` is an API key with the scope bulk.
    """

    port: int
    addresses: Sequence[str]
    boxes: Sequence[Sequence[float]]
    key: str = ""
    scratch: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection; `number` tells it apart from the others of its attack."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def ask(self, data: bytes) -> int:
        """Send a request, read the whole answer and return its status."""
        await self.send(data)
        async with asyncio.timeout(_PATIENCE):
            return await self.answer()

    async def answer(self) -> int:
        """Read one answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if b"\r\ntransfer-encoding: chunked" in head:
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readexactly(2)
        elif length := head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]:
            await self.reader.readexactly(int(length))
        return status


@asynccontextmanager
async def connected(target: Target, number: int, *, deaf: bool = False) -> AsyncIterator[Connection]:
    """A connection that is dropped at the end of the block, whatever is under way on it.

    One that is `deaf` reads nothing, and its system takes next to nothing for it.
    """
    with socket.socket() as plain:
        plain.setblocking(False)
        if deaf:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.bind((target.addresses[number % len(target.addresses)], 0))
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", target.port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=2**20)
        if deaf:
            cast("asyncio.ReadTransport", writer.transport).pause_reading()
        try:
            yield Connection(number, reader, writer)
        finally:
            writer.transport.abort()


def request(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP/1.1 request."""
    fields = {"host": "127.0.0.1", **(headers or {})}
    if body:
        fields = {"content-type": "application/json", "content-length": str(len(body)), **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def graphql(document: str, variables: Mapping[str, Any] | None = None) -> bytes:
    """A GraphQL operation as a POST."""
    return request("POST", "/graphql", orjson.dumps({"query": document, "variables": variables or {}}))
