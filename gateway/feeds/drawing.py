"""Vector tiles as bytes; enters the layers that a URL asks for and a tile, leaves a body, made or kept.

One statement makes a tile. Its text is compiled once for each shape of layers, filters and properties.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import orjson
from cachetools import LRUCache

from gateway import errors
from gateway.admission.claims import Claim, Lane
from gateway.db import faults
from gateway.db.changes import Told
from gateway.db.closing import close
from gateway.db.sessions import Opens, ReadSession
from gateway.feeds.cache import Body, Cache, body
from gateway.feeds.colors import Kind
from gateway.feeds.counted import MOST, Counted, packed, unpacked
from gateway.feeds.flights import Flights
from gateway.feeds.moments import check_moment
from gateway.feeds.spread import Spread, narrowest
from gateway.feeds.tile_sets import TileSet
from gateway.geo.cells import PLACES, degrees
from gateway.geo.tile_grid import Tile
from gateway.layers import Layer, Layers
from gateway.models.overview import DETAIL, level_of
from gateway.models.slots import Slot
from gateway.query.cells import Cells
from gateway.query.filters import Filter
from gateway.query.slots import Slots
from gateway.query.statistics import Estimates
from gateway.settings import Settings
from gateway.sql import overviews
from gateway.sql import tile_statement as sql
from gateway.sql.spread import spread
from gateway.sql.statement import Statement, compiled
from gateway.sql.summaries import kinds

EXTENT = 4096
FINEST = 4  # times as fine as that are tiles that maps enlarge, so that borders stay together

_MOST_KINDS = 200
_SHAPES = 256
_COUNTED = 100_000  # most units that it costs to count all cells of a filter at once
_WORLD = Tile(0, 0, 0)
_KINDS_COST = 2_000  # units that the values which colour a layer are thought to cost

Work = Callable[[ReadSession], Awaitable[bytes]]

EMPTY = body(b"")


@dataclass(frozen=True, slots=True)
class _Job:
    """What is kept under `key` while the rows of `read` stand, and what it costs to make."""

    key: Hashable
    read: tuple[sql.TileLayer, ...]
    price: Callable[[], int]


class Tiles:
    """Makes tiles by `reads`, each once at a time, and keeps them while nothing changes.

    One that a replica made before it had the change that began a generation is given out and not kept. Who asks for
    what is newer than what is kept has it made again.
    """

    def __init__(self, layers: Layers, settings: Settings, reads: Opens, changes: Told, estimates: Estimates) -> None:
        """`estimates` know which relations are read from pairs."""
        self._layers = layers
        self._estimates = estimates
        self._settings = settings.tiles
        self._least_group = settings.auth.least_group
        self._reads = reads
        self._changes = changes
        self._cache = Cache(settings.tiles.cache_bytes)
        self._flights: Flights[Body] = Flights()
        self._making: dict[Hashable, Claim] = {}
        self._statements: LRUCache[object, Statement] = LRUCache(_SHAPES)

    async def get(self, wanted: TileSet, tile: Tile, asker: Claim) -> Body:
        """A tile, empty where no layer is shown so far out; the `asker` is charged if it must be made."""
        shown = tuple(filter(None, (_shown(item, tile.z) for item in wanted.layers)))
        if not shown:
            return EMPTY
        # What is kept is found by the cells themselves, and not by when they were counted.
        cells = await self._counted(shown, wanted, tile, asker)
        job = _Job((shown, tile, cells and cells.etag), shown, lambda: wanted.cost(tile, self._settings.features))
        counted = None if cells is None else unpacked(cells.plain)
        draw = partial(self._draw, shown, tile, counted)
        return await self._kept(job, lambda session: self._read(partial(draw, session)), asker)

    async def spread(self, wanted: TileSet, asker: Claim) -> Spread | None:
        """Where the rows lie that the filters keep; None where there are none."""
        rows = tuple(dict.fromkeys((item.layer, item.filter) for item in wanted.layers))
        job = _Job(("spread", rows), wanted.layers, wanted.cost)
        made = await self._kept(job, lambda session: self._read(partial(self._spread, session, rows)), asker)
        return narrowest(Spread(*each) for each in orjson.loads(made.plain))

    async def kinds(self, layer: Layer, asker: Claim) -> Sequence[Kind]:
        """The kinds that colour the rows of a layer, the oldest first."""
        if not layer.legend:
            return []
        rows = (sql.TileLayer(layer, None, ()),)
        job = _Job(("kinds", layer), rows, lambda: _KINDS_COST)
        made = await self._kept(job, lambda session: self._kinds(session, layer), asker)
        return [_kind(*row) for row in orjson.loads(made.plain)]

    async def _kept(self, job: _Job, work: Work, asker: Claim) -> Body:
        """What is kept of a job, or made now by `work`."""
        key, read = job.key, job.read
        filtered = any(item.filter is not None for item in read)
        # A filter may look at rows of any layer.
        names = [layer.name for layer in self._layers] if filtered else [item.layer.name for item in read]
        generation = self._changes.generation(names)
        kept = None if generation is None else self._cache.get(key, generation)
        if kept is not None and kept.position >= asker.after:
            return kept
        wanted = key, generation, asker.after
        if (claim := self._making.get(wanted)) is not None:
            self._reads.hasten(claim, asker.client)
        made = await self._flights.join(wanted, lambda: self._make(wanted, work, asker, job.price()))
        # A change that the body may lack has been announced by now, or will be, and then takes it out.
        told = generation is not None and generation == self._changes.generation(names)
        if generation is not None and told and made.until >= self._changes.since(names):
            self._cache.put(key, generation, made)
        return made

    async def _make(self, key: Hashable, work: Work, asker: Claim, cost: int) -> Body:
        # Requests share what is made, and any of them may leave: its session is that of none of them.
        claim = self._making[key] = Claim(asker.client, Lane.TILES, asker.account, after=asker.after)
        claim.price(cost)
        session = self._reads.session(claim)
        try:
            made = body(await work(session))
            made.position, made.until = session.position, session.until
            return made
        finally:
            if self._making.get(key) is claim:  # another may have begun while this one was being cancelled
                del self._making[key]
            await close(session)
            claim.settle()

    async def _read(self, read: Callable[[Layers], Awaitable[bytes]]) -> bytes:
        """What is read with relations as they are kept, or computed where their pairs are behind."""
        try:
            return await read(replace(self._layers, kept=self._estimates.now.kept))
        except errors.ConcurrentChange as error:
            if not faults.behind(error):
                raise
            self._estimates.compute()
            return await read(self._layers)

    async def _counted(
        self, shown: tuple[sql.TileLayer, ...], wanted: TileSet, tile: Tile, asker: Claim
    ) -> Body | None:
        """The cells of a filter, counted once for all tiles; None where each tile counts its own."""
        item = shown[0]
        alone = len(shown) == 1 and item.filter is not None and _moment(item.layer) is None
        if not alone or tile.z >= item.layer.minzoom or not self._settings.cache_bytes:
            return None
        names, cost = [layer.name for layer in self._layers], wanted.cost(_WORLD)
        if cost > _COUNTED or self._changes.generation(names) is None:  # of more rows, and where nothing can be kept
            return None
        key = "cells", item.layer, item.filter, item.overview.summed
        job = _Job(key, shown, lambda: cost)
        return await self._kept(job, lambda session: self._read(partial(self._count, session, item)), asker)

    async def _count(self, session: ReadSession, item: sql.TileLayer, layers: Layers) -> bytes:
        layer, slots = item.layer, Slots(layers)
        shape = slots.filter(item.filter)
        key = "cells", layers.kept, layer, shape, item.overview.summed
        statement = self._statements.get(key)
        if statement is None:
            every = overviews.counted(layers, layer, shape, item.overview.summed, MOST)
            statement = self._statements[key] = compiled(every)
        ((number, *numbers, totals),) = await session.fetch_widely(statement.text, statement.bind(slots.values))
        return packed(number, numbers, totals)

    async def _draw(
        self,
        shown: tuple[sql.TileLayer, ...],
        tile: Tile,
        counted: Counted | None,
        session: ReadSession,
        layers: Layers,
    ) -> bytes:
        layers = await _at_moment(session, layers, shown[0].layer)
        statement, values = self._statement(layers, shown, tile, counted)
        ((plain,),) = await session.fetch(statement.text, statement.bind(values))
        drawn: bytes = plain
        return drawn

    async def _spread(self, session: ReadSession, rows: Sequence[tuple[Layer, Filter | None]], layers: Layers) -> bytes:
        layers = await _at_moment(session, layers, rows[0][0])
        spreads = [tuple(row) for row in await session.rows(spread(layers, rows))]
        if any(Spread(*row).wide for row in spreads):
            spreads += [tuple(row) for row in await session.rows(spread(layers, rows, eastward=True))]
        return orjson.dumps(spreads)

    async def _kinds(self, session: ReadSession, layer: Layer) -> bytes:
        return orjson.dumps([tuple(row) for row in await session.rows(kinds(layer, _MOST_KINDS))])

    def _statement(
        self, layers: Layers, shown: tuple[sql.TileLayer, ...], tile: Tile, counted: Counted | None = None
    ) -> tuple[Statement, list[object]]:
        slots = Slots(layers)
        then = _moment(shown[0].layer)
        moment: Slot[datetime | None] | None = None if then is None else slots.take(then)
        asked = (replace(item, layer=replace(item.layer, moment=moment)) for item in shown)
        shapes = tuple(self._shape(item, tile, slots, counted) for item in asked)
        grid, caps = self._grid(tile, slots), self._caps(slots)
        key = (layers.kept, shapes, tile.flat)
        statement = self._statements.get(key)
        if statement is None:
            past = layers if moment is None else layers.as_of(moment)
            statement = self._statements[key] = compiled(sql.tile(past, shapes, grid, caps))
        return statement, slots.values

    def _shape(self, item: sql.TileLayer, tile: Tile, slots: Slots, counted: Counted | None) -> sql.TileLayer:
        shape, first = replace(item, filter=slots.filter(item.filter)), item.layer.minzoom
        if first <= tile.z:
            return shape
        level, west, north, side = tile.z + DETAIL, *tile.corner(PLACES)
        area = (west, north, west + side - 1, north + side - 1)
        finest, numbers = level_of(first, level), None
        if counted is not None:
            numbers = tuple(slots.take(each) for each in counted.within(tile, finest))
        kept = slots.take(finest)
        ends = [slots.take(each) for each in area]
        least, reach = slots.take(self._least_group), degrees(tile.z, tile.x, tile.y)
        sides = tuple(slots.take(side) for side in reach)
        cells = Cells(
            slots.take(level), kept, ends[0], ends[1], ends[2], ends[3], least=least, reach=sides, counted=numbers
        )
        return replace(shape, cells=cells)

    def _grid(self, tile: Tile, slots: Slots) -> sql.Grid:
        finer = FINEST if tile.z == self._settings.max_zoom else 1
        reach = tile.degrees(self._settings.buffer / EXTENT)
        bounds = tile.degrees() if tile.flat else tile.metres()
        west, south, east, north = (slots.take(side) for side in reach)
        left, bottom, right, top = (slots.take(side) for side in bounds)
        extent, buffer = slots.take(EXTENT * finer), slots.take(self._settings.buffer * finer)
        return sql.Grid((west, south, east, north), (left, bottom, right, top), extent, buffer, tile.flat)

    def _caps(self, slots: Slots) -> sql.Caps:
        return sql.Caps(slots.take(self._settings.features), slots.take(self._settings.vertices))


async def _at_moment(session: ReadSession, layers: Layers, layer: Layer) -> Layers:
    """The layers as of the moment that a layer is read at; raises BadMoment where its history does not know of it."""
    moment = _moment(layer)
    return layers if moment is None else layers.as_of(await check_moment(session, layer, moment))


def _moment(layer: Layer) -> datetime | None:
    return layer.moment if isinstance(layer.moment, datetime) else None


def _kind(value: str, count: int, *told: str | bool | None) -> Kind:
    """A row of `gateway.sql.summaries.kinds`."""
    pairs = list(zip(told[::2], told[1::2], strict=True))
    words = " ".join(str(word) for word, _ in pairs if word is not None)
    return Kind(value, count, words, next((str(word) for word, every in reversed(pairs) if every), None))


def _shown(item: sql.TileLayer, zoom: int) -> sql.TileLayer | None:
    """A layer as a tile of a zoom shows it: its rows, too far out an overview, which has no labels."""
    if item.layer.minzoom <= zoom:
        return replace(item, overview=sql.Overview())
    return None if item.labels else replace(item, properties=())
