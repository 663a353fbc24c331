"""What connections leave behind."""

import asyncio
import gc

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


@pytest.mark.memory
@pytest.mark.parametrize("app", [answers, waits])
async def test_connections_that_ended_wait_for_no_collector(uncollected, app):
    config, state = Config(app, interface="asgi3", log_config=None), ServerState()
    config.load()
    shared = {"connections": Connections(HttpSettings(), LimitSettings())}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(config, state, shared), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        await asyncio.sleep(0.005)
        writer.close()
        await writer.wait_closed()
    await eventually(lambda: not [each for each in gc.get_objects() if isinstance(each, Protocol)], seconds=20)
    server.close()
