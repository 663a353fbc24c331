"""Connections of requests that follow one another closely; enters an engine, leaves its connections.

To take a connection out of SQLAlchemy's pool and to put it back is a quarter of the CPU of a short read. So one that is
given back waits a moment here for the next request; who waits at the pool goes first.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from math import inf
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway import telemetry
from gateway.admission.claims import Claim, own
from gateway.admission.slots import Rules, Slots
from gateway.db.driver import Lease, quiet
from gateway.settings import DatabaseSettings

# Seconds: how long one waits here, and after how long out of the pool it goes back there in any case, to be replaced or
# tested as the pool is set.
_WAITS: Final = 0.1
_LONGEST: Final = 1.0
# Seconds that a cancelled statement may take to end: PostgreSQL passes over a cancel that comes early.
_QUIET: Final = 0.25


class Leases:
    """The connections of one engine that requests have, and those that wait for the next request."""

    def __init__(self, engine: AsyncEngine, settings: DatabaseSettings, rules: Rules | None = None) -> None:
        """`rules` say who gets a connection where not all can."""
        self.taken = 0  # those that sessions have
        self._slots = Slots(settings.pool_size + settings.max_overflow, rules or Rules(seconds=settings.pool_timeout))
        self._engine = engine
        self._spare_workers = settings.spare_workers
        # The pool must test a connection that lay idle for longer.
        self._waits = min(settings.pool_ping_idle, _WAITS) if settings.pool_pre_ping else _WAITS
        self._waiting: list[Lease] = []
        self._wanted = 0
        self._timer: asyncio.TimerHandle | None = None
        self._returning: set[asyncio.Task[None]] = set()
        self._parents: Sequence[Lease] = ()  # kept, so that the end of one here does not end it there
        self._renewed = -inf
        self._outdated = False
        # Before whatever else is done at a checkout, which would be done twice.
        event.listen(engine.sync_engine.pool, "checkout", self._leaves_pool, insert=True)

    async def take(self, claim: Claim | None = None) -> Lease:
        """A connection that works as far as is known, once it is the turn of the claim.

        Raises Overloaded where that takes too long, and what the pool does.
        """
        claim = claim or own()
        if not self._slots.enter(claim):
            await self._slots.wait(claim)
        try:
            lease = await self._take(claim)
        except BaseException:
            self._slots.leave(claim)
            raise
        self.taken += 1
        return lease

    @property
    def asked(self) -> int:
        """How many connections are taken or waited for."""
        return self._slots.taken + self._slots.waiting

    @property
    def spare_workers(self) -> int:
        """How many processes a statement may have beside that of its connection: some where it is the only one."""
        return self._spare_workers if self.asked <= 1 else 0

    def ready(self, claim: Claim, path: str = "") -> Lease | None:
        """A connection that waits here, where none is before the claim; else `take` has to wait for one.

        Of several it is one that has the `path`, if there is one.
        """
        if not self._waiting:
            return None
        if self._waiting[-1].path != path:
            self._waiting.sort(key=lambda lease: lease.path == path)
        if self._waiting[-1].behind.is_closed() or not self._slots.enter(claim):
            return None
        lease = self._leave(self._waiting.pop())
        lease.claim = claim
        self.taken += 1
        return lease

    def keep(self, lease: Lease) -> bool:
        """Take a connection back for the next request, where that is all there is to do; else `give_back` does it."""
        if not lease.plain or not self._keep(lease):
            return False
        self.taken -= 1
        self._slots.leave(lease.claim)
        return True

    def hasten(self, claim: Claim, client: str) -> None:
        """Let a claim that waits take the turn of another client that wants the same, where that comes sooner."""
        self._slots.hasten(claim, client)

    async def _take(self, claim: Claim) -> Lease:
        while self._waiting:
            lease = self._leave(self._waiting.pop())
            if not lease.broken:
                lease.claim = claim
                return lease
            await lease.connection.close()
        self._wanted += 1
        try:
            connection = await self._engine.connect()
        finally:
            self._wanted -= 1
        return Lease(connection, time.monotonic(), claim)

    async def give_back(self, lease: Lease) -> None:
        """Close the session; its connection waits for the next request, or goes back to the pool."""
        self.taken -= 1
        await self._end(lease)

    def settle(self, lease: Lease) -> None:
        """Take back a connection whose statement was cancelled: for others once that has ended, closed otherwise."""
        self.taken -= 1
        self._later(self._settled(lease))

    def renew(self, failed: Lease | None) -> None:
        """Have no connection of before now serve again: neither those here, nor those of the pool, nor those in use.

        One that `failed` and is older than the last renewal says nothing new. A pool that is renewed once for each of
        many would give up a checkout, since the connection that it has just made would be outdated as well.
        """
        if failed is not None and failed.since < self._renewed:
            return
        self._renewed, self._outdated = time.monotonic(), True
        waiting, self._waiting = self._waiting, []
        for lease in waiting:
            self._later(self._close(self._leave(lease)))

    async def _close(self, lease: Lease) -> None:
        await lease.connection.invalidate()
        await lease.connection.close()

    def _leaves_pool(self, *_: object) -> None:
        if self._outdated:
            self._outdated = False
            raise InvalidatePoolError  # which replaces this connection, and each other one as it leaves

    async def _settled(self, lease: Lease) -> None:
        sound = False
        try:
            sound = await quiet(lease.connection, _QUIET)
        finally:
            if not sound and not lease.connection.closed:
                await lease.connection.invalidate()
            await self._end(lease)

    async def _end(self, lease: Lease) -> None:
        try:
            await lease.end()
        finally:
            try:
                if not self._keep(lease):
                    await lease.connection.close()
            finally:
                self._slots.leave(lease.claim)

    def _keep(self, lease: Lease) -> bool:
        now = time.monotonic()
        due = not self._waits or now - lease.since > _LONGEST or lease.since < self._renewed
        if due or self._wanted or not lease.idle:
            return False
        lease.given = now
        self._waiting.append(lease)
        telemetry.pool_checkins.inc()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._waits, self._look)
        return True

    def _look(self) -> None:
        """Give those to the pool that nobody came for."""
        enough = time.monotonic() - self._waits
        old, self._waiting = self._waiting, [lease for lease in self._waiting if lease.given > enough]
        self._timer = asyncio.get_running_loop().call_later(self._waits, self._look) if self._waiting else None
        for lease in old[: len(old) - len(self._waiting)]:
            self._later(self._leave(lease).connection.close())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    def _leave(self, lease: Lease) -> Lease:
        telemetry.pool_checkouts.inc()
        return lease

    def forget(self) -> None:
        """Leave the connections to the parent, in a child process."""
        self._parents = self._waiting
        self._waiting = []
        self._timer = None

    async def close(self) -> None:
        """Give all that wait here to the pool."""
        await asyncio.gather(*self._returning)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            await self._leave(self._waiting.pop()).connection.close()
