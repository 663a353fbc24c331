"""The limit for tiles: a handler that sends the gateway's own statement, and keeps, checks and logs nothing.

BENCH_SOCKET=directory uvicorn benchmarks.bare_tiles:app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.bare import CONNECTIONS
from gateway.feeds.drawing import EXTENT, FINEST
from gateway.feeds.fields import own_fields
from gateway.geo.tile_grid import Tile
from gateway.identity import Access
from gateway.identity.principal import Scope, anonymous
from gateway.layers import LAYERS
from gateway.query.slots import Slots
from gateway.settings import Settings
from gateway.sql import tile_statement as sql
from gateway.sql.statement import Statement, compiled

_SETTINGS = Settings()
_LAYERS = Access(_SETTINGS.auth, LAYERS).seen_by(anonymous(frozenset({Scope.READ})))


def _values(tile: Tile, slots: Slots) -> tuple[sql.Grid, sql.Caps]:
    tiles = _SETTINGS.tiles
    finer = FINEST if tile.z == tiles.max_zoom else 1
    west, south, east, north = (slots.take(side) for side in tile.degrees(tiles.buffer / EXTENT))
    left, bottom, right, top = (slots.take(side) for side in (tile.degrees() if tile.flat else tile.metres()))
    extent, buffer = slots.take(EXTENT * finer), slots.take(tiles.buffer * finer)
    grid = sql.Grid((west, south, east, north), (left, bottom, right, top), extent, buffer, tile.flat)
    return grid, sql.Caps(slots.take(tiles.features), slots.take(tiles.vertices))


def _statement() -> Statement:
    """Of a tile whose plane is that of its degrees."""
    parcels = _LAYERS["parcels"]
    shown = sql.TileLayer(parcels, None, own_fields(parcels))
    return compiled(sql.tile(_LAYERS, (shown,), *_values(Tile(14, 0, 0), Slots(_LAYERS))))


_STATEMENT = _statement()


async def _tile(request: Request) -> Response:
    path, slots = request.path_params, Slots(_LAYERS)
    _values(Tile(path["z"], path["x"], path["y"]), slots)
    drawn = await request.state.pool.fetchval(_STATEMENT.text, *_STATEMENT.bind(slots.values))
    return Response(drawn, media_type="application/vnd.mapbox-vector-tile")


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[dict[str, asyncpg.Pool]]:
    host = os.environ["BENCH_SOCKET"]
    async with asyncpg.create_pool(
        host=host, user="gateway", database="gateway", min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        yield {"pool": pool}


app = Starlette(routes=[Route("/tiles/parcels/{z:int}/{x:int}/{y:int}.mvt", _tile)], lifespan=_lifespan)
