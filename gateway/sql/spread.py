"""Where rows lie; enters layers with their filters, leaves one select of the box of all and that of most.

Dirty data has rows at 0, 0 or with a digit too many, and a database may hold two cities: a map of a box that reaches
all shows nothing. A row is far out beyond the half of all rows that lies nearest to the middle, by more than three
times the width of that half. The middle is the median, so of two cities it lies in the one with more rows.
"""

from collections.abc import Sequence

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    SQLColumnExpression,
    Subquery,
    func,
    literal,
    not_,
    select,
    true,
    union_all,
)

from gateway.layers import Layer, Layers
from gateway.models import antimeridian
from gateway.models.base import SRID
from gateway.query.filters import Filter
from gateway.sql.encode import box, sides
from gateway.sql.filters import where
from gateway.sql.moments import rows_of
from gateway.sql.types import SqlRows, SqlValue
from gateway.sql.workload import own

Wanted = Sequence[tuple[Layer, Filter | None]]

_SAMPLE = 1_000  # rows, whose median is that of all but for a hundredth of the rows or two
_FAR = 3.0


def spread(layers: Layers, wanted: Wanted, *, eastward: bool = False) -> SqlRows:
    """One row, or none where there are no rows; `eastward` takes longitudes of 0 to 360 instead of -180 to 180.

    `whole`: west, south, east, north in degrees of all rows; `most`: of those that are not far out; `minzoom`: the zoom
    from which tiles show some of these.
    """
    fence = _fence(layers, wanted, eastward=eastward)
    every = _extent(_rows(layers, wanted, eastward=eastward)).cte("every")
    clean = select(_within(func.geometry(every.c.box), fence)).scalar_subquery()
    rows = _rows(layers, wanted, eastward=eastward)
    # Read only if some row is far out: whether one is, PostgreSQL looks at once, before it reads.
    most = _extent(rows).where(not_(clean), _within(rows.c.geom, fence)).subquery("most")
    columns: list[SqlValue] = [
        box(every.c.box).label("whole"),
        box(func.coalesce(most.c.box, every.c.box)).label("most"),
        func.coalesce(most.c.minzoom, every.c.minzoom).label("minzoom"),
    ]
    return own(select(*columns).join_from(every, most, true()).where(every.c.box.is_not(None)))


def _rows(layers: Layers, wanted: Wanted, *, eastward: bool) -> Subquery:
    parts: list[SqlRows] = []
    for layer, kept in wanted:
        entity = rows_of(layer)
        shown = literal(layer.minzoom, Integer()).label("minzoom")
        geom = antimeridian.eastward(entity.geom) if eastward else entity.geom
        parts.append(select(entity.id.label("id"), geom.label("geom"), shown).where(where(layers, kept, entity)))
    return union_all(*parts).subquery()


def _extent(rows: Subquery) -> SqlRows:
    return select(func.ST_Extent(rows.c.geom).label("box"), func.min(rows.c.minzoom).label("minzoom"))


def _fence(layers: Layers, wanted: Wanted, *, eastward: bool) -> CTE:
    """`box`, beyond which a row is far out; half of the sample lies in it."""
    rows = _rows(layers, wanted, eastward=eastward)
    # The same rows each time, from all over the table.
    sample = select(*_sides(rows.c.geom)).order_by(func.hashint8(rows.c.id)).limit(_SAMPLE).cte("sample")
    west, south, east, north = sample.c
    x, y = (west + east) / 2, (south + north) / 2
    median = func.percentile_disc(0.5).within_group
    middle = select(median(x).label("x"), median(y).label("y"), func.count().label("rows")).cte("middle")
    away = func.greatest(func.abs(x - middle.c.x), func.abs(y - middle.c.y))
    half = select(middle.c.rows // 2 + 2).scalar_subquery()  # of few rows all, since none of them are most
    near = select(*sample.c).join_from(sample, middle, true()).order_by(away, *sample.c).limit(half).subquery()
    left, bottom = (func.min(side) for side in (near.c.west, near.c.south))
    right, top = (func.max(side) for side in (near.c.east, near.c.north))
    wide, tall = _FAR * (right - left), _FAR * (top - bottom)
    fence = func.ST_MakeEnvelope(left - wide, bottom - tall, right + wide, top + tall, SRID)
    return select(fence.label("box")).cte("fence")


def _sides(geom: SQLColumnExpression[object]) -> Sequence[SQLColumnExpression[object]]:
    names = ("west", "south", "east", "north")
    return [side.label(name) for name, side in zip(names, sides(geom), strict=True)]


def _within(geom: SqlValue, fence: CTE) -> ColumnElement[bool]:
    """Whether the box of a geometry lies in the fence."""
    return geom.bool_op("@")(select(fence.c.box).scalar_subquery())
