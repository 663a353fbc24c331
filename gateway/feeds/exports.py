"""Exports: what a filter keeps of a layer as one stream; enters a Feed and parameters, leaves bytes.

PostgreSQL writes the rows (COPY ... TO STDOUT) and Python passes them on, so that memory does not grow with the layer
and a slow reader slows the server. Rows come in the order of their ids, as they all are at one moment.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from gateway import errors
from gateway.db.sessions import ReadSession
from gateway.feeds import flatgeobuf
from gateway.feeds.fields import visible_fields
from gateway.feeds.formats import Format
from gateway.feeds.request import Feed
from gateway.geo.crs import parse_crs
from gateway.layers import Layer, LayerField, Layers
from gateway.models.base import SRID
from gateway.models.kinds import Kind
from gateway.models.slots import known
from gateway.query.geometry import EXACT
from gateway.query.ids import BIGINT_MAX
from gateway.query.slots import Slots
from gateway.sql import exports as sql
from gateway.sql.catalog import KNOWN_CRS
from gateway.sql.statement import Statement, compiled
from gateway.sql.types import SqlRows

PARAMETERS = frozenset({"crs", "precision", "after", "raw"})

Write = Callable[[bytes], Awaitable[None]]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of a layer in a format."""

    format: Format
    rows: sql.Rows

    @property
    def file_name(self) -> str:
        """`parcels.geojson`."""
        return f"{self.rows.layer.name}.{self.format.extension}"


def plain_fields(layer: Layer) -> tuple[LayerField, ...]:
    """The visible columns, JSON apart: what an export holds that names no properties."""
    return tuple(f for f in visible_fields(layer) if not f.computed and f.kind is not Kind.JSON)


def parse_export(form: Format, feed: Feed) -> Export:
    """Read `crs`, `precision`, `after` and `raw`."""
    given = feed.parameters
    srid, after = parse_crs(given["crs"]) if "crs" in given else SRID, given.get("after")
    if srid != SRID and not form.reprojects:
        message = "GeoJSON is always WGS 84 (RFC 7946). Leave crs out, or take csv or fgb."
        raise errors.BadCrs(message, path=("crs",))
    if after is not None and not form.resumes:
        message = f"A {form.extension} file cannot go on where another one ended. Leave after out, or take geojsonl."
        raise errors.ArgumentError(message, path=("after",))
    precision = _precision(given["precision"]) if "precision" in given else EXACT
    after_id = None if after is None else _number(after)
    raw = "raw" in given and _raw(given["raw"], form)
    return Export(form, sql.Rows(feed.layer, feed.filter, feed.properties, srid, precision, after_id, raw))


def _raw(text: str, form: Format) -> bool:
    if text not in {"true", "false"} or not form.quotes:
        message = "raw is true or false, and for csv alone: other formats quote nothing for spreadsheets."
        raise errors.ArgumentError(message, path=("raw",))
    return text == "true"


def _precision(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 3 and int(text) <= EXACT):
        message = f"precision must be a whole number of decimals, 0 to {EXACT}; {EXACT} is exact."
        raise errors.ArgumentError(message, path=("precision",))
    return int(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= BIGINT_MAX):
        message = "after must be the id of the last feature that came whole, for example 1234."
        raise errors.ArgumentError(message, path=("after",))
    return int(text)


async def count(session: ReadSession, layers: Layers, export: Export) -> int:
    """How many rows the export has now."""
    return int(await session.scalar(sql.count(layers, export.rows)))


async def stream(
    session: ReadSession, layers: Layers, export: Export, write: Write, advance: Advance = lambda _: None
) -> None:
    """Pass the whole export to `write`; `advance` is told how many more rows were read.

    Raises:
        BadCrs: the database does not know the CRS, or none of the rows lies in its reach.
        ServiceError: the database failed or took too long, whether or not bytes were passed on before.
    """
    srid = export.rows.srid
    if srid != SRID and not await session.scalar(KNOWN_CRS.bindparams(srid=srid)):
        raise errors.BadCrs(f"EPSG:{srid} is not known to this database.", path=("crs",))
    if srid != SRID and not await session.scalar(sql.placeable(layers, export.rows)):
        message = f"EPSG:{srid} is made for another part of the world than these rows. Take a CRS of their place."
        raise errors.BadCrs(message, path=("crs",))
    if export.format.packed:
        async with flatgeobuf.packing(export.rows, write) as pack:
            await _copy(session, layers, export, pack, advance)
    else:
        await _copy(session, layers, export, write, advance)


async def _copy(session: ReadSession, layers: Layers, export: Export, write: Write, advance: Advance) -> None:
    form = export.format
    begun = False

    async def passed(data: bytes) -> None:
        nonlocal begun
        advance(data.count(b"\n"))
        await write(data if begun else form.head + data[form.trim :])
        begun = True

    slots, rows = Slots(layers), export.rows
    after = None if rows.after is None else slots.take(known(rows.after))
    statement = _statement(layers, form.select, replace(rows, filter=slots.filter(rows.filter), after=after))
    await session.copy(statement.text, statement.bind(slots.values), passed, form.copy)
    if rest := form.tail if begun else form.head + form.tail:
        await write(rest)


@lru_cache(maxsize=256)  # to compile one takes several times as long as a small export
def _statement(layers: Layers, select: Callable[[Layers, sql.Rows], SqlRows], rows: sql.Rows) -> Statement:
    return compiled(select(layers, rows))
