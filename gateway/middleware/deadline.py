"""Floor 5. The deadline of a request, from its first byte to the last byte of its answer."""

import asyncio

from gateway import errors
from gateway.answers import Application, Message, Receive, Scope, Send, refuse


class Deadline:
    """Cancel what runs longer than `seconds`: 504 if nothing was sent, else the connection breaks off."""

    def __init__(self, app: Application, *, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds) as timer:
                await self._app(scope, receive, watched)
        except TimeoutError:
            if started or not timer.expired():
                raise
            message = f"The request took longer than {self._seconds:g} s. Ask for fewer rows or a smaller area."
            await refuse(send, errors.Timeout(message), headers=((b"connection", b"close"),))
