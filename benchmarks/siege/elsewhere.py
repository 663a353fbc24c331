"""A server that refuses everything at once, an actor: attacks on it show what the attackers' own work takes."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from benchmarks.siege.actor import act, step_back

_REFUSAL = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"


async def main(given: Mapping[str, Any]) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(_answer, "127.0.0.1", given["port"], limit=2**17, backlog=1_000)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, EOFError, asyncio.LimitOverrunError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            writer.write(_REFUSAL)
            await writer.drain()
    writer.transport.abort()


if __name__ == "__main__":
    step_back()
    act(main)
