"""The sample county into the database: both tables are filled, or stay as they were.

All of it is one transaction that owns both tables. Indexes that no constraint needs are dropped before and built after:
on an empty table that is safe, and for a large county it takes half the time. Constraints stay and check every row.
"""

import asyncio
from collections.abc import Callable, Iterator
from io import BytesIO

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import bindparam, func, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.errors import LayerNotEmpty
from gateway.ingest.write import copy_in
from gateway.layers import PARCELS, ZONING_DISTRICTS, Layer
from gateway.management.sample.county import County
from gateway.models import IngestRun
from gateway.sql import samples

_LAYERS = (PARCELS, ZONING_DISTRICTS)

# Only what pg_get_indexdef tells whole: an index with a place, a comment or a role of its own stays.
_SECONDARY = text("""
    SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))
      AND NOT i.indisunique AND i.indisvalid AND NOT i.indisreplident AND NOT i.indisclustered
      AND c.reltablespace = 0 AND obj_description(c.oid, 'pg_class') IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)
    ORDER BY c.oid
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
    names = [layer.name for layer in _LAYERS]
    # Between two statements a large county takes a moment to be laid out.
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    await connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))
    await _refuse_rows(connection, replace=replace)
    # An empty table may still hold the dead rows of an interrupted load. Ids go on: the history has those of before.
    await connection.execute(text(f"TRUNCATE {', '.join(names)}"))
    await connection.execute(_ABANDON, {"layers": names})
    indexes = (await connection.execute(_SECONDARY, {"tables": names})).all()
    for index in indexes:
        await connection.execute(text(f"DROP INDEX {index.name}"))
    for layer, batches in zip(_LAYERS, (county.parcels(), county.districts()), strict=True):
        await _copy(connection, layer, batches, advance)
        await connection.execute(samples.mark(layer))
    await connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for index in indexes:
        advance("building indexes", 0)
        await connection.execute(text(index.definition))


async def _refuse_rows(connection: AsyncConnection, *, replace: bool) -> None:
    for layer in _LAYERS:
        held = (await connection.execute(samples.rows(layer))).one()
        if held.others:
            raise LayerNotEmpty(
                f"{layer.name} has rows that are not of a sample, and nothing was changed. Use another database, or "
                "empty this one with manage.py flush, or write the sample into a file with --output."
            )
        if held.made and not replace:
            raise LayerNotEmpty(
                f"{layer.name} has the rows of a sample already, and nothing was changed. "
                "To delete those and fill both layers anew, add --replace."
            )


async def _copy(connection: AsyncConnection, layer: Layer, batches: Iterator[pa.RecordBatch], advance: Advance) -> None:
    while batch := await asyncio.to_thread(next, batches, None):
        source = await asyncio.to_thread(_csv, batch)
        await copy_in(connection, layer.name, batch.schema.names, source, "csv")
        advance(f"copying {layer.name}", len(batch))


def _csv(batch: pa.RecordBatch) -> BytesIO:
    sink, last = BytesIO(), batch.num_columns - 1
    shapes = pa.array([shape.hex() for shape in batch.column(last).to_pylist()])
    csv.write_csv(batch.set_column(last, "geom", shapes), sink, csv.WriteOptions(include_header=False))
    sink.seek(0)
    return sink
