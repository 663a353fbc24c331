"""All tiles of a layer as one file (PMTiles 3); enters tiles and where rows lie, leaves an archive.

https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import gzip
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, BinaryIO

from pmtiles.tile import Compression, TileType, tileid_to_zxy, zxy_to_tileid
from pmtiles.writer import Writer

from gateway import errors
from gateway.admission.claims import Claim, Lane
from gateway.db.sessions import Database
from gateway.feeds.drawing import Tiles
from gateway.feeds.tile_sets import TileSet
from gateway.geo.tile_grid import Tile
from gateway.layers import Layers
from gateway.sql.occupied import occupied

_DEGREES = 10_000_000  # of coordinates in the header

CLAIM = Claim("archive", Lane.TILES)


async def places(database: Database, layers: Layers, wanted: TileSet, zooms: range) -> Sequence[int]:
    """The numbers of the tiles of `zooms` in which rows lie, in the order of an archive.

    A tile in which rows lie is within one of the zoom before: the database is asked for the deepest ones alone.
    """
    (item,) = wanted.layers
    async with database.session() as session:
        rows = await session.rows(occupied(layers, item.layer, item.filter, zooms[-1]))
    deepest = [tuple(row) for row in rows]
    tiles = {(zoom, x >> zooms[-1] - zoom, y >> zooms[-1] - zoom) for zoom in zooms for x, y in deepest}
    return sorted(zxy_to_tileid(*tile) for tile in tiles)


async def draw(
    tiles: Tiles, wanted: TileSet, numbers: Sequence[int], advance: Callable[[int], None]
) -> AsyncIterator[tuple[int, bytes]]:
    """The tiles that are not empty."""
    for number in numbers:
        drawn = await tiles.get(wanted, Tile(*tileid_to_zxy(number)), CLAIM)
        advance(1)
        if drawn.plain:
            yield number, drawn.plain


async def write(drawn: AsyncIterable[tuple[int, bytes]], document: Mapping[str, Any], file: BinaryIO) -> int:
    """Write tiles by their numbers, in their order; `document` is their TileJSON. Returns how many there are."""
    writer: Any = Writer(file)  # type: ignore[no-untyped-call]
    with closing(writer.tile_f):  # a temporary file
        async for number, tile in drawn:
            writer.write_tile(number, gzip.compress(tile, mtime=0))
        if not writer.addressed_tiles:
            raise errors.OutputError("There are no rows in these tiles. Take another filter, or other zooms.")
        writer.finalize(_header(document), _metadata(document))
    return int(writer.addressed_tiles)


def _header(document: Mapping[str, Any]) -> dict[str, Any]:
    west, south, east, north = (round(side * _DEGREES) for side in document["bounds"])
    longitude, latitude, zoom = document["center"]
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_lon_e7": round(longitude * _DEGREES),
        "center_lat_e7": round(latitude * _DEGREES),
        "center_zoom": zoom,
    }


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: document[name] for name in ("name", "vector_layers", "attribution") if name in document}
