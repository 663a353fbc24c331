"""The watcher: a client that leaves has its work cancelled.

Cancelling the application cancels its SQL. The gateway's own server calls when the client of a request leaves. Of
others only `receive()` tells: once a request has taken a few milliseconds, one task pumps it while the application
runs. While the server drains, a disconnect is the server's own doing, and requests in flight may finish.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway import telemetry
from gateway.http.answers import Application, Message, Receive, Scope, Send
from gateway.http.exchange import exchange_of
from gateway.http.state import RequestState, state_of
from gateway.http.timers import Timers

# Seconds: most answers are there by then, and a task costs what a session does.
_PATIENCE: Final = 0.02


class DisconnectWatcher:
    """Cancel and await the application when the client leaves, unless `draining` says that the server does."""

    def __init__(self, app: Application, *, draining: Callable[[], bool]) -> None:
        self._app = app
        self._draining = draining
        self._slow: Timers[_Watch] = Timers(_PATIENCE, lambda watch: watch.begin())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(receive, self._draining, state_of(scope))
        exchange = exchange_of(scope)
        if exchange is None:
            self._slow.start(watch)
        else:
            exchange.when_left = watch.leave
        try:
            await self._app(scope, watch.receive, send)
        except asyncio.CancelledError:
            if not watch.forgive():
                raise
            state_of(scope)["left"] = True
            telemetry.disconnects.inc()
        finally:
            if exchange is None:
                self._slow.stop(watch)
            else:
                exchange.when_left = None
            watch.end()


class _Watch:
    """The messages of one request, and whether its client has left."""

    def __init__(self, receive: Receive, draining: Callable[[], bool], state: RequestState) -> None:
        self._receive = receive
        self._state = state
        self._draining = draining
        self._task = asyncio.current_task()
        self._cancelled = self._ended = False
        self._reading = self._due = False
        self._messages: asyncio.Queue[Message] | None = None
        self._pump: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """The next message: the server's own until the pump begins, which then is alone to ask the server."""
        if self._messages is not None:
            return await self._messages.get()
        self._reading = True
        try:
            message = await self._receive()
        finally:
            self._reading = False
        if message["type"] == "http.disconnect" and self.leave():
            await asyncio.sleep(0)  # where the cancel comes in, before the application can make an answer of this
        if self._due:
            self.begin()
        return message

    def begin(self) -> None:
        """Begin to watch, or as soon as the application does not itself wait for a message."""
        self._due = True
        if not self._reading and self._messages is None:
            self._messages = asyncio.Queue(maxsize=4)  # back-pressure for streamed bodies
            self._pump = asyncio.create_task(self._pass(self._messages))

    def end(self) -> None:
        """Watch no more."""
        self._ended = True
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None  # whose traceback leads here

    async def _pass(self, messages: asyncio.Queue[Message]) -> None:
        while True:
            message = await self._receive()
            left = message["type"] == "http.disconnect"
            if left:
                self.leave()
            await messages.put(message)
            if left:
                return

    def leave(self) -> bool:
        """Cancel the application, unless the client left when it had its answer; answers whether that is so."""
        if self._cancelled:
            return True
        if self._ended or self._draining():
            return False
        if self._state.get("whole", False):
            return False  # servers say so after a whole answer too; what is left to do then must not be cancelled
        assert self._task is not None
        self._cancelled = True
        return self._task.cancel()

    def forgive(self) -> bool:
        """Whether the cancel was ours alone; then the task goes on as if never cancelled."""
        assert self._task is not None
        return self._cancelled and self._task.uncancel() == 0
