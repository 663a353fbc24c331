"""Connections in one process: what they leave behind, and how much of them is read in a round of the loop."""

import asyncio
import gc
from weakref import WeakSet

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.server.connections import Connections
from gateway.server.protocol import Protocol
from gateway.settings import HttpSettings, LimitSettings
from tests.fixtures.waiting import eventually


@pytest.fixture
def uncollected():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def answers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def waits(scope, receive, send):
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest.fixture
async def listening():
    """Serves an ASGI app in this process; `listening(app)` gives the port and the connections that are left."""
    servers = []

    async def serving(app):
        config, state, made = Config(app, interface="asgi3", log_config=None), ServerState(), WeakSet()
        config.load()
        shared = {"connections": Connections(HttpSettings(), LimitSettings())}

        def connection():
            one = Protocol(config, state, shared)
            made.add(one)
            return one

        servers.append(await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0))
        return servers[-1].sockets[0].getsockname()[1], made

    yield serving
    for each in servers:
        each.close()


@pytest.mark.memory
@pytest.mark.parametrize("app", [answers, waits])
async def test_connections_that_ended_wait_for_no_collector(uncollected, listening, app):
    port, left = await listening(app)
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        await asyncio.sleep(0.005)
        writer.close()
        await writer.wait_closed()
    await eventually(lambda: not left, seconds=20)


async def test_of_many_bodies_that_come_fast_few_pieces_are_read_in_a_round_of_the_loop(listening):
    taken = []

    async def takes(scope, receive, send):
        while (message := await receive())["type"] != "http.disconnect":
            taken.append(message["body"])

    port, connections = await listening(takes)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(40)]
    for writer in writers:
        writer.write(head)
    await eventually(lambda: sum(each.cycle is not None for each in connections) == 40, "40 requests")
    assert 0 < read_of(connections, b"x" * 1_000) <= 8
    await eventually(lambda: sum(map(len, taken)) == 40_000, "the pieces of all")
    for writer in writers:
        writer.close()
        await writer.wait_closed()
    await eventually(lambda: not connections, "the end of all")


def read_of(connections, piece):
    """How many read a piece that all of them receive in one round."""
    for each in connections:
        each.data_received(piece)
    return sum(bool(each.cycle.body) for each in connections)
