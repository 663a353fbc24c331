"""Which rows may have a border in common, for triggers that keep them; enters both rows, leaves conditions.

Most rows whose boxes meet that of a new one have no line in common with it, and GEOS takes long to say so.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, func, literal_column, null, or_, select

from gateway.models import antimeridian
from gateway.models.base import geography
from gateway.sql import relations

FEW: Final = 1_000  # vertices of one row times those of another
# Degrees. GEOS's OverlayNGRobust snaps vertices by a 10^12th of the largest coordinate, and by up to 10^4 times as much
# until what it makes of them is sound; both lines may be moved.
_MOVED: Final = "4e-6"


def outlined(source: Any, wanted: ColumnElement[bool]) -> Any:
    """Those rows that are wanted, with their outlines and vertices, which are made once for all that lies around.

    `points` is how many vertices they have, or more than a few where GEOS moves them farther.
    """
    unrolled: Any = antimeridian.unrolled(source.geom).label("unrolled")
    rows = select(source.id, source.geom, unrolled).where(wanted).offset(0).subquery("own")
    west, east = func.ST_XMin(rows.c.unrolled, type_=Float), func.ST_XMax(rows.c.unrolled, type_=Float)
    once = and_(west >= literal_column("-180"), east <= literal_column("180"))
    points = case((once, func.ST_NPoints(rows.c.unrolled)), else_=literal_column(str(FEW + 1)))
    outline, dots = func.ST_Boundary(rows.c.unrolled), func.ST_Points(rows.c.geom)
    made = (outline.label("outline"), dots.label("dots"), points.label("points"))
    return select(*rows.c, *made).offset(0).subquery("outlined").c


def may_border(own: Any, target: Any) -> ColumnElement[bool]:
    """Whether an index and a look at the vertices leave it open that two rows have a border in common.

    A line that both have ends at vertices of one of them that lie on the other, or as near as GEOS moves vertices where
    it cannot do without. Where both have few vertices, to measure those distances takes a fifth of what GEOS does.
    """
    few = own.points * func.ST_NPoints(target.geom) <= literal_column(str(FEW))
    near = or_(
        func.ST_DWithin(own.outline, func.ST_Points(target.geom), literal_column(_MOVED)),
        func.ST_DWithin(own.dots, func.ST_Boundary(target.geom), literal_column(_MOVED)),
    )
    looked = case((few, near), else_=func.ST_Intersects(own.unrolled, target.geom))
    return and_(own.unrolled.bool_op("&&")(target.geom), looked)


def bordering(own: Any, target: Any, near: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """`source_id`, `target_id`, `shared` and `coverage` of near rows that have a border in common."""
    line = func.ST_Intersection(own.outline, func.ST_Boundary(target.geom)).label("line")
    ids = (own.id.label("source_id"), target.id.label("target_id"))
    found = select(*ids, line).where(*near).offset(0).subquery("found")
    shared = func.ST_Length(geography(found.c.line), type_=Float).label("shared")
    nothing = cast(null(), Float).label("coverage")
    return select(found.c.source_id, found.c.target_id, shared, nothing).where(relations.lines(found.c.line))
