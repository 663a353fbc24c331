"""Statistics of tables, as a server keeps them; enters the database, leaves Statistics for estimates of cost.

Read when the server starts and again every minute: they change as slowly as tables grow. Which relations may be read
from pairs changes with a load, so that is read every few seconds.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from math import inf
from time import monotonic
from typing import Final, Protocol

from asyncpg import PostgresError
from sqlalchemy import ColumnClause, inspect
from sqlalchemy.exc import DBAPIError

from gateway import telemetry
from gateway.db.closing import close
from gateway.db.paths import schema_of
from gateway.db.reader import Row
from gateway.db.sessions import Database, RequestSession
from gateway.errors import GatewayError
from gateway.layers import Layer, Layers
from gateway.models import unmanaged
from gateway.query.statistics import Column, Estimates, Grid, Large, Statistics, Table
from gateway.sql import following
from gateway.sql import statistics as sql
from gateway.sql.counting import CURRENT as OVERVIEWS
from gateway.sql.rebuilding import CURRENT, KEPT

_MINUTE: Final = 60.0  # seconds
_PAUSE: Final = 5.0
_FIRST: Final = 2.0  # that a start waits
_CHANGED: Final = 0.01  # of the rows
_INDEXED: Final = {
    "(geom::geography)": "geography",
    "geom::geography": "geography",
    "st_area(geom::geography)": "area_sqm",
    "st_perimeter(geom::geography)": "perimeter_m",
    "st_length(geom::geography)": "length_m",
}


class Counts(Protocol):
    """Reads statistics."""

    async def read(self) -> Statistics:
        """The statistics of all layers whose tables are there and were analysed."""

    async def kept(self) -> frozenset[str]:
        """The tables of pairs that relations may be read from, and those of overviews."""

    async def followed(self) -> frozenset[str]:
        """The tables of layers whose changes are noted."""


async def begin_counting(estimates: Estimates, counting: Counts) -> asyncio.Task[None]:
    """Read the statistics now, and again every minute.

    The first ones are waited for, but not for long: without them large tables are priced as small ones.
    """
    counted = asyncio.Event()
    task = asyncio.create_task(_keep_counting(estimates, counting, counted))
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST):
            await counted.wait()
    return task


async def _keep_counting(estimates: Estimates, counting: Counts, counted: asyncio.Event) -> None:
    due = -inf
    while True:
        try:
            if monotonic() >= due:
                now = estimates.now
                _take(estimates, replace(await counting.read(), kept=now.kept, followed=now.followed))
                due = monotonic() + _MINUTE
            kept, followed = await counting.kept(), await counting.followed()
            _take(estimates, replace(estimates.now, kept=kept, followed=followed))
        except (GatewayError, DBAPIError, PostgresError, OSError) as error:
            telemetry.log.warning("statistics not read", reason=type(error).__name__)
        counted.set()
        await asyncio.sleep(_PAUSE)


def _take(estimates: Estimates, statistics: Statistics) -> None:
    if statistics != estimates.now:  # prices are made again for others
        estimates.now = statistics


class Counting:
    """Reads statistics; what takes long again only when many rows have changed."""

    def __init__(self, layers: Layers, database: Database) -> None:
        self._layers = layers
        self._database = database
        self._large: dict[int, tuple[float, Mapping[int, Large]]] = {}

    async def read(self) -> Statistics:
        """The statistics of all layers whose tables are there and were analysed."""
        session = self._database.session()
        try:
            tables = {layer.name: await self._table(session, layer) for layer in self._layers}
            return Statistics({name: table for name, table in tables.items() if table is not None})
        finally:
            await close(session)

    async def kept(self) -> frozenset[str]:
        """The tables of pairs that relations may be read from, and those of overviews."""
        session = self._database.session()
        try:
            kept = await session.rows(KEPT)
            current = frozenset(row.relation for row in await session.rows(CURRENT)) if kept else frozenset()
            overviews = frozenset(row.overview for row in await session.rows(OVERVIEWS))
        finally:
            await close(session)
        code = schema_of(self._database.path)
        for row in kept:
            telemetry.relations_behind.labels(code, row.relation).set(row.relation not in current)
        return current | overviews

    async def followed(self) -> frozenset[str]:
        """The tables of layers whose changes are noted."""
        session = self._database.session()
        try:
            if not await session.scalar(following.NOTED):
                return frozenset()  # the database is to be migrated
            tables = [layer.model.__tablename__ for layer in self._layers.managed]
            return frozenset(row.name for row in await session.rows(following.followed(tables)))
        finally:
            await close(session)

    async def _table(self, session: RequestSession, layer: Layer) -> Table | None:
        history = f'"{layer.history.name}"' if layer.tracked else None
        names = {"name": layer.table_name, "history": history}
        rows = await session.rows(sql.TABLES.bindparams(**names))
        if not rows or (rows[0].unknown and not rows[0].distributed):
            return None
        oid, count = rows[0].oid, float(rows[0].rows)
        if rows[0].distributed:
            count = float(await session.scalar(sql.ON_NODE.bindparams(table=oid)))
        if not layer.managed:
            return await _unmanaged(session, layer, oid, count)
        columns = await _columns(session, oid, count)
        grid = await _grid(session, oid, "geom") if "geom" in columns else None
        (sample,) = await session.rows(sql.sample(layer.name, count))
        indexes = frozenset(map(_index, await session.rows(sql.INDEXED.bindparams(table=oid))))
        large = await self._largest(session, layer, rows[0])
        table = Table(count, rows[0].revisions, columns=columns, indexes=indexes, large=large)
        table = replace(table, distributed=rows[0].distributed)
        return _sized(_placed(table, grid), sample)

    async def _largest(self, session: RequestSession, layer: Layer, table: Row) -> Mapping[int, Large]:
        """The largest rows: a polygon of a street's 18,000 vertices is compared like no other."""
        changes, large = self._large.get(table.oid, (-inf, {}))
        if abs(table.changes - changes) > table.rows * _CHANGED:
            rows = await session.rows(sql.largest(layer.name))
            large = {row.id: Large(row.vertices, row.width, row.height) for row in rows}
            self._large[table.oid] = table.changes, large
        return large


def _placed(table: Table, grid: Grid | None) -> Table:
    return table if grid is None else replace(table, grid=grid, area=grid.area)


def _sized(table: Table, sample: Row) -> Table:
    """The table with the size of its geometries, in round figures: those of a few more rows are no news."""
    if not sample.rows:
        return table
    vertices, width, height = (float(f"{size:.2g}") for size in (sample.vertices, sample.width, sample.height))
    return replace(table, vertices=vertices, width=width, height=height)


async def _columns(session: RequestSession, oid: int, count: float) -> Mapping[str, Column]:
    return {row.name: _column(row, count) for row in await session.rows(sql.VALUES.bindparams(table=oid))}


def _column(row: Row, count: float) -> Column:
    shares = dict(zip(row.frequent or (), row.shares or (), strict=False))
    kinds = row.kinds if row.kinds >= 0 else -row.kinds * count
    left = max(1.0 - sum(shares.values()) - row.missing, 0.0)
    rest = min(1.0, left / max(kinds - len(shares), 1.0))
    return Column(float(row.size), shares, rest, row.missing, tuple(row.sample or ()))


async def _unmanaged(session: RequestSession, layer: Layer, oid: int, count: float) -> Table:
    """The statistics of a table that someone else made: what is made of its columns, ANALYZE knows by the indexes."""
    mapped = {each.key: each.columns[0] for each in inspect(layer.model).column_attrs}
    names = {column.name: key for key, column in mapped.items() if isinstance(column, ColumnClause)}
    columns = {names[name]: column for name, column in (await _columns(session, oid, count)).items() if name in names}
    made = dict(zip(unmanaged.index_names(layer.name), ("gist geom", "gist geography", "btree id"), strict=True))
    rows = await session.rows(sql.INDEXED.bindparams(table=oid))
    indexes = frozenset(made.get(row.name) or _index(row, names) for row in rows)
    known = [(row.oid, row.column) for row in rows if made.get(row.name) == "gist geom" and row.analysed]
    known += [(oid, name) for name, key in names.items() if key == "geom" and key in columns]
    grid = await _grid(session, *known[0]) if known else None
    (sample,) = await session.rows(sql.sample_of(layer))
    return _sized(_placed(Table(count, 0.0, columns=columns, indexes=indexes), grid), sample)


async def _grid(session: RequestSession, oid: int, column: str) -> Grid | None:
    (extent,) = await session.rows(sql.EXTENT.bindparams(table=oid, column=column))
    west, south, east, north = extent.west, extent.south, extent.east, extent.north
    if west is None:
        return None
    width, height = (max(side, 1e-9) / sql.CELLS for side in (east - west, north - south))
    cells = sql.SHARES.bindparams(table=oid, column=column, west=west, south=south, width=width, height=height)
    shares = {(row.x, row.y): row.share or 0.0 for row in await session.rows(cells)}
    return Grid.of((west, south, west + width * sql.CELLS, south + height * sql.CELLS), sql.CELLS, sql.CELLS, shares)


def _index(row: Row, names: Mapping[str, str] = _INDEXED) -> str:
    """`btree parcel_id`, `gist geom`, `trigram address`, `search`."""
    if row.key.startswith("gateway_search("):
        return "search"
    method = "trigram" if row[2].endswith("trgm_ops") else row.method
    key = row.key.strip('"')
    return f"{method} {names.get(key, key)}"
