"""What many rows have in all; enters measures and the terms of a read, leaves selects of one row for each parent.

Floats are added as numerics: so the sum doesn't depend on the order in which PostgreSQL reads the rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    Float,
    Numeric,
    Text,
    case,
    cast,
    distinct,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from gateway.layers import LayerField, Layers
from gateway.models import antimeridian
from gateway.models.kinds import Kind
from gateway.query.connection import Query
from gateway.query.geometry import DEFAULT_PRECISION, GeometryOptions
from gateway.query.groups import EDGES
from gateway.query.values import EdgeValue, Measure
from gateway.sql.binding import bound
from gateway.sql.ctes import materialized
from gateway.sql.encode import geojson, geojson_text, narrowest
from gateway.sql.filters import where
from gateway.sql.moments import rows_of
from gateway.sql.parents import Related
from gateway.sql.types import Entity, Geom, SqlRows, SqlValue

_TEXTS = frozenset({Kind.DECIMAL, Kind.BIGINT})  # whose sums have more digits than a double


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows that a measure is of, and its column; of a `share` of each row, where groups share rows out.

    A `raw` measure is compared in the database, and not told to a client.
    """

    entity: Entity
    field: LayerField | None = None
    share: SqlValue | None = None
    raw: bool = False

    @property
    def column(self) -> SqlValue:
        """The column as it is."""
        assert self.field is not None
        value: SqlValue = getattr(self.entity, self.field.attribute)
        return value

    @property
    def exact(self) -> SqlValue:
        """The column as a number whose sum is the same in any order."""
        assert self.field is not None
        return cast(self.column, Numeric) if self.field.kind is Kind.FLOAT else self.column

    def told(self, value: SqlValue) -> SqlValue:
        """A sum as GraphQL has it."""
        assert self.field is not None
        if self.field.kind not in _TEXTS:
            return cast(value, Float)
        return cast(value, Numeric if self.raw else Text)

    def shared(self, value: SqlValue) -> SqlValue:
        """A value of a row, or its share of it: most rows have all of it, and a product of decimals takes long."""
        if self.share is None:
            return value
        return case((self.share == 1.0, cast(value, Numeric)), else_=value * cast(self.share, Numeric))


def count(_: Measured) -> SqlValue:
    """Number of rows."""
    return func.count()


def total(rows: Measured) -> SqlValue:
    """Sum of a column."""
    return rows.told(func.sum(rows.shared(rows.exact)))


def mean(rows: Measured) -> SqlValue:
    """Mean of a column."""
    if rows.share is None:
        return cast(func.avg(rows.exact), Float)
    weight = func.sum(rows.shared(literal_column("1"))).filter(rows.column.is_not(None))
    return cast(func.sum(rows.shared(rows.exact)) / func.nullif(weight, 0), Float)


def deviation(rows: Measured) -> SqlValue:
    """Standard deviation of a column, of a sample."""
    return cast(func.stddev_samp(rows.exact), Float)


def least(rows: Measured) -> SqlValue:
    """Least value of a column."""
    return _own(rows, func.min(rows.column))


def greatest(rows: Measured) -> SqlValue:
    """Greatest value of a column."""
    return _own(rows, func.max(rows.column))


def _own(rows: Measured, value: SqlValue) -> SqlValue:
    """A value of the column's own type; a decimal is a text in GraphQL."""
    assert rows.field is not None
    return cast(value, Text) if rows.field.kind is Kind.DECIMAL and not rows.raw else value


def percentile(rows: Measured, share: object) -> SqlValue:
    """The value below which a share of the rows lies, between two values where it falls there."""
    return func.percentile_cont(bound(share, Float())).within_group(cast(rows.column, Float))


def distinct_count(rows: Measured) -> SqlValue:
    """Number of different values."""
    return func.count(distinct(rows.column))


def extent(rows: Measured) -> SqlValue:
    """West, south, east, north."""
    geom = rows.entity.geom
    box = func.ST_Extent(geom)
    return case((box.is_not(None), narrowest(box, func.ST_Extent(antimeridian.eastward(geom)))))


def area(rows: Measured) -> SqlValue:
    """Geodesic square metres."""
    return cast(func.sum(rows.shared(cast(rows.entity.area_sqm, Numeric))), Float)


def hull(rows: Measured) -> SqlValue:
    """GeoJSON of the least convex polygon around all."""
    around = func.ST_ConvexHull(func.ST_Collect(rows.entity.geom))
    return geojson_text(func.ST_ForcePolygonCCW(around), DEFAULT_PRECISION)


def union(rows: Measured, options: GeometryOptions) -> SqlValue:
    """GeoJSON of all ground that the rows cover, put together in the order of ids, so that it begins where it did."""
    geom: Geom = rows.entity.geom
    every = func.ST_Multi(func.ST_Union(aggregate_order_by(geom, rows.entity.id)))
    return geojson(func.ST_ForcePolygonCCW(every, type_=Geometry("MULTI")), options)


def measured(measure: Measure, entity: Entity, share: SqlValue | None = None) -> SqlValue:
    """The SQL of a measure of the rows of `entity`, or of a share of each."""
    value: SqlValue = measure.sql(Measured(entity, measure.field, share, measure.raw), *measure.given)
    return value


def aggregate(layers: Layers, query: Query, measures: Sequence[Measure]) -> SqlRows:
    """The measures of all rows that the filter keeps, in one row."""
    entity = rows_of(query.layer)
    return _selected(measures, entity).select_from(entity).where(where(layers, query.filter, entity))


def related_aggregate(layers: Layers, of: Related, query: Query, measures: Sequence[Measure]) -> SqlRows:
    """The measures of the rows that are related to each parent, and its id: one row for each id."""
    if of.share == EDGES:
        return of.each(layers, _of_edges(layers, of, query, measures))
    if of.share != "OVERLAP":
        return of.each(layers, of.rows(layers, query, lambda row, _: _selected(measures, row)))
    own, row = of.keyed(layers, query), rows_of(query.layer)
    shared = _selected(measures, row, own.c.share).join_from(row, own, own.c.id == row.id)
    return of.each(layers, shared.add_cte(own, nest_here=True))


def _of_edges(layers: Layers, of: Related, query: Query, measures: Sequence[Measure]) -> SqlRows:
    """The measures of the values of edges, which are computed once, however many are of the same value."""
    wanted = sorted({each.field.attribute for each in measures if each.field is not None})

    def read(row: Entity, value: Callable[[EdgeValue], SqlValue]) -> SqlRows:
        return select(*(value(EdgeValue(name)).label(name) for name in wanted)) if wanted else select(row.id)

    edges = materialized(of.rows(layers, query, read), "edges")
    columns: Any = edges.c  # in place of a row, whose attributes are read by the same names
    return _selected(measures, columns).select_from(edges).add_cte(edges, nest_here=True)


def _selected(measures: Sequence[Measure], entity: Entity, share: SqlValue | None = None) -> SqlRows:
    return select(*(measured(each, entity, share).label(f"m{place}") for place, each in enumerate(measures)))
