"""The deadline of a request, from its first byte to the last byte of its answer."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway import errors
from gateway.db.outages import deadline
from gateway.http.answers import Application, Receive, Scope, Send, refuse
from gateway.http.state import state_of
from gateway.http.timers import Limit, Timers, limits

# Seconds before it at which what waits for the database gives up, so that its client is told why.
_MARGIN: Final = 1.0


class Deadline:
    """Cancel what runs longer than `seconds`: 504 if nothing was sent, else the connection breaks off.

    `others` has other seconds, by the beginning of a path.
    """

    def __init__(self, app: Application, *, seconds: float, others: Mapping[str, float] = MappingProxyType({})) -> None:
        self._app = app
        self._usual = seconds, limits(seconds)
        self._others = {begin: (others[begin], limits(others[begin])) for begin in others}
        self._apart = tuple(others)

    def _of(self, path: str) -> tuple[float, Timers[Limit]]:
        if not path.startswith(self._apart):
            return self._usual
        return next(seconds for begin, seconds in self._others.items() if path.startswith(begin))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seconds, timers = self._of(scope["path"])
        # Not set back: each request is a task, with a context of its own.
        deadline.set(time.monotonic() + seconds - (_MARGIN if seconds > _MARGIN * 10 else seconds / 10))
        try:
            with (limit := Limit(timers)):
                await self._app(scope, receive, send)
        except TimeoutError:
            if not limit.expired or state_of(scope).get("begun", False):
                raise
            message = f"The request took longer than {seconds:g} s. Ask for fewer rows or a smaller area."
            await refuse(send, errors.Timeout(message), headers=((b"connection", b"close"),))
