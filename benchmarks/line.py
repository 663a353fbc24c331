"""A slow line: enters a port and bytes a second, leaves a port before it whose answers come no faster, all together.

Chromium has limits of its own (`Network.emulateNetworkConditions`). At 50 kB/s they held 100 kB for 4.0 s that a page
fetched, and for 2.0 s what a worker of it did: half a line, not one that all share.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

_PIECE = 1024  # bytes that one connection sends before it is the next one's turn


@contextmanager
def slow_line(port: int, rate: int) -> Iterator[int]:
    """The port of a line to `port` of this machine with `rate` bytes a second, for as long as the block takes."""
    line = _Line(port, rate)
    thread = Thread(target=lambda: asyncio.run(line.serve()), daemon=True)
    thread.start()
    line.listens.wait()
    try:
        yield line.port
    finally:
        line.loop.call_soon_threadsafe(line.ended.set)
        thread.join()


class _Line:
    loop: asyncio.AbstractEventLoop

    def __init__(self, to: int, rate: int) -> None:
        self.port = 0
        self.listens, self.ended = Event(), asyncio.Event()
        self._to, self._rate = to, rate
        self._turn = asyncio.Lock()  # those who wait get it in the order in which they came

    async def serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.listens.set()
        await self.ended.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ahead, behind = await asyncio.open_connection("127.0.0.1", self._to)
        ways = [asyncio.create_task(each) for each in (self._pass(reader, behind), self._slowly(ahead, writer))]
        # What is still open as the line ends is given up with it.
        with suppress(asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for each in ways:
            each.cancel()
        writer.close()
        behind.close()

    async def _slowly(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # a browser closes what it needs no more
            while piece := await reader.read(_PIECE):
                async with self._turn:
                    await asyncio.sleep(len(piece) / self._rate)
                writer.write(piece)
                await writer.drain()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                writer.write(piece)
                await writer.drain()
