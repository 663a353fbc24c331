"""An export whose connection breaks before anything of it was sent is begun again: its client gets a whole file."""

import asyncio
from contextlib import ExitStack, asynccontextmanager

import aiohttp
from sqlalchemy import make_url

from tests.faults.relay import Relay
from tests.fixtures.exported import FORMATS

_COPY_OUT = b"H\x00\x00\x00"


class Scissors(Relay):
    """Cuts `left` connections, each behind the first row of a COPY."""

    left = 0

    async def _pass(self, reader, writer):
        try:
            while data := await reader.read(2**16):
                if self.left and (at := data.find(_COPY_OUT)) >= 0:
                    self.left -= 1
                    writer.write(data[: behind(data, behind(data, at))])
                    return
                writer.write(data)
        finally:
            writer.close()


def behind(data, at):
    """Where the message of PostgreSQL ends that begins at a place."""
    return at + 1 + int.from_bytes(data[at + 1 : at + 5])


@asynccontextmanager
async def cut(serve, url):
    """A server whose way to its database goes past scissors."""
    scissors = Scissors(url)
    async with await asyncio.start_server(scissors.connected, "127.0.0.1", 0) as listener:
        wire = make_url(url).set(query={}, host="127.0.0.1", port=listener.sockets[0].getsockname()[1])
        settings = {"app": "gateway.asgi:application", "GATEWAY_BUDGET_ENABLED": "false"}
        with ExitStack() as stack:
            served = serve(wire.render_as_string(hide_password=False), **settings)
            # In a thread: while it starts, its way to the database goes past the loop of this test.
            yield scissors, await asyncio.to_thread(stack.enter_context, served)
        listener.close()
        await scissors.end()


async def test_a_small_export_is_whole_though_its_connection_breaks_twice(serve, sample):
    async with cut(serve, sample) as (scissors, server), aiohttp.ClientSession(server.url) as client:

        async def ask(name):
            async with client.get(f"/export/zoning_districts.{name}") as answer:
                return answer.status, await answer.read()

        for name in FORMATS:
            whole = await ask(name)
            assert whole[0] == 200
            for breaks in (1, 2):
                scissors.left = breaks
                assert (await ask(name), scissors.left) == (whole, 0), (name, breaks)
        scissors.left = 10
        assert (await ask("geojson"))[0] == 503
