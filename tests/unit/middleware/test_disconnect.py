"""The watcher, with the gateway's own server, which calls when the client leaves, and with others, which are asked."""

import asyncio
import gc
from weakref import ref

import pytest

from gateway.http.exchange import EXCHANGE
from gateway.http.middleware.disconnect import DisconnectWatcher
from gateway.http.middleware.request_log import RequestLog
from tests.fixtures.waiting import LONG


class Exchange:
    """One request; `left` is set when the server says http.disconnect, as uvicorn does after a whole answer too.

    The gateway's own server calls then, but after a whole answer.
    """

    when_left = None

    def __init__(self, *, own=False):
        self.left = asyncio.Event()
        self.sent = []
        self.scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "state": {}}
        if own:
            self.scope[EXCHANGE] = ref(self)

    def leave(self):
        self.left.set()
        if self.when_left is not None:
            self.when_left()

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message["type"])
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.left.set()


@pytest.fixture(params=[True, False], ids=["own server", "another server"])
async def exchange(request):
    return Exchange(own=request.param)


async def answer(send, *, whole):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}", "more_body": not whole})


async def test_what_follows_a_whole_answer_is_not_cancelled(exchange):
    closed = []

    async def app(scope, receive, send):
        await answer(send, whole=True)
        await asyncio.sleep(0.05)
        closed.append("session")

    watched = RequestLog(DisconnectWatcher(app, draining=lambda: False))
    await watched(exchange.scope, exchange.receive, exchange.send)
    assert closed == ["session"]
    assert "left" not in exchange.scope["state"]


async def test_a_client_that_leaves_in_the_middle_has_its_work_cancelled(exchange):
    async def app(scope, receive, send):
        await answer(send, whole=False)
        exchange.leave()
        await asyncio.sleep(9)

    watcher = DisconnectWatcher(app, draining=lambda: False)
    async with asyncio.timeout(LONG):
        await watcher(exchange.scope, exchange.receive, exchange.send)
    assert exchange.scope["state"]["left"] is True


async def test_while_the_server_drains_a_disconnect_cancels_nothing(exchange):
    async def app(scope, receive, send):
        exchange.leave()
        await asyncio.sleep(0.05)
        await answer(send, whole=True)

    await DisconnectWatcher(app, draining=lambda: True)(exchange.scope, exchange.receive, exchange.send)
    assert exchange.sent == ["http.response.start", "http.response.body"]


async def test_what_takes_no_time_is_not_watched(exchange):
    async def app(scope, receive, send):
        before = asyncio.all_tasks()
        await answer(send, whole=False)
        assert asyncio.all_tasks() == before
        await answer(send, whole=True)

    await DisconnectWatcher(app, draining=lambda: False)(exchange.scope, exchange.receive, exchange.send)


async def test_what_takes_long_on_the_own_server_is_watched_without_a_task():
    exchange = Exchange(own=True)

    async def app(scope, receive, send):
        before = asyncio.all_tasks()
        await asyncio.sleep(0.1)
        assert asyncio.all_tasks() == before
        await answer(send, whole=True)

    await DisconnectWatcher(app, draining=lambda: False)(exchange.scope, exchange.receive, exchange.send)
    assert exchange.sent == ["http.response.start", "http.response.body"]


async def test_an_application_that_waits_for_a_message_when_the_client_leaves_is_cancelled_once(exchange):
    read = []

    async def app(scope, receive, send):
        asyncio.get_running_loop().call_later(0.05, exchange.leave)
        try:
            read.append(await receive())
        finally:
            read.append((await receive())["type"])

    async with asyncio.timeout(5):
        await DisconnectWatcher(app, draining=lambda: False)(exchange.scope, exchange.receive, exchange.send)
    assert read == ["http.disconnect"]
    assert exchange.scope["state"]["left"] is True
    assert asyncio.current_task().cancelling() == 0


async def test_a_body_that_comes_slowly_is_read_in_order_while_the_client_is_watched():
    bodies = [b"one", b"two", b"three"]

    async def receive():
        await asyncio.sleep(0.02)
        if bodies:
            return {"type": "http.request", "body": bodies.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    read = []

    async def app(scope, receive, send):
        while True:
            read.append((await receive())["body"])

    scope = {"type": "http", "state": {}}
    async with asyncio.timeout(LONG):
        await DisconnectWatcher(app, draining=lambda: False)(scope, receive, None)
    assert read == [b"one", b"two", b"three"]
    assert scope["state"]["left"] is True


async def test_an_application_that_reads_of_it_itself_is_cancelled_there():
    async def receive():
        return {"type": "http.disconnect"}

    read = []

    async def app(scope, receive, send):
        read.append(await receive())

    scope = {"type": "http", "state": {}}
    await DisconnectWatcher(app, draining=lambda: False)(scope, receive, None)
    await asyncio.sleep(0)
    assert read == []
    assert scope["state"]["left"] is True
    assert asyncio.current_task().cancelling() == 0


@pytest.mark.parametrize("own", [True, False])
async def test_a_request_that_was_watched_leaves_nothing_to_the_collector_of_cycles(monkeypatch, own):
    monkeypatch.setattr(Exchange, "send", lambda *_: asyncio.sleep(0))  # the client stays connected

    async def app(scope, receive, send):
        await asyncio.sleep(0.02)
        await answer(send, whole=True)

    gc.disable()
    try:
        exchange = Exchange(own=own)
        await DisconnectWatcher(app, draining=lambda: False)(exchange.scope, exchange.receive, exchange.send)
        await asyncio.sleep(0.01)
        left = ref(exchange)
        del exchange
        assert left() is None
    finally:
        gc.enable()
