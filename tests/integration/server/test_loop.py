"""The loop accepts what comes in a fair order, however long its rounds are."""

import asyncio
import socket
import time
from contextlib import ExitStack

from gateway.server.loop import Loop
from tests.fixtures.waiting import LONG


class Slow(asyncio.Protocol):
    """Takes a millisecond to enter a connection, as a busy server does."""

    def __init__(self, entered):
        self._entered = entered

    def connection_made(self, transport):
        time.sleep(0.001)
        self._entered.append(transport.get_extra_info("peername")[0])
        transport.write(b"in")


def connect(port, address):
    return socket.create_connection(("127.0.0.1", port), source_address=(address, 0))


def serving(test):
    async def run():
        entered = []
        server = await asyncio.get_running_loop().create_server(lambda: Slow(entered), "127.0.0.1", 0)
        try:
            return await test(server.sockets[0].getsockname()[1], entered, server)
        finally:
            server.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(run())


async def heard(connection):
    connection.setblocking(False)
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 2), LONG)


def test_a_client_that_opens_one_connection_does_not_wait_for_hundreds_of_another():
    async def test(port, entered, _):
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(connect(port, "127.0.0.3"))
            one = stack.enter_context(connect(port, "127.0.0.2"))
            assert await heard(one) == b"in"
            assert entered.index("127.0.0.2") <= 12

    serving(test)


def test_connections_of_one_client_beyond_those_that_may_wait_are_closed_and_later_ones_enter():
    async def test(port, entered, _):
        with ExitStack() as stack:
            flood = [stack.enter_context(connect(port, "127.0.0.3")) for _ in range(300)]
            async with asyncio.timeout(LONG):
                while len(entered) < 256:  # noqa: ASYNC110 - they are entered in rounds
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.1)
            assert len(entered) < 300
            flood[0].close()
            assert await heard(stack.enter_context(connect(port, "127.0.0.3"))) == b"in"

    serving(test)


def test_a_server_that_was_closed_accepts_nothing_and_closes_what_waits():
    async def test(port, entered, server):
        with ExitStack() as stack:
            flood = [stack.enter_context(connect(port, "127.0.0.3")) for _ in range(50)]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            server.close()
            assert len(entered) < 50
            assert await heard(flood[-1]) == b""
        refused = socket.socket()
        assert refused.connect_ex(("127.0.0.1", port)) != 0
        refused.close()

    serving(test)
