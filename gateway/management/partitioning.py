"""The table of a layer divided into partitions, or made whole again; enters a division, leaves the same rows.

Rows are copied in one transaction, so that a kill leaves the table as it was. Meanwhile reads go on and writes wait, or
are refused where they would wait too long. At the end the copy takes the table's place: that waits for reads that have
begun, and those that come after wait for it, a moment.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway import errors
from gateway.checks.inspection import quote
from gateway.db import faults
from gateway.db.paths import OWN
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.ingest.runs import hold
from gateway.layers import Layer
from gateway.management import spanning
from gateway.management.divisions import division_of, refuse, table_of
from gateway.models.declaration import Method, Partitions
from gateway.sql import divided, one_key
from gateway.sql.divided import Division, Part
from gateway.sql.jurisdictions import THERE

_PIECE: Final = 4_096  # blocks that are copied at a time
_SERIES: Final = "pqrstuvw"  # letters between the name of the table and the number of a partition

Advance = Callable[[str, int, int], None]  # what is done, how much of it, of how much


async def divide(database: Database, layer: Layer, wanted: Partitions, advance: Advance) -> int:
    """Divide the table of a layer anew; answers the number of partitions. Raises CannotPartition, Locked."""
    return await _rebuild(database, layer, wanted, advance)


async def join(database: Database, layer: Layer, advance: Advance) -> None:
    """Make the table of a layer one again. Raises CannotPartition, Locked."""
    await _rebuild(database, layer, None, advance)


async def _rebuild(database: Database, layer: Layer, wanted: Partitions | None, advance: Advance) -> int:
    with faults.classified():
        async with database.engine.begin() as connection:
            await hold(connection, layer)
            before = await table_of(connection, layer)
            if wanted is None and not before.divided:
                raise errors.CannotPartition(f"{layer.name} has no partitions.")
            await _do(connection, "SET LOCAL statement_timeout = 0", "SET LOCAL maintenance_work_mem = '256MB'")
            await _do(connection, "SET LOCAL idle_in_transaction_session_timeout = 0")
            await _do(connection, f"LOCK TABLE {before.name} IN SHARE ROW EXCLUSIVE MODE")
            await refuse(connection, layer, before)
            division = None if wanted is None else await division_of(connection, layer, wanted, before)
            rebuild = await _Rebuild.of(connection, layer, before, division)
            await rebuild.run(connection, advance)
        async with database.autocommit.connect() as connection:
            advance("vacuuming", 0, 1)
            await connection.exec_driver_sql(f"VACUUM {before.name}")
        own = database if database.path == OWN else database.within(OWN)
        async with own.engine.begin() as connection:
            if await connection.scalar(THERE):
                await spanning.refresh(connection)
    return len(division.parts) if division else 1


@dataclass(frozen=True, slots=True)
class _Rebuild:
    """A table that takes the place of another: all that the catalogs have of that one."""

    layer: Layer
    before: Any
    division: Division | None
    parts: Sequence[AnyRow]
    columns: Sequence[str]
    keys: Sequence[AnyRow]
    indexes: Sequence[AnyRow]
    triggers: Sequence[AnyRow]
    grants: Sequence[AnyRow]
    series: str

    @classmethod
    async def of(
        cls, connection: AsyncConnection, layer: Layer, before: AnyRow, division: Division | None
    ) -> "_Rebuild":
        async def rows(statement: Any) -> Sequence[AnyRow]:
            return (await connection.execute(statement, {"table": before.oid})).all()

        indexes = await rows(divided.INDEXES)
        if unique := [index.name for index in indexes if index.is_unique]:
            raise errors.CannotPartition(f"The unique index {unique[0]} is of no constraint. Drop it, or make it one.")
        keys = await rows(divided.KEYS)
        if division and (
            other := [key for key in keys if not key.main and _plain(before, key.columns) != [layer.natural_key]]
        ):
            raise errors.CannotPartition(f"No index of a partitioned table can keep {other[0].name}, which is unique.")
        names = [row.name for row in await rows(divided.COLUMNS)]
        series = await _free(connection, before.plain_name)
        found = (await rows(divided.PARTS), names, keys, indexes, await rows(divided.TRIGGERS))
        return cls(layer, before, division, *found, await rows(divided.GRANTS), series)

    @property
    def made(self) -> str:
        """The name of the copy until it takes the place of the table."""
        return f"{quote(self.before.schema)}.{quote(self.before.plain_name + '_made')}"

    @property
    def leaves(self) -> Sequence[str]:
        """The tables that will have the rows."""
        if self.division is None:
            return [self.made]
        return [self.leaf(part) for part in self.division.parts]

    def leaf(self, part: Part) -> str:
        """The name of a partition: `parcels_p03`, `parcels_default`."""
        series = "_" if part.suffix == "default" else f"_{self.series}"
        return f"{quote(self.before.schema)}.{quote(self.before.plain_name + series + part.suffix)}"

    async def run(self, connection: AsyncConnection, advance: Advance) -> None:
        await _do(connection, *self._create())
        await self._copy(connection, advance)
        statements = list(self._build())
        for number, statement in enumerate(statements):
            advance("building indexes", number, len(statements))
            await _do(connection, statement)
        advance("analyzing", 0, 1)
        await _do(connection, f"ANALYZE {self.made}")
        advance("taking its place", 0, 1)
        await self._swap(connection)

    def _create(self) -> Iterator[str]:
        like = ["DEFAULTS", "CONSTRAINTS", "COMMENTS", "STORAGE", "COMPRESSION", "STATISTICS", "GENERATED", "IDENTITY"]
        including = " ".join(f"INCLUDING {each}" for each in like)
        options = f" WITH ({self.before.options})" if self.before.options else ""
        head = f"CREATE TABLE {self.made} (LIKE {self.before.name} {including})"
        if self.division is None:
            yield head + options
            return
        yield f"{head} PARTITION BY {self.division.method} ({quote(self.division.by)})"
        for part in self.division.parts:
            yield f"CREATE TABLE {self.leaf(part)} PARTITION OF {self.made} {part.bounds}{options}"

    async def _copy(self, connection: AsyncConnection, advance: Advance) -> None:
        """By blocks, as they lie: neighbours of the old table stay neighbours in each partition."""
        names, total, done = ", ".join(self.columns), sum(part.blocks for part in self.parts), 0
        for part in self.parts:
            for first in range(0, part.blocks, _PIECE):
                advance("copying", done, total)
                await _do(
                    connection,
                    f"INSERT INTO {self.made} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {part.name} "  # noqa: S608 - quoted
                    f"WHERE ctid >= '({first},0)' AND ctid < '({first + _PIECE},0)'",
                )
                done += min(_PIECE, part.blocks - first)

    def _build(self) -> Iterator[str]:
        """Keys and indexes of the tables that have the rows: those of the partitioned one take them as theirs."""
        for leaf in self.leaves:
            named = f"CONSTRAINT {quote(self.before.plain_name + '_made_{}')} " if self.division is None else ""
            for number, key in enumerate(self.keys):
                yield f"ALTER TABLE {leaf} ADD {named.format(f'k{number}')}{self._key(key)}"
            for number, index in enumerate(self.indexes):
                name = quote(f"{self.before.plain_name}_made_i{number}") if self.division is None else ""
                yield f"CREATE INDEX {name} ON {leaf} USING {_how(index)}"

    def _key(self, key: AnyRow) -> str:
        columns = _plain(self.before, key.columns)
        columns = self.division.key(columns) if self.division else columns
        return f"{'PRIMARY KEY' if key.main else 'UNIQUE'} ({', '.join(map(quote, columns))})"

    async def _swap(self, connection: AsyncConnection) -> None:
        sequence = (await connection.exec_driver_sql(f"SELECT last_value, is_called FROM {self.before.sequence}")).one()  # noqa: S608 - quoted
        await spanning.take_away(connection)
        await _do(connection, "SET LOCAL lock_timeout = 0")  # all is made: to wait is better than to begin again
        await _do(connection, f"DROP TABLE {self.before.name}", f"ALTER TABLE {self.made} RENAME TO {self._name}")
        made = str(await connection.scalar(text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": self.before.name}))
        called = str(sequence.is_called).lower()
        await _do(connection, f"SELECT setval('{made}', {sequence.last_value}, {called})")
        await _do(connection, f"ALTER SEQUENCE {made} RENAME TO {self.before.sequence.rpartition('.')[2]}")
        await _do(connection, *self._named(), *self._attached())
        if self.division is not None and self.division.method is Method.LIST:
            await self._keep_one_key(connection)

    @property
    def _name(self) -> str:
        return str(quote(self.before.plain_name))

    def _named(self) -> Iterator[str]:
        """Keys and indexes under the names that they had."""
        name, made = self.before.name, self.before.plain_name + "_made_"
        for number, key in enumerate(self.keys):
            if self.division is None:
                yield f"ALTER TABLE {name} RENAME CONSTRAINT {quote(f'{made}k{number}')} TO {quote(key.name)}"
            else:
                yield f"ALTER TABLE {name} ADD CONSTRAINT {quote(key.name)} {self._key(key)}"
        for number, index in enumerate(self.indexes):
            if self.division is None:
                schema = quote(self.before.schema)
                yield f"ALTER INDEX {schema}.{quote(f'{made}i{number}')} RENAME TO {quote(index.name)}"
            else:
                yield f"CREATE INDEX {quote(index.name)} ON {name} USING {_how(index)}"

    def _attached(self) -> Iterator[str]:
        """What else hung on the table."""
        name = self.before.name
        if self.before.comment:
            literal = self.before.comment.replace("'", "''")
            yield f"COMMENT ON TABLE {name} IS '{literal}'"
        for trigger in self.triggers:
            if trigger.name in one_key.NAMES:
                continue
            yield trigger.definition
            if trigger.enabled in _ENABLED:
                yield f"ALTER TABLE {name} {_ENABLED[trigger.enabled]} TRIGGER {trigger.name}"
        for grant in self.grants:
            passed_on = " WITH GRANT OPTION" if grant.passed_on else ""
            yield f"GRANT {grant.privilege} ON {name} TO {grant.role}{passed_on}"
        for leaf in (name, *(self.leaves if self.division else ())):
            yield f"ALTER TABLE {leaf} OWNER TO {quote(self.before.owner)}"

    async def _keep_one_key(self, connection: AsyncConnection) -> None:
        key = self.layer.natural_key
        constraint = next(each.name for each in self.keys if not each.main)
        for statement in one_key.made(self.before.name, self.before.plain_name, quote(key), constraint):
            await connection.execute(statement)


_ENABLED: Final = {"A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}


def _plain(before: AnyRow, columns: Sequence[str]) -> list[str]:
    """The columns of a key without that by which the table is divided, unless it is the key."""
    return [name for name in columns if not before.divided or name != before.by] or list(columns)


def _how(index: AnyRow) -> str:
    """An index without its name and its table: `gist (geom)`."""
    return str(index.definition).partition(" USING ")[2]


async def _free(connection: AsyncConnection, table: str) -> str:
    """A letter by which no partition of the table is named."""
    for letter in _SERIES:
        names = [f"{table}_{letter}{'0' * width}" for width in (1, 2, 3, 4)]
        if all([await connection.scalar(divided.PLACE, {"name": name}) for name in names]):
            return letter
    raise errors.CannotPartition(f"There are tables called {table}_{_SERIES[0]}0 to {table}_{_SERIES[-1]}0. Drop some.")


async def _do(connection: AsyncConnection, *statements: str) -> None:
    for statement in statements:
        await connection.exec_driver_sql(statement)
