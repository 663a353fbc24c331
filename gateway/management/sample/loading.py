"""The sample county into the database; enters a county, leaves both tables filled, or as they were.

All of it is one transaction that owns both tables. Indexes that no constraint needs are dropped before and built after:
on an empty table that is safe, and for a large county it takes half the time of growing them row by row. Constraints
stay and check every row.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import pyarrow as pa
from sqlalchemy import bindparam, func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.errors import LayerNotEmpty
from gateway.layers import PARCELS, ZONING_DISTRICTS, Layer
from gateway.management.sample.county import County
from gateway.models import IngestRun
from gateway.sql import samples

_LAYERS = (PARCELS, ZONING_DISTRICTS)

# Only what pg_get_indexdef tells whole: an index with a place, a comment or a role of its own stays.
_SECONDARY = text("""
    SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = CAST(:table AS regclass)
      AND NOT i.indisunique AND i.indisvalid AND NOT i.indisreplident AND NOT i.indisclustered
      AND c.reltablespace = 0 AND obj_description(c.oid, 'pg_class') IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
    ORDER BY c.oid
""")
_GEOMETRY_SCHEMA = text("""
    SELECT nspname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.oid = CAST('geometry' AS regtype)
""")
# The rows that an unfinished ingest counts on are gone: it must not go on after them.
_ABANDON = (
    update(IngestRun)
    .where(IngestRun.layer.in_(bindparam("layers", expanding=True)), IngestRun.state.in_(("running", "failed")))
    .values(state="abandoned", finished_at=func.now())
)

Advance = Callable[[str, int], None]


async def load(database: Database, county: County, *, replace: bool, advance: Advance) -> None:
    """Fill both layers with `county`, calling `advance(stage, rows)` as it goes, then vacuum and analyze.

    `replace` deletes the rows of an earlier sample. Raises LayerNotEmpty where a layer has other rows, or any and
    `replace` is not set; Locked where another session holds on to one.
    """
    try:
        async with database.engine.begin() as connection:
            await _fill(connection, county, replace=replace, advance=advance)
        advance("analyzing", 0)
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for layer in _LAYERS:
                await connection.execute(text(f"VACUUM (ANALYZE) {layer.name}"))
    except Exception as error:
        if (known := faults.classify(error)) is not None:
            raise known from error
        raise


async def _fill(connection: AsyncConnection, county: County, *, replace: bool, advance: Advance) -> None:
    await _refuse_rows(connection, replace=replace)
    tables = ", ".join(layer.name for layer in _LAYERS)
    # Between two statements a large county takes a moment to be laid out.
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    await connection.execute(text(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"))
    await _refuse_rows(connection, replace=replace)
    # An empty table may still hold the dead rows of an interrupted load. Ids go on: the history has those of before.
    await connection.execute(text(f"TRUNCATE {tables}"))
    await connection.execute(_ABANDON, {"layers": [layer.name for layer in _LAYERS]})
    indexes = [index for layer in _LAYERS for index in await _drop_secondary(connection, layer)]
    await _copy(connection, PARCELS, county.parcels(), advance)
    await _copy(connection, ZONING_DISTRICTS, county.districts(), advance)
    for layer in _LAYERS:
        await connection.execute(samples.mark(layer))
    await connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for definition in indexes:
        advance("building indexes", 0)
        await connection.execute(text(definition))


async def _refuse_rows(connection: AsyncConnection, *, replace: bool) -> None:
    held = [(layer.name, (await connection.execute(samples.rows(layer))).one()) for layer in _LAYERS]
    if kept := [name for name, row in held if row.others]:
        raise LayerNotEmpty(
            f"{kept[0]} has rows that are not of a sample, and nothing was changed. Use another database, or "
            "empty this one with manage.py flush, or write the sample into a file with --output."
        )
    if not replace and (made := [name for name, row in held if row.made]):
        raise LayerNotEmpty(
            f"{made[0]} has the rows of a sample already, and nothing was changed. "
            "To delete those and fill both layers anew, add --replace."
        )


async def _drop_secondary(connection: AsyncConnection, layer: Layer) -> Sequence[str]:
    found = (await connection.execute(_SECONDARY, {"table": layer.name})).all()
    for index in found:
        await connection.execute(text(f"DROP INDEX {index.name}"))
    return [index.definition for index in found]


async def _copy(connection: AsyncConnection, layer: Layer, batches: Iterator[pa.RecordBatch], advance: Advance) -> None:
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.set_type_codec(
        "geometry", schema=await connection.scalar(_GEOMETRY_SCHEMA), encoder=bytes, decoder=bytes, format="binary"
    )
    columns, first = await asyncio.to_thread(_first, batches)
    rows = _rows(first, batches, lambda count: advance(f"copying {layer.name}", count))
    async with aclosing(rows):
        await driver.copy_records_to_table(layer.name, columns=columns, records=rows)


def _first(batches: Iterator[pa.RecordBatch]) -> tuple[list[str], pa.RecordBatch]:
    batch = next(batches)
    return batch.schema.names, batch


async def _rows(
    batch: pa.RecordBatch | None, batches: Iterator[pa.RecordBatch], advance: Callable[[int], None]
) -> AsyncGenerator[tuple[Any, ...]]:
    """Rows of the batches; the next batch is made in a thread while the server takes in this one."""
    while batch is not None:
        coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
        try:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield row
            advance(len(batch))
            batch = await coming
        finally:
            coming.cancel()
