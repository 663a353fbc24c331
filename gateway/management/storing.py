"""The sample county in the database, where both tables are filled or stay as they were, and as files.

In the database all of it is one transaction that owns both tables. Indexes that no constraint needs are dropped before
and built after: on an empty table that is safe, and for a large county it takes half the time. Constraints stay and
check every row. Of files a GeoPackage holds both layers; GeoJSONSeq holds one, so the districts go beside it:
`county.geojsonl` and `county.zoning_districts.geojsonl`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyogrio
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.errors import LayerNotEmpty, OutputError
from gateway.geo.shapes import Shapes
from gateway.ingest import payload
from gateway.ingest.catching_up import catch_up
from gateway.ingest.write import copy_in
from gateway.layers import PARCELS, ZONING_DISTRICTS, Layer
from gateway.management.output import draft
from gateway.management.sample import County
from gateway.sql import samples

_LAYERS = (PARCELS, ZONING_DISTRICTS)
_DRIVERS: Final = {".gpkg": "GPKG", ".geojsonl": "GeoJSONSeq", ".geojsons": "GeoJSONSeq", ".ndjson": "GeoJSONSeq"}


Advance = Callable[[str, int], None]


async def load(database: Database, county: County, *, replace: bool, advance: Advance) -> None:
    """Fill both layers with `county`, calling `advance(stage, rows)` as it goes, then vacuum and analyze.

    `replace` deletes the rows of an earlier sample. Raises LayerNotEmpty where a layer has other rows, or any and
    `replace` is not set; Locked where another session holds on to one.
    """
    with faults.classified():
        async with database.engine.begin() as connection:
            await _fill(connection, county, replace=replace, advance=advance)
        advance("analyzing", 0)
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for layer in _LAYERS:
                await connection.execute(text(f"VACUUM (ANALYZE) {layer.name}"))
        await catch_up(database.engine, advance=lambda relation, *_: advance(f"relating {relation}", 0))


async def _fill(connection: AsyncConnection, county: County, *, replace: bool, advance: Advance) -> None:
    await _refuse_rows(connection, replace=replace)
    names = [layer.name for layer in _LAYERS]
    # Between two statements a large county takes a moment to be laid out.
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    await connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))
    await _refuse_rows(connection, replace=replace)
    # An empty table may still hold the dead rows of an interrupted load. Ids go on: the history has those of before.
    await connection.execute(text(f"TRUNCATE {', '.join(names)}"))
    await connection.execute(samples.ABANDON, {"layers": names})
    indexes = (await connection.execute(samples.INDEXES, {"tables": names})).all()
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
                "To delete those and fill both layers again, add --replace."
            )


async def _copy(connection: AsyncConnection, layer: Layer, batches: Iterator[pa.RecordBatch], advance: Advance) -> None:
    while batch := await asyncio.to_thread(next, batches, None):
        lines = await asyncio.to_thread(_lines, batch)
        await copy_in(connection, layer.name, batch.schema.names, BytesIO(lines))
        advance(f"copying {layer.name}", len(batch))


def _lines(batch: pa.RecordBatch) -> pa.Buffer:
    return payload.text(payload.lines([*batch.columns[:-1], payload.geometry(_shapes(batch))]))


def _shapes(batch: pa.RecordBatch) -> Shapes:
    shapes: Shapes = shapely.from_wkb(batch.column("geom").to_numpy(zero_copy_only=False))
    return shapes


def files(path: Path) -> tuple[Path, Path]:
    """Where the parcels and the districts are written; raises OutputError for an ending that names no format."""
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise OutputError(f"{path.name} must end in one of {', '.join(_DRIVERS)}.")
    return path, path if driver == "GPKG" else path.with_suffix(f".{ZONING_DISTRICTS.name}{path.suffix}")


def write(county: County, path: Path, *, replace: bool, advance: Advance) -> None:
    """Write both layers, calling `advance(stage, rows)` as it goes; files appear when they are whole.

    Raises OutputError where a file exists and `replace` is not set, or cannot be written.
    """
    targets = files(path)
    if not replace and (taken := [target for target in targets if target.exists()]):
        raise OutputError(f"{taken[0]} exists, and nothing was changed. To write it again, add --replace.")
    layers = zip(targets, _LAYERS, (county.parcels(), county.districts()), strict=True)
    try:
        with ExitStack() as stack:
            drafts = {target: stack.enter_context(draft(target)) for target in dict.fromkeys(targets)}
            for target, layer, batches in layers:
                for batch in batches:
                    _append(batch, drafts[target], layer.name)
                    advance(f"writing {layer.name}", len(batch))
    except pyogrio.errors.DataSourceError as error:
        raise OutputError(f"{path} cannot be written: {error}") from error


def _append(batch: pa.RecordBatch, path: Path, layer: str) -> None:
    shapes = shapely.to_wkb(_shapes(batch))
    table = pa.table(batch).set_column(batch.num_columns - 1, "geom", pa.array(shapes, pa.binary()))
    driver = _DRIVERS[path.suffix.lower()]
    options = {"geometry_name": "geom", "geometry_type": "MultiPolygon", "crs": "EPSG:4326"}
    pyogrio.write_arrow(table, path, layer=layer, driver=driver, append=path.exists(), **options)
