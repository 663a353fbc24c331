"""Replicas of the database and how far each is; enters their pools, leaves the one that may answer a read.

Positions in the log (LSNs) are numbers here. The primary is asked every moment where its log stands: so the position
that a replica has replayed tells until when it has all changes, by the clock of this process alone. PostgreSQL's own
pg_last_xact_replay_timestamp says nothing of a primary that rests, nor of a replica that lost it.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from math import inf
from typing import Any, Final

from gateway import telemetry
from gateway.db.connecting import survey
from gateway.db.sessions import Database
from gateway.settings import ReplicaSettings

_PAUSE: Final = 0.2  # seconds between two looks
_SHORT: Final = 0.004  # the same while a read waits for a replica
_SILENT: Final = 1.5  # that a look may take
_KEPT: Final = 4_096  # positions of the primary
_UNKNOWN: Final = 1e6  # seconds that stand in metrics for a lag that nobody knows
# The next record begins behind the head of a page, where the one before ended at its start.
_PAGE, _HEADS = 8_192, frozenset({24, 40})

POSITION: Final = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
# What has been inserted, not flushed: a commit that does not wait for the disk is acknowledged sooner.
_PRIMARY: Final = """
    SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint,
           (SELECT system_identifier FROM pg_control_system()),
           ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
    WHERE NOT pg_is_in_recovery()
"""
# Which timeline is received, roles see with pg_read_all_stats; the control file learns of a new one minutes later.
_REPLICA: Final = """
    SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint,
           (SELECT system_identifier FROM pg_control_system()),
           coalesce((SELECT received_tli FROM pg_stat_wal_receiver), greatest(
               (SELECT timeline_id FROM pg_control_checkpoint()),
               (SELECT min_recovery_end_timeline FROM pg_control_recovery())))
    WHERE pg_is_in_recovery()
"""


def position_of(position: int) -> int:
    """Where the last record ended, from where the next one begins."""
    within = position % _PAGE
    return position - within if within in _HEADS else position


class Log:
    """Where the log of the primary stood, and when: so much that a position says of the time."""

    def __init__(self) -> None:
        self.origin: tuple[int, int] | None = None  # the cluster, and its timeline
        self._positions: list[int] = []
        self._times: list[float] = []  # when it stood there last

    def note(self, asked: float, position: int, origin: tuple[int, int]) -> None:
        """Note what the primary answered that was asked at a time."""
        if origin != self.origin or position < self.position:
            self.origin = origin
            self._positions.clear()
            self._times.clear()
        if self._positions and self._positions[-1] == position:
            self._times[-1] = asked
            return
        self._positions.append(position)
        self._times.append(asked)
        if len(self._positions) > 2 * _KEPT:
            del self._positions[:_KEPT], self._times[:_KEPT]

    @property
    def position(self) -> int:
        """Where it stood last."""
        return self._positions[-1] if self._positions else 0

    def until(self, position: int) -> float:
        """Until when a replica that has replayed to `position` has all changes; -inf where that is long ago."""
        place = bisect_right(self._positions, position)
        return self._times[place - 1] if place else -inf

    def behind(self, position: int) -> float:
        """Seconds that a replica at `position` was behind when the primary answered last.

        While the primary is away nobody knows of newer changes, and what was current stays so.
        """
        return self._times[-1] - self.until(position) if self._times else inf


class Replica:
    """One replica: its `pools` by what they are for, and one connection by which it is looked at."""

    def __init__(self, number: int, pools: Mapping[str, Database], looking: Database) -> None:
        self.number = number
        self.pools = pools
        self.position = 0  # to which it has replayed the log
        self.missing: str | None = "not looked at yet"  # why it is not read from, whatever its position
        self.databases = (*pools.values(), looking)
        self._looking = looking
        self._serving: set[asyncio.Timeout] = set()

    async def look(self, log: Log) -> None:
        """See how far it is, and whether it is a replica of the primary."""
        try:
            row = await _ask(self._looking, _REPLICA)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing can be read there
            self.lose(type(error).__name__)
            # By no clock: that of the loop may be some milliseconds ahead, and the timeout early.
            if isinstance(error, TimeoutError):
                self._cut()
            return
        if row is None:
            promoted = self.missing is None
            self.lose("it is no replica (any more)")
            if promoted:
                await survey()
            return
        self.position = row[0] or 0
        if log.origin is None:
            self.lose("nothing is known of the primary")
        elif (row[1], row[2]) != log.origin:
            self.lose("it is of another cluster" if row[1] != log.origin[0] else "it follows another timeline")
        else:
            self._find()

    def lose(self, reason: str) -> None:
        """Read nothing here until it was looked at again."""
        if self.missing != reason:
            telemetry.log.warning("replica left out", replica=self.number, reason=reason)
        self.missing = reason

    def _find(self) -> None:
        if self.missing is not None:
            telemetry.log.warning("replica in use", replica=self.number)
        self.missing = None

    def _cut(self) -> None:
        """End the reads that run there: it says nothing any more, and they would wait for their deadline."""
        for each in self._serving:
            if not each.expired():
                each.reschedule(0)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """A read in the block: raises TimeoutError where the replica fell silent."""
        async with asyncio.timeout(None) as timer:
            self._serving.add(timer)
            try:
                yield
            finally:
                self._serving.discard(timer)

    async def dispose(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(database.dispose() for database in self.databases))


class Replicas:
    """The replicas of one primary, looked at as long as they are open."""

    def __init__(self, settings: ReplicaSettings, primary: Database, replicas: Sequence[Replica]) -> None:
        """`primary` has a connection by which its log is looked at."""
        self.log = Log()
        self.lag = settings.lag
        self._wait = settings.wait_ms / 1000
        self._primary = primary
        self._replicas = replicas
        self._tasks: list[asyncio.Task[None]] = []
        self._turn = 0
        self._waiting = 0
        self._hurry = asyncio.Event()
        self._moved = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._replicas)

    @property
    def reading(self) -> bool:
        """Whether there is one that may be read from."""
        return any(map(self._fits, self._replicas))

    async def open(self) -> None:
        """Begin to look, and look once."""
        if not self._replicas:
            return
        await self._look_at_primary()
        await asyncio.gather(*(self._look_at(replica) for replica in self._replicas))
        looks: list[Callable[[], Awaitable[None]]] = [self._look_at_primary]
        looks += [partial(self._look_at, replica) for replica in self._replicas]
        self._tasks = [asyncio.create_task(self._keep(look)) for look in looks]

    async def close(self) -> None:
        """Look no more, and close every connection."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.gather(self._primary.dispose(), *(replica.dispose() for replica in self._replicas))

    @property
    def databases(self) -> Sequence[Database]:
        """All pools, for a child process to forget."""
        return [self._primary, *(database for replica in self._replicas for database in replica.databases)]

    def pools(self, name: str) -> Sequence[Database]:
        """The pools of one name."""
        return [each.pools[name] for each in self._replicas]

    def choose(self, pool: str, after: int = 0) -> Replica | None:
        """The least busy replica that may be read from and has replayed to `after`; None where there is none."""
        fit = [each for each in self._replicas if each.position >= after and self._fits(each)]
        if not fit:
            return None
        self._turn += 1  # of some that are as busy, each has its turn
        first = self._turn % len(fit)
        return min((*fit[first:], *fit[:first]), key=lambda each: each.pools[pool].leases.asked)

    async def reach(self, pool: str, after: int) -> Replica | None:
        """The same; waits a moment for one that is about to have replayed so far."""
        chosen = self.choose(pool, after)
        if chosen is not None or not after or not self._wait or not self.reading:
            return chosen
        self._waiting += 1
        self._hurry.set()
        try:
            async with asyncio.timeout(self._wait):
                while (chosen := self.choose(pool, after)) is None:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._hurry.clear()
        return chosen

    def _fits(self, replica: Replica) -> bool:
        return replica.missing is None and self.log.behind(replica.position) <= self.lag

    async def _keep(self, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            if self._hurry.is_set():
                await asyncio.sleep(_SHORT)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PAUSE):
                        await self._hurry.wait()
            await look()

    async def _look_at_primary(self) -> None:
        asked = time.monotonic()
        try:
            row = await _ask(self._primary, _PRIMARY)
        except Exception:  # noqa: BLE001 - requests meet it, and answer with it
            return
        if row is not None:
            self.log.note(asked, position_of(row[0]), (row[1], row[2]))

    async def _look_at(self, replica: Replica) -> None:
        await replica.look(self.log)
        self._moved.set()
        self._tell(replica)

    def _tell(self, replica: Replica) -> None:
        label = str(replica.number)
        telemetry.replica_used.labels(label).set(self._fits(replica))
        telemetry.replica_lag_bytes.labels(label).set(max(0, self.log.position - replica.position))
        telemetry.replica_lag_seconds.labels(label).set(min(self.log.behind(replica.position), _UNKNOWN))


async def _ask(database: Database, text: str) -> Any:
    """The one row of a statement, or None; raises TimeoutError where that takes too long."""
    async with asyncio.timeout(_SILENT), database.session() as session:
        rows = await session.fetch(text, ())
    return rows[0] if rows else None
