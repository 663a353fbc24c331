"""A wire to a server that can swallow all: connections stay open, new ones are taken, and nothing comes through."""

import asyncio
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url


class Relay:
    """Passes bytes to the server of a URL, but while it is `silent`."""

    def __init__(self, url):
        query = make_url(url).query
        self._path = f"{query['host']}/.s.PGSQL.{query.get('port', 5432)}"
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._tasks = set()

    @property
    def silent(self):
        return not self._speaks.is_set()

    @silent.setter
    def silent(self, silent):
        (self._speaks.clear if silent else self._speaks.set)()

    async def connected(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        await self._speaks.wait()
        with suppress(OSError):
            upstream = await asyncio.open_unix_connection(self._path)
            await asyncio.gather(self._pass(reader, upstream[1]), self._pass(upstream[0], writer))

    async def _pass(self, reader, writer):
        try:
            while data := await reader.read(2**16):
                await self._speaks.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def end(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def relayed(url):
    """`async with relayed(url) as (relay, port):` the same server at a port of 127.0.0.1."""
    relay = Relay(url)
    async with await asyncio.start_server(relay.connected, "127.0.0.1", 0) as server:
        yield relay, server.sockets[0].getsockname()[1]
        server.close()
        await relay.end()
