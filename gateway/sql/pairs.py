"""Parts with the wholes that they lie in, for many parts at once; enters ids, leaves pairs of rows.

PostGIS prepares the first geometry of ST_Covers and keeps it as long as the next call has the same one. So parts and
wholes whose boxes meet are put in the order of the wholes before they are tested: for 100 parcels in districts of 57
vertices, that halves the time. Parts that lie together, as those of a map do, have few wholes around them: to compare
all boxes with all takes half as long as to search the index for each part.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    FromClause,
    SQLColumnExpression,
    and_,
    any_,
    func,
    or_,
    select,
    union_all,
)

from gateway.sql.ctes import materialized
from gateway.sql.overlaps import size
from gateway.sql.types import Entity, Geom, SqlRows, SqlValue

_FEW = 64  # wholes whose boxes are compared one by one


def pairs(
    part: Entity, whole: Entity, ids: SqlValue, conditions: Sequence[ColumnElement[bool]], *, measured: bool
) -> FromClause:
    """Pairs of the parts of these ids and of wholes for which `conditions` hold.

    Columns: `part_id`, `whole_id`, the geometries `part` and `whole`, `inside` (the whole covers the part) and `size`,
    that of the part; `measured` says that it is used more than once.
    """
    return tested(_near(part, whole, ids, conditions), measured=measured)


def tested(near: Any, *, measured: bool) -> FromClause:
    """Those of the pairs of `near` that overlap; it has the columns of `pairs` but for `inside` and `size`."""
    near = near.subquery("near")
    covers = func.ST_Covers(near.c.whole, near.c.part, type_=Boolean).label("inside")
    known = select(*near.c, covers).offset(0).subquery("tested")
    cuts = and_(func.ST_Intersects(known.c.part, known.c.whole), ~func.ST_Touches(known.c.part, known.c.whole))
    met = select(*known.c, size(known.c.part).label("size")).where(or_(known.c.inside, cuts))
    return (met.offset(0) if measured else met).subquery("pair")


def _near(part: Entity, whole: Entity, ids: SqlValue, conditions: Sequence[ColumnElement[bool]]) -> Any:
    """Pairs whose boxes meet, in the order of the wholes."""
    parts = materialized(select(part.id.label("id"), part.geom.label("geom")).where(part.id == any_(ids)), "parts")
    around = select(func.geometry(func.ST_Extent(parts.c.geom))).scalar_subquery()
    met = (
        select(whole.id.label("id"), whole.geom.label("geom"))
        .where(whole.geom.bool_op("&&")(around), *conditions)
        .limit(_FEW + 1)
    )
    wholes = materialized(met, "wholes")
    few = select(func.count()).select_from(wholes).scalar_subquery() <= _FEW
    by_index = _meeting(parts, whole.id, whole.geom).where(~few, *conditions)
    # OFFSET 0, here and below: without it PostgreSQL would test first and sort then, and compute twice.
    return union_all(_meeting(parts, wholes.c.id, wholes.c.geom).where(few), by_index).order_by("whole_id").offset(0)


def _meeting(parts: CTE, whole_id: SQLColumnExpression[int], whole: Geom) -> SqlRows:
    return select(
        parts.c.id.label("part_id"), whole_id.label("whole_id"), parts.c.geom.label("part"), whole.label("whole")
    ).where(parts.c.geom.bool_op("&&")(whole))
