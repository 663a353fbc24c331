"""Results of analyses as files and tiles; enters the job that they came of, leaves bytes."""

from collections.abc import Mapping
from typing import Final

from gateway.db.sessions import ReadSession
from gateway.feeds.cache import Body, body
from gateway.feeds.exports import Write
from gateway.feeds.formats import FORMATS
from gateway.feeds.packing import description, packing
from gateway.feeds.spread import Spread
from gateway.feeds.tilejson import tilejson, value_type
from gateway.geo.tile_grid import Tile
from gateway.models.base import SRID
from gateway.query.analysis_results import COLUMNS, LISTS
from gateway.settings import TileSettings
from gateway.sql import analysis_results as sql
from gateway.sql.statement import compiled
from gateway.sql.tile_statement import Caps, Grid

FILES: Final = ("geojson", "parquet")
_EXTENT: Final = 4096


async def stream(session: ReadSession, job: str, method: str, form: str, write: Write) -> None:
    """Pass the result of a job to `write` as GeoJSON or GeoParquet."""
    if form == "parquet":
        columns = COLUMNS[method]
        told = description(form, sql.LAYER, columns, srid=SRID, geometry="Unknown")
        statement = compiled(sql.typed(job, columns))
        async with packing(form, told, write) as pack:
            await session.copy(statement.text, statement.bind(()), pack, FORMATS[form].copy)
        return
    await _stream_geojson(session, job, write)


async def _stream_geojson(session: ReadSession, job: str, write: Write) -> None:
    form, statement, begun = FORMATS["geojson"], compiled(sql.geojson(job)), False

    async def passed(data: bytes) -> None:
        nonlocal begun
        await write(data if begun else form.head + data[form.trim :])
        begun = True

    await session.copy(statement.text, statement.bind(()), passed, form.copy)
    await write(form.tail if begun else form.head + form.tail)


async def draw(session: ReadSession, job: str, tile: Tile, settings: TileSettings) -> Body:
    """A tile of the result of a job, of its one layer `analysis`; empty where nothing lies."""
    bounds = tile.degrees() if tile.flat else tile.metres()
    grid = Grid(tile.degrees(settings.buffer / _EXTENT), bounds, _EXTENT, settings.buffer, tile.flat)
    statement = compiled(sql.tile(job, grid, Caps(settings.features, settings.vertices)))
    ((drawn,),) = await session.fetch(statement.text, statement.bind(()))
    return body(drawn or b"")


async def described(
    session: ReadSession, job: str, method: str, url: str, settings: TileSettings
) -> Mapping[str, object]:
    """The TileJSON of the tiles at `url`."""
    fields = {name: value_type(kind) for name, kind in COLUMNS[method].items() if name != LISTS}
    layer = {"id": sql.LAYER, "description": "The result of an analysis.", "fields": fields}
    (box,) = await session.rows(sql.box(job))
    spread = None if None in box else Spread(tuple(box), tuple(box), 0)
    return tilejson(method, url, [layer], spread, settings)
