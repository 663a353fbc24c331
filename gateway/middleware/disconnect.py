"""Floor 5. The watcher: a client that leaves has its work cancelled.

Servers cancel nothing when a client goes; only `receive()` tells. One task pumps it while the application runs, and
cancels the application at `http.disconnect`; cancelling cancels the SQL. While the server drains, a disconnect is the
server's own doing, and requests in flight may finish.
"""

import asyncio
from collections.abc import Callable

from gateway import telemetry
from gateway.answers import Application, Message, Receive, Scope, Send


class DisconnectWatcher:
    """Cancel and await the application when the client leaves, unless `draining` says that the server does."""

    def __init__(self, app: Application, *, draining: Callable[[], bool]) -> None:
        self._app = app
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(receive, self._draining)
        pump = asyncio.create_task(watch.pump())

        async def answer(message: Message) -> None:
            # Servers say http.disconnect after a whole answer too; what is left to do then must not be cancelled.
            watch.over = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, watch.messages.get, answer)
        except asyncio.CancelledError:
            if not watch.forgive():
                raise
            scope["state"]["left"] = True
            telemetry.disconnects.inc()
        finally:
            watch.over = True
            pump.cancel()


class _Watch:
    """The messages of one request, and whether its client has left."""

    def __init__(self, receive: Receive, draining: Callable[[], bool]) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=4)  # back-pressure for streamed bodies
        self.over = False
        self._receive = receive
        self._draining = draining
        self._task = asyncio.current_task()
        self._cancelled = False

    async def pump(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] != "http.disconnect":
                await self.messages.put(message)
                continue
            if not self.over and not self._draining():
                assert self._task is not None
                self._cancelled = True
                self._task.cancel()
            await self.messages.put(message)
            return

    def forgive(self) -> bool:
        """Whether the cancel was ours alone; then the task goes on as if never cancelled."""
        assert self._task is not None
        return self._cancelled and self._task.uncancel() == 0
