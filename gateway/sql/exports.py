"""Whole layers as streams; enters which rows and fields, leaves selects for COPY ... TO STDOUT.

Rows come in the order of their ids. They are ordered before anything is made of them: a sort holds geometries as they
are stored, not the texts that PostGIS writes of them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Executable,
    FromClause,
    Text,
    case,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.functions import Function

from gateway.layers import Layer, LayerField, Layers
from gateway.models.base import SRID
from gateway.models.kinds import Kind
from gateway.models.slots import Slot
from gateway.query.filters import Filter
from gateway.query.geometry import EXACT
from gateway.sources.spreadsheets import FORMULA, ID, WKT
from gateway.sql.binding import bound
from gateway.sql.encode import digits, geojson_text, in_reach, projected, right_handed, rounded, sides
from gateway.sql.filters import where
from gateway.sql.kept import Pairs, current
from gateway.sql.members import seen
from gateway.sql.moments import behind, rows_of
from gateway.sql.related_rows import RelatedRows
from gateway.sql.types import Entity, Geom, SqlRows, SqlValue

JsonOf: TypeAlias = Callable[[LayerField, Entity], ColumnElement[str]]

_DIGITS = (38, 9)  # of a decimal whose column doesn't say, as BigQuery has it


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a layer, those with ids above `after` alone if it is given, with fields and with what is related."""

    layer: Layer
    filter: Filter | None
    fields: tuple[LayerField, ...]
    srid: int = SRID
    precision: int = EXACT
    after: int | Slot[int] | None = None
    raw: bool = False
    related: tuple[RelatedRows, ...] = ()


def count(layers: Layers, rows: Rows) -> SqlRows:
    """How many rows there are."""
    entity = rows_of(rows.layer)
    return select(func.count()).select_from(entity).where(*_kept(layers, rows, entity))


def placeable(layers: Layers, rows: Rows) -> Executable:
    """Whether the CRS reaches any of the rows, or there are none."""
    entity: Entity = rows_of(rows.layer)
    other: Entity = rows_of(rows.layer)
    within = exists().where(*_kept(layers, rows, entity), in_reach(entity.geom, rows.srid))
    return select(or_(within, not_(exists().where(*_kept(layers, rows, other), other.id.is_not(None)))))


def features(layers: Layers, rows: Rows, *, before: str = "") -> SqlRows:
    """One column: `before` and each row as a GeoJSON Feature (RFC 7946), a text without line breaks.

    The text is put together of its parts: PostgreSQL's json_build_object, and row_to_json of a subquery's row, take up
    to twice the time.
    """
    entity = _ordered(layers, rows)
    named = [(field.name, _json(field, entity)) for field in rows.fields]
    named += [(each.relation.field, _listed(layers, each, entity, _json)) for each in rows.related]
    members = [
        _joined(_text(f"{',' if number else ''}{json.dumps(name)}:"), value)
        for number, (name, value) in enumerate(named)
    ]
    geometry = geojson_text(_placed(rows, entity), rows.precision)
    head = _joined(_text(before + '{"type":"Feature","id":'), cast(entity.id, Text), _text(',"geometry":'), geometry)
    text = _joined(head, _joined(_text(',"properties":{'), *members, _text("}}")))
    return select(text).where(*_current(layers, rows))


def _listed(layers: Layers, related: RelatedRows, row: Entity, json_of: JsonOf) -> ColumnElement[str]:
    """The related rows as a JSON array: of each its edge, and its id and fields as `node`."""

    def read(other: Entity, values: Sequence[SqlValue]) -> Sequence[SqlValue]:
        texts = [func.coalesce(cast(func.to_json(value), Text), _text("null")) for value in values]
        names = [_text(f"{json.dumps(name)}:") for name, _ in related.edges]
        edge = [_joined(name, text, _text(",")) for name, text in zip(names, texts, strict=True)]
        node = [_joined(_text(f",{json.dumps(field.name)}:"), json_of(field, other)) for field in related.fields]
        head = _joined(_text("{"), *edge, _text('"node":{"id":'), cast(other.id, Text))
        every = func.string_agg(_joined(head, *node, _text("}}")), aggregate_order_by(_text(","), other.id.expression))
        return [func.coalesce(_joined(_text("["), every, _text("]")), _text("[]"))]

    return related.beside(layers, row, read).scalar_subquery()


def _current(layers: Layers, rows: Rows) -> Sequence[ColumnElement[bool]]:
    """Whether the pairs that related rows are read from are current."""
    return [each for related in rows.related for each in current(Pairs.of(layers, related.relation))]


def records(layers: Layers, rows: Rows) -> SqlRows:
    """The id, the fields and the geometry as WKT; texts that a spreadsheet would run are quoted, unless `raw`.

    With a relation a row comes once for each row that it is related to, and once where there is none.
    """
    entity = _ordered(layers, rows)
    wkt = Function("ST_AsText", _placed(rows, entity), digits(rows.precision), type_=Text)
    values = _cells(rows, (Kind.BIGINT, *(field.kind for field in rows.fields)), _values(rows, entity))
    if not rows.related:
        return select(*values, wkt.label(WKT))
    (related,) = rows.related
    beside = _beside(layers, rows, related, entity)
    read = select(*values, *beside.c, wkt.label(WKT)).select_from(entity).join(beside, true(), isouter=True)
    return read.where(*_current(layers, rows))


def _beside(layers: Layers, rows: Rows, related: RelatedRows, row: Entity) -> FromClause:
    """The related rows as cells, in the order of their ids; OFFSET 0 has them read row by row, in the rows' order."""

    def read(other: Entity, values: Sequence[SqlValue]) -> Sequence[SqlValue]:
        words = [cast(value, Text) if isinstance(value.type, Boolean) else value for value in values]
        edge = [word.label(name) for (name, _), word in zip(related.edges, words, strict=True)]
        cells: list[SqlValue] = [_plain(field, other).label(f"node.{field.name}") for field in related.fields]
        kinds = (*(Kind.FLOAT for _ in edge), Kind.BIGINT, *(field.kind for field in related.fields))
        named = _cells(rows, kinds, (*edge, other.id.label("node.id"), *cells))
        return [each.label(f"{related.relation.field}.{each.name}") for each in named]

    others = related.beside(layers, row, read)
    place = len(related.edges)
    return others.order_by(list(others.selected_columns)[place]).offset(literal_column("0")).lateral("related")


def _cells(rows: Rows, kinds: Sequence[Kind], values: Sequence[SqlValue]) -> Sequence[SqlValue]:
    """Values as a table has them: texts are quoted where a spreadsheet would run them."""
    if rows.raw:
        return values
    return [_inert(each) if kind is Kind.TEXT else each for each, kind in zip(values, kinds, strict=True)]


def _inert(value: SqlValue) -> SqlValue:
    """A text with a quote before it where a spreadsheet would take it for a formula."""
    first = func.left(func.ltrim(value, _text("'")), literal_column("1"))
    formula = first.in_([_text(sign) for sign in FORMULA])
    return case((formula, _joined(_text("'"), value)), else_=value).label(value.name)


def binaries(layers: Layers, rows: Rows) -> SqlRows:
    """The id, the fields and the geometry as WKB in hexadecimal."""
    entity = _ordered(layers, rows)
    wkb = func.encode(Function("ST_AsBinary", _placed(rows, entity)), "hex", type_=Text)
    return select(*_values(rows, entity), wkb.label(WKT))


def typed(layers: Layers, rows: Rows, *, boxes: bool = False) -> SqlRows:
    """The id, the fields with decimals of fixed digits, related rows as JSON, and the geometry as WKB in hexadecimal.

    Before it, with `boxes`, are the sides of its box. OFFSET 0 has it put in its place once.
    """
    entity = _ordered(layers, rows)
    place = select(_placed(rows, entity).label("geom")).correlate(entity).offset(literal_column("0")).lateral("placed")
    values = [_fixed(field, entity) if field.kind is Kind.DECIMAL else _plain(field, entity) for field in rows.fields]
    listed = [_listed(layers, each, entity, _bare) for each in rows.related]
    wkb = func.encode(Function("ST_AsBinary", place.c.geom), "hex", type_=Text)
    read = (
        select(entity.id, *values, *listed, *(sides(place.c.geom) if boxes else ()), wkb)
        .select_from(entity)
        .join(place, true())
    )
    return read.where(*_current(layers, rows))


def decimal_digits(field: LayerField) -> tuple[int, int]:
    """How many digits of a decimal `typed` has, and how many of them after the point."""
    precision, scale = field.precision or 0, field.scale or 0
    return (precision, scale) if 0 <= scale <= precision <= _DIGITS[0] and precision else _DIGITS


def _fixed(field: LayerField, entity: Entity) -> SqlValue:
    """A decimal with its digits; null where it is NaN or has too many before the point."""
    precision, scale = decimal_digits(field)
    value = func.round(getattr(entity, field.attribute), literal_column(str(scale)))
    return case((func.abs(value) < literal_column(f"1e{precision - scale}"), value))


def _bare(field: LayerField, entity: Entity) -> ColumnElement[str]:
    """A value as JSON text, in which NaN and infinities are bare words, as Arrow reads them."""
    if field.kind not in {Kind.DECIMAL, Kind.FLOAT}:
        return _json(field, entity)
    number = _fixed(field, entity) if field.kind is Kind.DECIMAL else getattr(entity, field.attribute)
    return func.coalesce(cast(number, Text), _text("null"))


def _kept(layers: Layers, rows: Rows, entity: Entity) -> Sequence[ColumnElement[bool]]:
    kept = [where(layers, rows.filter, entity)]
    return kept if rows.after is None else [*kept, entity.id > bound(rows.after, BigInteger())]


def _ordered(layers: Layers, rows: Rows) -> Entity:
    """The rows in order, as an entity whose columns and hybrids read from them."""
    entity = rows_of(rows.layer)
    stored = ("id", *(field.attribute for field in rows.fields if not field.computed), "geom")
    ordered = select(*behind(entity, stored)).where(*_kept(layers, rows, entity)).order_by(entity.id).subquery("rows")
    return aliased(rows.layer.model, ordered)


def _placed(rows: Rows, entity: Entity) -> Geom:
    """The geometry in the CRS and with the decimals of the export; null where it lies out of the CRS's reach."""
    placed = projected(entity.geom, rows.srid)
    return placed if rows.precision >= EXACT else right_handed(rounded(placed, rows.precision), entity.geom)


def _values(rows: Rows, entity: Entity) -> Sequence[SqlValue]:
    return [entity.id.label(ID), *(_plain(field, entity).label(field.name) for field in rows.fields)]


def _plain(field: LayerField, entity: object) -> Geom:
    """A value as a cell of a table: times in ISO 8601, JSON as text, booleans as words."""
    column = seen(field, getattr(entity, field.attribute))
    match field.kind:
        case Kind.DATETIME:
            return func.btrim(cast(func.to_json(column), Text), '"', type_=Text)
        case Kind.JSON | Kind.BOOLEAN:
            return cast(column, Text)
        case _:
            return column


def _json(field: LayerField, entity: Entity) -> ColumnElement[str]:
    """A value as JSON text; a number that JSON has no form for is a text there, and a missing value null."""
    column = seen(field, getattr(entity, field.attribute))
    exact = field.kind in {Kind.JSON, Kind.INTEGER, Kind.BIGINT, Kind.BOOLEAN}
    text = cast(column if exact else func.to_json(column), Text)
    return func.coalesce(text, _text("null")) if field.nullable else text


def _text(value: str) -> ColumnElement[str]:
    """A text that stands in the statement: names of fields, never a value."""
    return literal_column("'" + value.replace("'", "''") + "'", Text)


def _joined(*parts: ColumnElement[str]) -> ColumnElement[str]:
    """Texts put together in brackets: PostgreSQL copies what stands before each further part."""
    return Grouping(reduce(add, parts))
