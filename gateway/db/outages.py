"""The database while it is away; enters what failed for it, leaves those that wait when it is back.

One task asks for all of them whether it takes connections again, with backoff and full jitter. What waits holds neither
a connection nor a place among those that may have one. The state is that of one worker.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context, ContextVar
from math import inf
from typing import Any, Final, TypeVar

from gateway import telemetry
from gateway.db import faults
from gateway.db.connecting import connect
from gateway.errors import Unavailable
from gateway.settings import DatabaseSettings

T = TypeVar("T")

# When the request that is being answered must have its answer, by time.monotonic, as event loops have it, too.
deadline: ContextVar[float] = ContextVar("deadline", default=inf)

_SHORTEST: Final = 0.05  # seconds between two tries at first, doubled with each, all of it left to chance
_LONGEST: Final = 0.5
_AWAY: Final = "The database is away. Try again shortly."
_FULL: Final = "The database is away, and as many requests wait for it as may. Try again shortly."
_ENDING: Final = "The server is stopping, and the database is away. Try again shortly."


class Outage:
    """Whether the database of one URL is there; what fails for it waits here, within bounds.

    For `outage_seconds` an outage is a pause: at most `outage_waiting` wait at a time. Afterwards all are refused at
    once, until the task has an answer.
    """

    def __init__(self, settings: DatabaseSettings, *, waits: bool = True) -> None:
        """Where nothing `waits`, as in a command, connections that broke are replaced, and nobody is told more."""
        self._told = waits
        self._seconds = settings.outage_seconds if waits else 0.0
        self._most = settings.outage_waiting
        self._timeout = settings.connect_timeout
        self._given: dict[str, Any] = {}
        self._watching: asyncio.Task[None] | None = None
        self._back: asyncio.Future[bool] | None = None  # of those that wait; False where it does not come back in time
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0
        self._waiting = self._waited = self._refused = 0
        self._ending = False
        self.away = False

    async def connect(self, **given: Any) -> Any:
        """Connect as `connecting.connect` does; while the database is known to be away that fails at once."""
        self._given = given
        if self.away:
            raise ConnectionError("the database is away")
        return await connect(**given)

    @asynccontextmanager
    async def pause(self, turns: asyncio.Semaphore) -> AsyncIterator[None]:
        """Wait until the database is back, then for one of `turns`, which the block holds.

        So those that waited come back a few at a time. Raises Unavailable where that is too late or they are too many.
        """
        await self.over()
        try:
            async with asyncio.timeout_at(_until()):
                await turns.acquire()
        except TimeoutError as error:
            raise Unavailable(_AWAY) from error
        try:
            yield
        finally:
            turns.release()

    async def patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work` that can be done twice, and again each time that the database is back; raises Unavailable, too."""
        while True:
            try:
                return await work()
            except Exception as error:
                if not faults.away(error):
                    raise
            await self.over()

    async def over(self) -> None:
        """Wait until the database takes connections; raises Unavailable as `pause` does."""
        if self._ending:
            raise self._refusal(_ENDING)
        if self._watching is None:
            self._since = time.monotonic()
            self._back = asyncio.get_running_loop().create_future()
            self._watching = asyncio.create_task(self._watch(), context=Context())
        back = self._back
        assert back is not None
        if back.done() or self._waiting >= self._most:
            raise self._refusal(_AWAY if back.done() else _FULL)
        self._waiting += 1
        self._waited += 1
        telemetry.outage_waiting.inc()
        try:
            await asyncio.wait({back}, timeout=max(0.0, deadline.get() - time.monotonic()))
        finally:
            self._waiting -= 1
            telemetry.outage_waiting.dec()
        if not (back.done() and back.result()):
            raise self._refusal(_ENDING if self._ending else _AWAY)

    def _refusal(self, message: str) -> Unavailable:
        self._refused += 1
        if self._told:
            telemetry.outage_refused.inc()
        return Unavailable(message)

    async def _watch(self) -> None:
        tries = 0
        while (reason := await self._missing()) is not None:
            if not self.away:
                self._begin(reason)
            await asyncio.sleep(random.uniform(0, min(_LONGEST, _SHORTEST * 2**tries)))  # noqa: S311 - no secret
            tries = min(tries + 1, 10)
        self._end()

    async def _missing(self) -> str | None:
        """Why the database takes no connection; None where it does, though it refuse this one."""
        try:
            connection = await connect(**self._given)
            try:
                await connection.execute("SELECT 1", timeout=self._timeout)  # a pooler connects while it has no server
            finally:
                connection.terminate()
        except Exception as error:  # noqa: BLE001 - whatever else is wrong, those that wait will meet it themselves
            return type(error).__name__ if faults.away(error) else None
        return None

    def _begin(self, reason: str) -> None:
        self.away = True
        if self._told:
            telemetry.database_away.inc()
            telemetry.log.warning("database away", reason=reason)
        loop = asyncio.get_running_loop()
        passed = time.monotonic() - self._since
        self._timer = loop.call_later(max(0.0, self._seconds - passed), self._settle, False)

    def _end(self) -> None:
        self._settle(True)
        if self.away and self._told:
            telemetry.database_away.dec()
            seconds = round(time.monotonic() - self._since, 2)
            told = {"waited": self._waited, "refused": self._refused}
            telemetry.log.warning("database back", seconds=seconds, **told)
        self.away = False
        self._waited = self._refused = 0
        self._watching = self._back = None

    def _settle(self, back: bool) -> None:  # noqa: FBT001
        """Let go of all that wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._back is not None and not self._back.done():
            self._back.set_result(back)

    def give_up(self) -> None:
        """Let nothing wait any more: the process ends."""
        self._ending = True
        self._settle(False)

    async def close(self) -> None:
        """Ask no more."""
        self.give_up()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        if self.away and self._told:
            telemetry.database_away.dec()
        self.away = False


def _until() -> float | None:
    end = deadline.get()
    return None if end == inf else end
