"""Partitions of layers that are there: telling them, their statistics and their indexes; enters layers, leaves rows.

An index is made on one partition after the other while others read and write, and becomes part of that of the whole
table, which serves no read until all partitions have theirs.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway import errors
from gateway.checks.inspection import quote
from gateway.db import faults
from gateway.db.rows import AnyRow
from gateway.db.sessions import Database
from gateway.layers import Layer, Layers
from gateway.sql import divided


async def _table(connection: AsyncConnection, layer: Layer) -> AnyRow | None:
    """The table of a layer that has partitions, or None."""
    row = (await connection.execute(divided.DIVIDED, {"name": layer.model.__table__.name})).first()
    return row if row is not None and row.divided else None


async def listed(database: Database, layers: Iterable[Layer]) -> list[dict[str, Any]]:
    """Each partition of the layers: rows as ANALYZE counted them, bytes with indexes, and bounds."""
    found = []
    async with database.engine.connect() as connection:
        for layer in layers:
            if (table := await _table(connection, layer)) is None:
                continue
            for row in await connection.execute(divided.PARTS, {"table": table.oid}):
                told = {"rows": max(row.rows, 0), "bytes": row.bytes, "bounds": row.bounds}
                found.append({"layer": layer.name, "partition": row.plain_name, **told})
    return found


async def analyze(database: Database, layers: Layers) -> None:
    """Have the planner know the partitioned tables as wholes, which autovacuum never looks at."""
    for layer in layers.managed:
        async with database.autocommit.connect() as connection:
            if (table := await _table(connection, layer)) is not None:
                await connection.exec_driver_sql(f"ANALYZE {table.name}")


async def complete(database: Database, layer: Layer) -> None:
    """Give every partition the indexes that the table has; raises CannotPartition where there are no partitions."""
    with faults.classified():
        async with database.autocommit.connect() as connection:
            await connection.exec_driver_sql("SET statement_timeout = 0")
            table = await _table(connection, layer)
            if table is None:
                raise errors.CannotPartition(f"{layer.name} has no partitions.")
            parts = await _rows(connection, divided.PARTS, table.oid)
            for index in await _rows(connection, divided.INDEXES, table.oid):
                if not index.valid:
                    await _complete(connection, table, index, parts)


async def _complete(connection: AsyncConnection, table: AnyRow, index: AnyRow, parts: Sequence[AnyRow]) -> None:
    """Make an index on the partitions that lack it, and have them be parts of that of the table."""
    schema, (head, _, how) = quote(table.schema), index.definition.partition(" USING ")
    assert head.startswith("CREATE INDEX")
    have = {row.part for row in await _rows(connection, divided.HAVING, index.oid)}
    for part in parts:
        if part.oid in have:
            continue
        name = f"{schema}.{quote(f'{part.plain_name}_{index.oid}')}"
        await connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # of one that was broken off
        made = name.partition(".")[2]
        await connection.exec_driver_sql(f"CREATE INDEX CONCURRENTLY {made} ON {part.name} USING {how}")
        await connection.exec_driver_sql(f"ALTER INDEX {schema}.{quote(index.name)} ATTACH PARTITION {name}")


async def _rows(connection: AsyncConnection, statement: TextClause, oid: int) -> Sequence[AnyRow]:
    return (await connection.execute(statement, {"table": oid})).all()
