"""Exports: what a filter keeps of a layer as one stream; enters a Feed and parameters, leaves bytes.

PostgreSQL writes the rows (COPY ... TO STDOUT) and Python passes them on, so that memory does not grow with the layer
and a slow reader slows the server. Rows come in the order of their ids, as they all are at one moment.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from gateway import errors
from gateway.db import faults
from gateway.db.sessions import ReadSession
from gateway.feeds.fields import visible_fields
from gateway.feeds.formats import Format
from gateway.feeds.packing import of_rows, packing
from gateway.feeds.request import Feed
from gateway.geo.crs import parse_crs
from gateway.layers import Layer, LayerField, Layers
from gateway.models.base import SRID
from gateway.models.declaration import Relation, camel
from gateway.models.kinds import Kind
from gateway.models.slots import known
from gateway.query.geometry import EXACT
from gateway.query.ids import BIGINT_MAX
from gateway.query.slots import Slots
from gateway.query.values import edge_values
from gateway.sql import exports as sql
from gateway.sql.catalog import KNOWN_CRS
from gateway.sql.related_rows import RelatedRows
from gateway.sql.statement import Statement, compiled
from gateway.sql.types import SqlRows

PARAMETERS = frozenset({"crs", "precision", "after", "raw", "relations"})

Write = Callable[[bytes], Awaitable[None]]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of a layer in a format, and the layers as who asks for them may see them."""

    format: Format
    rows: sql.Rows
    layers: Layers

    @property
    def file_name(self) -> str:
        """`parcels.geojson`."""
        return f"{self.rows.layer.name}.{self.format.extension}"


def plain_fields(layer: Layer) -> tuple[LayerField, ...]:
    """The visible columns, JSON apart: what an export holds that names no properties."""
    return tuple(f for f in visible_fields(layer) if not f.computed and f.kind is not Kind.JSON)


def parse_export(form: Format, feed: Feed) -> Export:
    """Read `crs`, `precision`, `after`, `raw` and `relations`."""
    given = feed.parameters
    srid, after = parse_crs(given["crs"]) if "crs" in given else SRID, given.get("after")
    if srid != SRID and not form.reprojects:
        message = "GeoJSON is always WGS 84 (RFC 7946). Leave crs out, or take csv, fgb, parquet or arrow."
        raise errors.BadCrs(message, path=("crs",))
    if after is not None and not form.resumes:
        message = f"A {form.extension} file cannot go on where another one ended. Leave after out, or take geojsonl."
        raise errors.ArgumentError(message, path=("after",))
    precision = _precision(given["precision"]) if "precision" in given else EXACT
    after_id = None if after is None else _number(after)
    raw = "raw" in given and _raw(given["raw"], form)
    related = _relations(given["relations"], form, feed) if "relations" in given else ()
    feed.price.relations = [each.relation for each in related]
    rows = sql.Rows(feed.layer, feed.filter, feed.properties, srid, precision, after_id, raw, related)
    return Export(form, rows, feed.layers)


def _relations(text: str, form: Format, feed: Feed) -> tuple[RelatedRows, ...]:
    """Read `relations=zoning_districts,neighbors`; of related rows an export holds their plain fields."""
    known = {relation.name: relation for relation in feed.layer.relations}
    names = list(dict.fromkeys(name for name in (part.strip() for part in text.split(",")) if name))
    if unknown := [name for name in names if name not in known]:
        message = f"{feed.layer.verbose_name_plural} have no relation {unknown[0][:80]!r}."
        raise errors.ArgumentError(message, path=("relations",), names=f"There are {', '.join(known)}.")
    if len(names) > form.relations:
        places = "one, of which each row is a pair" if form.relations else "none"
        message = f"A {form.extension} file has a place for {places}. Take geojson, geojsonl, parquet or arrow."
        raise errors.ArgumentError(message, path=("relations",))
    return tuple(_related(feed, known[name]) for name in names)


def _related(feed: Feed, relation: Relation) -> RelatedRows:
    target = feed.layers[relation.target]
    edges = tuple((camel(each), each) for each in edge_values(relation, feed.layer, target))
    return RelatedRows(relation, feed.layer, target, edges, plain_fields(target))


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


async def count(session: ReadSession, export: Export) -> int:
    """How many rows the export has now."""
    return int(await session.scalar(sql.count(export.layers, export.rows)))


async def stream(session: ReadSession, export: Export, write: Write, advance: Advance = lambda _: None) -> None:
    """Pass the whole export to `write`; `advance` is told how many more rows were read.

    Where pairs are behind, which is known before the first row, relations are computed.

    Raises:
        BadCrs: the database does not know the CRS, or none of the rows lies in its reach.
        ServiceError: the database failed or took too long, whether or not bytes were passed on before.
    """
    try:
        await _stream(session, export, write, advance)
    except errors.ConcurrentChange as error:
        if not faults.behind(error):
            raise
        await _stream(session, replace(export, layers=export.layers.computing()), write, advance)


async def _stream(session: ReadSession, export: Export, write: Write, advance: Advance) -> None:
    srid, layers = export.rows.srid, export.layers
    if srid != SRID and not await session.scalar(KNOWN_CRS.bindparams(srid=srid)):
        raise errors.BadCrs(f"EPSG:{srid} is not known to this database.", path=("crs",))
    if srid != SRID and not await session.scalar(sql.placeable(layers, export.rows)):
        message = f"EPSG:{srid} is made for another part of the world than these rows. Take a CRS of their place."
        raise errors.BadCrs(message, path=("crs",))
    if export.format.packed:
        form = export.format.extension
        async with packing(form, of_rows(form, export.rows), write) as pack:
            await _copy(session, export, pack, advance)
    else:
        await _copy(session, export, write, advance)


async def _copy(session: ReadSession, export: Export, write: Write, advance: Advance) -> None:
    form, layers = export.format, export.layers
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
