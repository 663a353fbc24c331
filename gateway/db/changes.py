"""What other processes change; enters PostgreSQL's notifications, leaves the generation of each layer.

A trigger on every layer's table notifies with the name of the table when a transaction that changed it commits
(migrations/changes.py), whoever wrote: a worker, ingest or psql. One connection of each worker listens, from when its
first tile is asked for. Some changes fire no trigger: a restore makes the table again and fills it before it has one, a
table takes the name of another, rows are replicated. So the same connection looks now and then which table has the
name, and what became of it. While it does not listen, or for a table without the trigger, there is no generation to
rely on.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any, Protocol

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql import asyncpg as dialects

from gateway import telemetry
from gateway.db.connecting import connect
from gateway.settings import DatabaseSettings

CHANNEL = "gateway_changes"

_PATIENCE_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_COUNT_SECONDS = 60.0
TELLING = "tell_change"  # the trigger
# `shape`: which table it is, where its rows lie, and the trigger, which is another one whenever it was switched.
# `counted`: rows written since ever, which grows with each row, also one whose trigger has announced it.
_LOOK = """
    SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE concat(n.nspname, '.', c.relname) END AS layer,
           concat_ws(' ', c.oid, pg_relation_filenode(c.oid), t.oid, t.xmin, ARRAY(
               SELECT pg_relation_filenode(inhrelid) FROM pg_inherits WHERE inhparent = c.oid ORDER BY 1)) AS shape,
           concat_ws(' ', pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
                     pg_stat_get_tuples_deleted(c.oid)) AS counted,
           EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = c.oid) AS subscribed
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE t.tgname = $1 AND t.tgenabled IN ('O', 'A')
      AND NOT EXISTS (  -- whose rows other nodes of a cluster have, and fire the trigger there
          SELECT FROM pg_trigger d JOIN pg_proc p ON p.oid = d.tgfoid
          WHERE d.tgrelid = c.oid AND p.proname = 'citus_truncate_trigger')
"""
# What SQLAlchemy takes from a URL for itself.
_NOT_ASYNCPG = ("prepared_statement_cache_size", "prepared_statement_name_func", "async_creator_fn")


@dataclass(slots=True)
class _Seen:
    """A table as it was when it was last looked at."""

    shape: str
    counted: str
    generation: int
    since: float = field(default_factory=monotonic)

    def begin(self, generation: int) -> None:
        """Begin another generation."""
        self.generation, self.since = generation, monotonic()


class Told(Protocol):
    """Knows of changes of layers."""

    def generation(self, layers: Collection[str]) -> tuple[int, ...] | None:
        """A value that is equal as long as none of `layers` changed; None where nothing would report a change."""

    def since(self, layers: Collection[str]) -> float:
        """When their generation began, by time.monotonic: what was committed before is in it."""


class Changes:
    """How often each layer has changed since this process listens."""

    def __init__(self, settings: DatabaseSettings, url: str) -> None:
        self._settings = settings
        self._url = make_url(url)
        self._seen: dict[str, _Seen] = {}
        self._last = 0  # of all generations: none is given twice
        self._task: asyncio.Task[None] | None = None
        self._told = False  # that it does not listen

    def generation(self, layers: Collection[str]) -> tuple[int, ...] | None:
        """A value that is equal as long as none of `layers` changed; None where no one would announce a change."""
        if self._task is None and self._settings.pooler == "none":  # a pooler in transaction mode passes none on
            self._task = asyncio.create_task(self._run())
        try:
            return tuple(self._seen[layer].generation for layer in layers)
        except KeyError:
            return None

    def since(self, layers: Collection[str]) -> float:
        """When their generation began, by time.monotonic: what was committed before is in it."""
        return max((self._seen[layer].since if layer in self._seen else inf for layer in layers), default=-inf)

    def of(self, jurisdiction: str) -> Told:
        """The same of the layers of a jurisdiction, whose triggers tell the name of its schema, too."""
        return _Within(self, jurisdiction)

    def together(self, jurisdictions: Sequence[str], *, own: bool) -> Told:
        """The same of jurisdictions, and of the `own` schema of the URL, any of which may change."""
        others = [self.of(each) for each in jurisdictions]
        return _Together([self, *others] if own else others)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                if not self._told:
                    telemetry.log.warning("not listening to changes", reason=type(error).__name__)
                self._told = True
            finally:
                self._seen.clear()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await connect(**_arguments(self._url, self._settings))
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, self._changed)
            self._told = False
            # Listening comes first: a change between the two is heard, not missed.
            counted = -inf
            while True:
                rows = await connection.fetch(_LOOK, TELLING, timeout=_PATIENCE_SECONDS)
                due = monotonic() - counted >= _COUNT_SECONDS
                self._look(rows, count=due)
                counted = monotonic() if due else counted
                if await _set_within(self._settings.changes_seconds, ended):
                    return
        finally:
            connection.terminate()

    def _look(self, rows: Sequence[Mapping[str, Any]], *, count: bool) -> None:
        """Compare the tables with what was seen last; `count` also finds rows that no trigger notified.

        Where rows are replicated, none does; so those tables are counted each time. Others are not: each change that
        was announced would be announced again.
        """
        for layer in self._seen.keys() - {row["layer"] for row in rows}:
            del self._seen[layer]
        for row in rows:
            layer, shape, counted = row["layer"], row["shape"], row["counted"]
            seen = self._seen.get(layer)
            if seen is None:
                self._seen[layer] = _Seen(shape, counted, self._next())
                continue
            counts = count or row["subscribed"]
            if seen.shape != shape or (counts and seen.counted != counted):
                seen.begin(self._next())
            seen.shape = shape
            seen.counted = counted if counts else seen.counted

    def _changed(self, _: Any, __: int, ___: str, layer: str) -> None:
        if (seen := self._seen.get(layer)) is not None:
            seen.begin(self._next())

    def _next(self) -> int:
        self._last += 1
        return self._last


@dataclass(frozen=True, slots=True)
class _Within:
    """Changes of the tables of one schema."""

    changes: Changes
    schema: str

    def generation(self, layers: Collection[str]) -> tuple[int, ...] | None:
        return self.changes.generation([f"{self.schema}.{layer}" for layer in layers])

    def since(self, layers: Collection[str]) -> float:
        return self.changes.since([f"{self.schema}.{layer}" for layer in layers])


@dataclass(frozen=True, slots=True)
class _Together:
    """Changes of the tables of several schemas."""

    parts: Sequence[Told]

    def generation(self, layers: Collection[str]) -> tuple[int, ...] | None:
        each = [part.generation(layers) for part in self.parts]
        return None if None in each else tuple(number for numbers in each for number in numbers or ())

    def since(self, layers: Collection[str]) -> float:
        return max(part.since(layers) for part in self.parts)


async def _set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _arguments(url: URL, settings: DatabaseSettings) -> dict[str, Any]:
    dialect: Any = dialects.dialect()  # type: ignore[no-untyped-call]
    _, arguments = dialect.create_connect_args(url)
    return {
        **{name: value for name, value in arguments.items() if name not in _NOT_ASYNCPG},
        "timeout": settings.connect_timeout,
        "server_settings": {"application_name": settings.application_name},
    }
