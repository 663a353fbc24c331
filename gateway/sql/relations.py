"""Spatial relations between layers; enters a Relation and two entities, leaves conditions and edge data."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, func, inspect, literal_column, or_, select

from gateway.layers import Layer
from gateway.models import antimeridian
from gateway.models.base import geography
from gateway.models.declaration import Relation, RelationKind
from gateway.query.connection import Query
from gateway.query.values import EdgeValue
from gateway.sql.binding import bound
from gateway.sql.moments import again, rows_of
from gateway.sql.overlaps import Overlap, size
from gateway.sql.types import Entity, SqlValue

_ROUNDING = 0.01  # metres: the line at 180 degrees is not quite that at -180 in geocentric coordinates


class PartValue(StrEnum):
    """Values of an edge that are the same for all edges of one part."""

    SIZE = "size"
    PRIMARY = "primary_id"


def meets(relation: Relation, source: Entity, target: Entity) -> ColumnElement[bool]:
    """Whether two rows are related."""
    if relation.kind is RelationKind.OVERLAP:
        return _interiors_meet(*relation.ends(source, target))
    return and_(close(source, target), touches(source, target), borders(outline(source), target.geom))


def meeting(relation: Relation, query: Query, source: Entity, target: Entity) -> tuple[ColumnElement[bool], ...]:
    """Whether two rows are related, and share as much as a query asks for."""
    related, least = meets(relation, source, target), query.min_coverage
    return (related, coverage(relation, source, target) >= bound(least, Float())) if least else (related,)


def lies_in(relation: Relation, source: Entity, target: Entity) -> ColumnElement[bool]:
    """Whether the part of an OVERLAP lies in the whole: most that meet do, and of a prepared whole it is soon known."""
    part, whole = relation.ends(source, target)
    return and_(part.geom.bool_op("&&")(whole.geom), func.ST_Covers(whole.geom, part.geom))


def touches(source: Entity, target: Entity) -> ColumnElement[bool]:
    """Whether two rows have a point in common, as those that border on each other have; an index finds targets."""
    touch: ColumnElement[bool] = func.ST_Intersects(antimeridian.unrolled(source.geom), target.geom)
    return and_(touch, source.id != target.id) if _same_table(source, target) else touch


def close(source: Entity, target: Entity) -> ColumnElement[bool]:
    """Whether the boxes of two rows on the globe meet, also across the antimeridian; the source's index finds it.

    The target's index has `touches`, so that PostgreSQL may begin at either side.
    """
    reach = func._ST_Expand(geography(target.geom), _ROUNDING)  # noqa: SLF001 - as ST_DWithin does
    return geography(source.geom).bool_op("&&")(reach)


def outline(row: Entity) -> SqlValue:
    """The boundary of a row, again on the other side of the antimeridian where it reaches that."""
    return func.ST_Boundary(antimeridian.unrolled(row.geom))


def boxes_meet(source: Entity, target: Entity) -> ColumnElement[bool]:
    """Whether the boxes of two rows have a point in common: all that an index can tell."""
    return target.geom.bool_op("&&")(source.geom)


def borders(boundary: Any, geometry: Any) -> ColumnElement[bool]:
    """Whether a boundary shares a line with that of a geometry; dear where either has thousands of vertices."""
    return lines(func.ST_Intersection(boundary, func.ST_Boundary(geometry)))


def lines(shared: Any) -> ColumnElement[bool]:
    """Whether boundaries share lines; where they share nothing, PostGIS says of this that it has one dimension."""
    longer: ColumnElement[bool] = func.ST_Length(shared, type_=Float) > literal_column("0")
    return longer


def edge_value(value: EdgeValue, relation: Relation, source: Entity, target: Entity) -> SqlValue:
    """One value of the edge between two rows that meet."""
    if value is EdgeValue.SHARED_BORDER_M:
        return func.ST_Length(geography(border(source, target)), type_=Float)
    part, whole = relation.ends(source, target)
    if value is EdgeValue.IS_PRIMARY:
        is_primary: ColumnElement[bool] = primary(part, again(whole)) == whole.id
        return is_primary
    return Overlap.of(part, whole).value(value)


def coverage(relation: Relation, source: Entity, target: Entity) -> ColumnElement[float]:
    """The share of the part that the whole covers, 0 to 1."""
    return Overlap.of(*relation.ends(source, target)).coverage


def part_value(value: PartValue, part: Entity, whole: Layer) -> SqlValue:
    """What edges take of their part, the same for all of them."""
    return size(part.geom) if value is PartValue.SIZE else primary(part, rows_of(whole))


def _same_table(source: Any, target: Any) -> bool:
    """Of entities; a caller that gives plain columns must itself leave out pairs of a row with itself."""
    ends = [inspect(end, raiseerr=False) for end in (source, target)]
    return None not in ends and ends[0].mapper is ends[1].mapper


def _interiors_meet(part: Entity, whole: Entity) -> ColumnElement[bool]:
    """Most parts lie in one whole: ST_Covers, which prepares the whole, says so at once."""
    lies_in = func.ST_Covers(whole.geom, part.geom)
    cuts = and_(func.ST_Intersects(part.geom, whole.geom), ~func.ST_Touches(part.geom, whole.geom))
    return and_(part.geom.bool_op("&&")(whole.geom), or_(lies_in, cuts))


def border(first: Entity, second: Entity) -> SqlValue:
    """The points that both boundaries have; lines where the rows border on each other."""
    return func.ST_Intersection(outline(first), func.ST_Boundary(second.geom))


def primary(part: Entity, other: Entity) -> ColumnElement[int]:
    """The id of the row of `other` that covers most of the part; of two that cover as much, the lower id."""
    most = Overlap.of(part, other).measured.desc()
    ranked = select(other.id).where(_interiors_meet(part, other)).order_by(most, other.id)
    return ranked.limit(1).scalar_subquery()
