"""Floor 2. Parts with the wholes that they share area with, for many parts at once; enters ids, leaves pairs of rows.

PostGIS prepares the first geometry of ST_Covers and keeps it as long as the next call has the same one. So parts and
wholes whose boxes meet are put in the order of the wholes before they are tested: for 100 parcels in districts of 57
vertices, that halves the time.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Float, FromClause, and_, any_, case, func, or_, select

from gateway.models.base import geography


def pairs(
    part: Any, whole: Any, ids: ColumnElement[Any], conditions: Sequence[ColumnElement[bool]], *, measured: bool
) -> FromClause:
    """Pairs of the parts of these ids and of wholes for which `conditions` hold.

    Columns: `part_id`, `whole_id`, the geometries `part` and `whole`, `inside` (the whole covers the part) and `area`,
    that of the part in square metres; `measured` says that it is used more than once.
    """
    near = (
        select(part.id.label("part_id"), whole.id.label("whole_id"))
        .add_columns(part.geom.label("part"), whole.geom.label("whole"))
        .select_from(part)
        .join(whole, part.geom.bool_op("&&")(whole.geom))
        .where(part.id == any_(ids), *conditions)
        .order_by(whole.id)
        .offset(0)  # here and below: without it PostgreSQL would test first and sort then, and compute twice
        .subquery("near")
    )
    covers = func.ST_Covers(near.c.whole, near.c.part, type_=Boolean).label("inside")
    tested = select(*near.c, covers).offset(0).subquery("tested")
    cuts = and_(func.ST_Intersects(tested.c.part, tested.c.whole), ~func.ST_Touches(tested.c.part, tested.c.whole))
    area = func.ST_Area(geography(tested.c.part), type_=Float).label("area")
    met = select(*tested.c, area).where(or_(tested.c.inside, cuts))
    return (met.offset(0) if measured else met).subquery("pair")


def overlap_area(pair: FromClause) -> ColumnElement[float]:
    """The area that both have in common, in square metres."""
    shared = func.ST_Intersection(pair.c.part, pair.c.whole)
    return case((pair.c.inside, pair.c.area), else_=func.ST_Area(geography(shared), type_=Float))
