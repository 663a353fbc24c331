"""Which server answers a request; enters a pool of the primary and its replicas, leaves sessions.

A session takes one connection, as others do: of a replica for its first read, where one is near enough, and stays
there. It goes over to the primary for good where it writes, where the replica fails, and where it is pinned.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from math import inf
from typing import Any, Final, TypeVar

from gateway import telemetry
from gateway.admission.claims import Claim
from gateway.db import faults
from gateway.db.held import Work
from gateway.db.replicas import POSITION, Replica, Replicas, position_of
from gateway.db.sessions import Database, RequestSession
from gateway.db.transactions import NOBODY, Author
from gateway.errors import UnknownOutcome
from gateway.telemetry import tracing

T = TypeVar("T")

# A position that no replica has: of a commit after which the primary did not say where its log is.
NOWHERE: Final = 2**63 - 1
_MARK_SECONDS: Final = 1.0
_SKEW: Final = 60.0  # seconds by which clocks may differ


class Routes:
    """One pool of the primary, whose reads go to the replicas' pools of the same name where they may."""

    def __init__(self, primary: Database, replicas: Replicas, name: str) -> None:
        self.primary = primary
        self.replicas = replicas
        self.name = name

    def session(self, claim: Claim | None = None) -> "RoutedSession":
        """A session for one request."""
        return RoutedSession(self, claim)

    def hasten(self, claim: Claim, client: str) -> None:
        """Let a claim that waits, wherever it does, take the turn of another client that wants the same."""
        for database in (self.primary, *self.replicas.pools(self.name)):
            database.hasten(claim, client)


class RoutedSession(RequestSession):
    """The session of a request that reads from a replica as long as it may."""

    def __init__(self, routes: Routes, claim: Claim | None) -> None:
        primary = routes.primary
        super().__init__(primary.leases, primary.outage, primary.turns, claim, primary.local, path=primary.path)
        self._routes = routes
        self._replica: Replica | None = None
        self._placed = False
        self._pinned = False
        self._answered = False  # by the replica

    def pin(self) -> None:
        """Ask the primary from here on."""
        self._pinned = True

    def pin_for(self, moment: datetime) -> None:
        """Ask the primary from here on if a replica might lack what was committed by a moment."""
        self._pinned |= time.time() - moment.timestamp() < self._routes.replicas.lag + _SKEW

    async def mark(self) -> None:
        """Note where the log is: behind all that this request did, or learned of the primary, until now.

        What was committed stays so where the primary does not say: then no replica is known to have it.
        """
        self.pin()
        if self._writing:
            return  # its end is marked
        try:
            async with asyncio.timeout(_MARK_SECONDS):
                ((position,),) = await self.fetch(POSITION, ())
        except Exception:  # noqa: BLE001 - the answer is about what was done
            self.committed = NOWHERE
        else:
            self.committed = max(self.committed, position_of(position))

    @asynccontextmanager
    async def transaction(
        self, isolation: str = "READ COMMITTED", *, timeout_ms: int = 0, author: Author = NOBODY
    ) -> AsyncIterator[None]:
        """As that of the primary, and then `mark`."""
        self.pin()
        try:
            async with super().transaction(isolation, timeout_ms=timeout_ms, author=author):
                yield
        except UnknownOutcome:
            await self.mark()  # the client is told to read the rows
            raise
        await self.mark()

    async def fetch_once(self, text: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """As that of the primary, and then `mark`."""
        self.pin()
        try:
            rows = await super().fetch_once(text, parameters)
        except UnknownOutcome:
            await self.mark()
            raise
        await self.mark()
        return rows

    async def _work(self, work: Work[T]) -> T:
        if self._pinned and self._replica is not None:
            await self._give_back()
            self._leave()
        if not self._placed:
            await self._place()
        if self._replica is None:
            return await super()._work(work)
        try:
            async with self._replica.serving():
                answer = await super()._work(work)
        except Exception as error:
            reason = None if self._begun else faults.of_replica(error)
            if reason is None:
                raise
            await self._fail(self._replica, reason, error)
            return await super()._work(work)
        self._answered = True
        return answer

    async def _place(self) -> None:
        self._placed = True
        routes, after = self._routes, self.claim.after
        replica = None if self._pinned else await routes.replicas.reach(routes.name, after)
        if replica is None:
            if not self._pinned:
                telemetry.primary_reads.labels("write" if after else "lag").inc()
            self.position = self._of_primary()
            return
        telemetry.replica_reads.labels(str(replica.number)).inc()
        tracing.note({"gateway.replica": replica.number})
        self._replica, self._leases = replica, replica.pools[routes.name].leases
        self.position, self.until = replica.position, routes.replicas.log.until(replica.position)

    def _of_primary(self) -> int:
        """A position that the primary has passed."""
        known, after = self._routes.replicas.log.position, self.claim.after
        return known if after == NOWHERE else max(known, after)

    async def _fail(self, replica: Replica, reason: str, error: Exception) -> None:
        telemetry.replica_again.labels(str(replica.number), reason).inc()
        if reason == "away":
            replica.lose(type(error).__name__)
            # What breaks in silence may have been broken by this work: the primary does it once less often.
            self._breaks += self._lease is not None and not faults.announced(error)
        if faults.outdated(error):
            self._leases.renew(self._lease)
        await (self._discard() if reason == "away" else self._give_back())
        self._leave()

    def _leave(self) -> None:
        """Go over to the primary, with no connection."""
        self._replica, self._leases = None, self._routes.primary.leases
        if not self._answered:
            self.position, self.until = self._of_primary(), inf
