"""The connection that a request holds; enters work to do on it, leaves what that answers, one after another.

Work that changes nothing is done again where its connection breaks, once the database is back. Whether that broke by
the work itself, nobody tells: so such work is done again twice at most where the server said nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from math import inf
from time import perf_counter
from typing import Any, Final, Self, TypeAlias, TypeVar

from gateway import telemetry
from gateway.admission.claims import Claim, ended, own
from gateway.db import faults
from gateway.db.driver import Lease
from gateway.db.leases import Leases
from gateway.db.outages import Outage
from gateway.db.paths import OWN, UNKNOWN, place
from gateway.errors import Overloaded, RateLimited, Unavailable
from gateway.telemetry import tracing

T = TypeVar("T")
Work: TypeAlias = Callable[[Lease], Awaitable[T]]

# How often a request does its work again whose connection broke in silence.
_BREAKS: Final = 2


class Held:
    """The connection of one request, taken when it is first needed.

    What was read is at least as of `position` in the log of the database, and has all that was committed before
    `until`, by time.monotonic; `committed` is a position behind what the request committed, 0 where that is not noted.
    """

    position = committed = 0
    until = inf

    def __init__(
        self, leases: Leases, outage: Outage, turns: asyncio.Semaphore, claim: Claim | None, path: str = OWN
    ) -> None:
        """`turns` are those of requests that waited for the end of an outage; the gateway's own have no `claim`.

        `path` is the search_path of all that is sent.
        """
        self.claim = claim or own()
        self._path = path
        self._leases = leases
        self._outage = outage
        self._turns = turns
        self._lease: Lease | None = None
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[object]] = set()
        self._breaks = 0
        self._begun = False  # an export, which can't begin again
        self._writing = False
        self._closed = False
        self.busy = 0.0  # seconds that its statements took, from when they were sent to the last row

    def pin(self) -> None:
        """Ask the primary from here on: for what must be as it is now, and what writes or locks."""

    def pin_for(self, moment: datetime) -> None:
        """Ask the primary from here on if a replica might lack what was committed by a moment."""

    @property
    def path(self) -> str:
        """The search_path of all that is sent."""
        return self._path

    @property
    def in_transaction(self) -> bool:
        """Whether what is sent is in one transaction, which may have written."""
        return self._writing

    @property
    def opened(self) -> bool:
        """Whether there is a connection to give back."""
        return self._lease is not None

    @property
    def settled(self) -> bool:
        """Whether nothing runs and nothing is in a transaction: to give the connection back takes no round trip."""
        return not self._running and not self._writing and not self._lock.locked()

    async def _once(self, work: Work[T], *, changes: bool = False) -> T:
        """Do `work`, which may be one that `changes` rows, when nothing else runs."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._lock.acquire()  # `async with` makes two coroutines more for each statement
            try:
                if self._closed:
                    raise asyncio.CancelledError
                try:
                    return await self._work(work)
                except Exception as error:
                    if not self._repeatable(error, changes=changes):
                        raise
                    try:
                        return await self._repeat(work, changes=changes)
                    except Unavailable as refusal:
                        raise refusal from error  # which says more to an operator
            finally:
                self._lock.release()
        except Exception as error:
            known = faults.classify(error) or (faults.refused(error) if changes or self._writing else None)
            if known is not None:
                if self._writing and isinstance(known, Unavailable):
                    known.undone = True
                raise known from error
            raise
        finally:
            self._running.discard(task)

    async def _work(self, work: Work[T]) -> T:
        lease = self._lease
        if lease is None or lease.broken:
            lease = self._lease = await self._take()
        begun = perf_counter()
        try:
            with tracing.statement() as span:
                sent = work(lease) if lease.path == self._path else self._on_path(lease, work)
                answered = await (sent if self._writing else ended(self.claim, sent))
                if tracing.on() and isinstance(answered, list):
                    span.set_attribute("db.response.returned_rows", len(answered))
                return answered
        except (asyncio.CancelledError, RateLimited):
            # The statement may still run: no other request may have this connection until it has ended.
            if self._writing:
                await self._discard()
            elif self._lease is not None:
                self._lease = None
                self._leases.settle(lease)
            raise
        finally:
            self.busy += perf_counter() - begun

    async def _on_path(self, lease: Lease, work: Work[T]) -> T:
        """Do work on a connection that had another path."""
        lease.path = UNKNOWN
        heard: Any = lease.connection.sync_connection
        await place(heard, lease.behind, self._path)
        lease.path = self._path
        return await work(lease)

    async def _take(self) -> Lease:
        if self._lease is not None:
            await self._discard()  # its error has been raised already
        if self._writing:
            lost = Unavailable("The connection was lost, and with it the change. Try again.")
            lost.undone = True
            raise lost
        if (ready := self._leases.ready(self.claim, self._path)) is not None:
            return ready
        with tracing.span("wait for a connection"):
            return await self._leases.take(self.claim)

    def _repeatable(self, error: Exception, *, changes: bool) -> bool:
        """Whether work that failed did nothing, and may end otherwise once the database is back."""
        outdated = faults.outdated(error)
        if outdated:
            self._leases.renew(self._lease)
        if self._writing or self._begun or not (outdated or faults.away(error)):
            return False
        if self._lease is None or faults.unsent(error):
            return True
        self._breaks += not faults.announced(error)
        return not changes and self._breaks <= _BREAKS

    async def _repeat(self, work: Work[T], *, changes: bool) -> T:
        while True:
            await self._discard()
            async with self._outage.pause(self._turns):
                telemetry.sent_again.inc()
                try:
                    return await self._work(work)
                except Exception as error:
                    # In the rush after an outage who waited for its end waits on.
                    rushed = self._lease is None and isinstance(error, Overloaded)
                    if not rushed and not self._repeatable(error, changes=changes):
                        raise

    async def _discard(self) -> None:
        """Throw the connection away."""
        if self._lease is not None and not self._lease.connection.closed:
            await self._lease.connection.invalidate()
        await self._give_back()

    async def _give_back(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._leases.give_back(lease)

    def seal(self) -> bool:
        """Send nothing more, even for tasks that are yet to start; tells whether there is something to close."""
        self._closed = True
        return self.opened or bool(self._running)

    def close_now(self) -> bool:
        """Give the connection back, where that waits for nothing."""
        if self._lease is None or not self.settled or not self._leases.keep(self._lease):
            return False
        self._lease = None
        return True

    async def close(self) -> None:
        """Cancel what still runs, wait for it, and give the connection back."""
        self.seal()
        for task in self._running - {asyncio.current_task()}:
            task.cancel()
        async with self._lock:
            await self._give_back()

    async def release(self) -> None:
        """Give the connection back for a while, between transactions; the next statement takes another one."""
        async with self._lock:
            await self._give_back()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
