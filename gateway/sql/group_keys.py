"""Keys of groups; enters a key and the rows that are grouped, leaves what they are grouped by and what a group tells.

Cells of a grid have the numbers and the shapes that ST_SquareGrid and ST_HexagonGrid give them. The number is computed:
these functions would make all cells around a row.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Float,
    FromClause,
    Integer,
    Numeric,
    Text,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from gateway.layers import Layers
from gateway.models.base import SRID
from gateway.models.kinds import Kind
from gateway.query.connection import Query
from gateway.query.geometry import DEFAULT_PRECISION
from gateway.query.groups import SHARES, GroupKey
from gateway.sql.binding import bound
from gateway.sql.encode import geojson_text, projected
from gateway.sql.filters import where
from gateway.sql.kept import Pairs, current
from gateway.sql.members import seen_member
from gateway.sql.moments import rows_of
from gateway.sql.overlaps import Overlap
from gateway.sql.pairs import tested
from gateway.sql.types import Entity, SqlRows, SqlValue

_TALL = math.sqrt(3.0)  # height of a hexagon with sides of 1
_UTC: Any = literal_column("'UTC'")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A key of the rows of `entity`, which are those of a query.

    `beside` has what is made for the key besides: ends of bins, a place in a plane, or related rows. `own` has the ids
    of the rows, where they are those of one parent.
    """

    key: GroupKey
    layers: Layers
    query: Query
    entity: Entity
    own: CTE | None = None
    beside: FromClause | None = None

    @property
    def column(self) -> SqlValue:
        """The column of the key."""
        assert self.key.field is not None
        value: SqlValue = getattr(self.entity, self.key.field.attribute)
        return value

    def again(self) -> tuple[Entity, ColumnElement[bool]]:
        """The same rows under another alias, and the condition that keeps them."""
        rows = rows_of(self.query.layer)
        return rows, where(self.layers, self.query.filter, rows) if self.own is None else rows.id.in_(
            select(self.own.c.id)
        )

    @property
    def made(self) -> Any:
        """The columns of what is made besides."""
        assert self.beside is not None
        return self.beside.c


@dataclass(frozen=True, eq=False)
class KeySql:
    """How a kind of key is read: `value` is what rows are grouped by, `told` what the key says about a group.

    `beside` makes rows to join: by `part_id`, else there is one for each row, or one for all. `checks` must hold for
    the statement to be right. `matched` is where the value has the text that is looked for, from 1 on; 0 where it
    lacks it, None where nothing is looked for.
    """

    value: Callable[[Keyed], SqlValue]
    told: Callable[[Keyed, SqlValue], Sequence[SqlValue]] = lambda _, value: (value,)
    beside: Callable[[Keyed], FromClause] | None = None
    checks: Callable[[Keyed], Sequence[ColumnElement[bool]]] = lambda _: ()
    matched: Callable[[Keyed, SqlValue], SqlValue | None] = lambda _, __: None


def _told_column(keyed: Keyed, value: SqlValue) -> Sequence[SqlValue]:
    assert keyed.key.field is not None
    return (cast(value, Text) if keyed.key.field.kind in {Kind.DECIMAL, Kind.UUID} else value,)


def _member(keyed: Keyed) -> SqlValue:
    assert keyed.key.field is not None
    member = seen_member(keyed.key.field, keyed.column, bound(keyed.key.given[0], Text()))
    return func.nullif(member, literal_column("'null'::jsonb"), type_=JSONB)


def _told_value(keyed: Keyed, value: SqlValue) -> Sequence[SqlValue]:
    """The value as JSON text."""
    return (cast(func.to_json(*_told_column(keyed, value)), Text),)


def _matched(text: Callable[[SqlValue], SqlValue], place: int) -> Callable[[Keyed, SqlValue], SqlValue | None]:
    """Find the text that is given at `place`, in any case."""

    def matched(keyed: Keyed, value: SqlValue) -> SqlValue | None:
        if len(keyed.key.given) <= place:
            return None
        return func.strpos(func.lower(text(value)), func.lower(bound(keyed.key.given[place], Text())))

    return matched


def _width(keyed: Keyed) -> SqlValue:
    return cast(bound(keyed.key.given[0], Float()), Numeric)


def _told_bin(keyed: Keyed, value: SqlValue) -> Sequence[SqlValue]:
    return cast(value * _width(keyed), Float), cast((value + 1) * _width(keyed), Float)


def _ends(keyed: Keyed) -> FromClause:
    rows, condition = keyed.again()
    shares = bound(keyed.key.given[0], ARRAY(Float()))
    column = replace(keyed, entity=rows).column
    ends = func.percentile_cont(shares).within_group(cast(column, Float))
    return select(type_coerce(ends, ARRAY(Float())).label("ends")).select_from(rows).where(condition).cte("ends")


def _quantile(keyed: Keyed) -> SqlValue:
    ends, last = keyed.made.ends, func.array_upper(keyed.made.ends, 1) - 1
    # The greatest value is the end of the last bin, and belongs to it.
    place = func.least(func.width_bucket(cast(keyed.column, Float), ends), last, type_=Integer)
    return case((keyed.column.is_not(None), place))


def _told_quantile(keyed: Keyed, value: SqlValue) -> Sequence[SqlValue]:
    ends = keyed.made.ends
    return ends[value], ends[value + 1]


def _told_geohash(_: Keyed, value: SqlValue) -> Sequence[SqlValue]:
    box = func.ST_ForcePolygonCCW(func.ST_GeomFromGeoHash(value))
    return value, geojson_text(func.ST_SetSRID(box, SRID), DEFAULT_PRECISION)


def _placed(keyed: Keyed) -> FromClause:
    """The cells of H3 that were made of the positions of rows."""
    _, placed = keyed.key.given
    ids, cells = (bound(each, ARRAY(BigInteger())) for each in (placed.ids, placed.cells))  # type: ignore[attr-defined]
    columns = column("part_id", BigInteger), column("cell", BigInteger)
    return func.unnest(ids, cells).table_valued(*columns).render_derived(name="placed")


def _plane(keyed: Keyed) -> FromClause:
    """The centroid of a row in the plane of the grid; null where that does not reach."""
    point = projected(keyed.entity.centroid, int(keyed.key.word))
    placed = select(point.label("point")).offset(0).correlate(keyed.entity).lateral("placed")
    return select(func.ST_X(placed.c.point).label("x"), func.ST_Y(placed.c.point).label("y")).lateral("plane")


def _size(keyed: Keyed) -> SqlValue:
    return bound(keyed.key.given[0], Float())


def _cell(column: Any, row: Any) -> SqlValue:
    return func.concat(cast(column, BigInteger), ",", cast(row, BigInteger), type_=Text)


def _square(keyed: Keyed) -> SqlValue:
    x, y, size = keyed.made.x, keyed.made.y, _size(keyed)
    return case((x.is_not(None), _cell(func.floor(x / size), func.floor(y / size))))


def _hexagon(keyed: Keyed) -> SqlValue:
    """Centres of even columns make a lattice, those of odd ones another: the nearer of both is the cell's."""
    size = _size(keyed)
    x, y = keyed.made.x / size, keyed.made.y / (size * _TALL)
    even = 2 * func.round(x / 3.0), func.round(y)
    odd = 2 * func.floor(x / 3.0) + 1, func.floor(y)
    away = [
        func.power(x - 1.5 * column, 2) + 3.0 * func.power(y - row - half, 2)
        for (column, row), half in ((even, 0.0), (odd, 0.5))
    ]
    return case((x.is_(None), None), (away[0] <= away[1], _cell(*even)), else_=_cell(*odd))


def _shaped(make: Any) -> Callable[[Keyed, SqlValue], Sequence[SqlValue]]:
    def told(keyed: Keyed, value: SqlValue) -> Sequence[SqlValue]:
        column, row = (cast(func.split_part(value, ",", part), Integer) for part in (1, 2))
        srid = int(keyed.key.word)
        origin = func.ST_SetSRID(func.ST_MakePoint(0, 0), srid)
        cell = make(_size(keyed), column, row, origin)
        return value, geojson_text(func.ST_ForcePolygonCCW(func.ST_Transform(cell, SRID)), DEFAULT_PRECISION)

    return told


def _related(share: str) -> KeySql:
    """Rows with what they overlap; a row that overlaps nothing is in the group without a key."""

    def beside(keyed: Keyed) -> FromClause:
        pairs = _kept(keyed)
        return (_computed(keyed, share) if pairs is None else _paired(keyed, pairs, share)).subquery("related")

    return KeySql(lambda keyed: keyed.made.whole_id, beside=beside, checks=lambda keyed: current(_kept(keyed)))


def _kept(keyed: Keyed) -> Pairs | None:
    assert keyed.key.relation is not None
    return Pairs.of(keyed.layers, keyed.key.relation)


def _paired(keyed: Keyed, pairs: Pairs, share: str) -> SqlRows:
    met = select(pairs.own.label("part_id"), pairs.other.label("whole_id"))
    if keyed.own is not None:
        met = met.where(pairs.own.in_(select(keyed.own.c.id)))
    if share == "PRIMARY":
        met = met.ext(distinct_on(pairs.own)).order_by(pairs.own, pairs.rows.c.shared.desc(), pairs.other)
    if share == "WITHIN":
        met = met.where(pairs.rows.c.coverage >= 1.0)
    return met.add_columns(pairs.rows.c.coverage.label("share")) if share == "OVERLAP" else met


def _computed(keyed: Keyed, share: str) -> SqlRows:
    relation = keyed.key.relation
    assert relation is not None
    (part, condition), whole = keyed.again(), rows_of(keyed.layers[relation.target])
    # PostgreSQL goes through the wholes, each of which is prepared once for all of its parts.
    near = (
        select(part.id.label("part_id"), whole.id.label("whole_id"))
        .add_columns(part.geom.label("part"), whole.geom.label("whole"))
        .join_from(part, whole, part.geom.bool_op("&&")(whole.geom))
        .where(condition)
    )
    pair: Any = tested(near, measured=True)
    met = select(pair.c.part_id, pair.c.whole_id)
    if share == "PRIMARY":
        most = Overlap.of_pair(pair).measured.desc()
        met = met.ext(distinct_on(pair.c.part_id)).order_by(pair.c.part_id, most, pair.c.whole_id)
    if share == "WITHIN":
        met = met.where(Overlap.of_pair(pair).coverage >= 1.0)
    return met.add_columns(Overlap.of_pair(pair).coverage.label("share")) if share == "OVERLAP" else met


COLUMN = KeySql(lambda keyed: keyed.column, _told_column)
MEMBER = KeySql(_member, lambda _, value: (cast(value, Text),))
VALUE = KeySql(lambda keyed: keyed.column, _told_value, matched=_matched(lambda value: cast(value, Text), 0))
MEMBER_VALUE = replace(MEMBER, matched=_matched(lambda value: value.op("#>>")(literal_column("'{}'")), 1))
DATE = KeySql(lambda keyed: func.date_trunc(keyed.key.word, keyed.column, _UTC, type_=DateTime(timezone=True)))
PART = KeySql(lambda keyed: cast(func.date_part(keyed.key.word, func.timezone(_UTC, keyed.column)), Integer))
WIDTH = KeySql(lambda keyed: func.floor(cast(keyed.column, Numeric) / _width(keyed), type_=Numeric), _told_bin)
QUANTILES = KeySql(_quantile, _told_quantile, _ends)
GEOHASH = KeySql(
    lambda keyed: func.ST_GeoHash(keyed.entity.centroid, bound(keyed.key.given[0], Integer()), type_=Text),
    _told_geohash,
)
H3 = KeySql(
    lambda keyed: keyed.made.cell,
    lambda _, value: (func.to_hex(value, type_=Text), cast(null(), Text)),  # whose boundary is not made here
    _placed,
    lambda keyed: [keyed.made.part_id.is_not(None)],
)
SQUARES = KeySql(_square, _shaped(func.ST_Square), _plane)
HEXAGONS = KeySql(_hexagon, _shaped(func.ST_Hexagon), _plane)
RELATED = {share: _related(share) for share in SHARES}
