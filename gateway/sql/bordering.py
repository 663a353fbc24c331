"""Which rows may have a border in common, for triggers that keep them; enters both rows, leaves conditions.

Most rows whose boxes meet that of a new one have no line in common with it, and GEOS takes long to say so.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Float, and_, case, func, literal_column, or_, select

from gateway.models import antimeridian

_FEW: Final = 1_000  # vertices of one row times those of another
# Degrees. GEOS's OverlayNGRobust snaps vertices by a 10^12th of the largest coordinate, and by up to 10^4 times as much
# until what it makes of them is sound; both lines may be moved.
_MOVED: Final = "4e-6"


def outlined(source: Any, wanted: ColumnElement[bool]) -> Any:
    """Those rows that are wanted, with their outlines, which are made once for all that lies around."""
    unrolled: Any = antimeridian.unrolled(source.geom).label("unrolled")
    rows = select(source.id, source.geom, unrolled).where(wanted).offset(0).subquery("own")
    return select(*rows.c, func.ST_Boundary(rows.c.unrolled).label("outline")).offset(0).subquery("outlined").c


def may_border(own: Any, target: Any) -> ColumnElement[bool]:
    """Whether an index and a look at the vertices leave it open that two rows have a border in common.

    A line that both have ends at vertices of one of them that lie on the other, or as near as GEOS moves vertices where
    it cannot do without. Where both have few vertices, to measure those distances takes a fifth of what GEOS does.
    """
    few = func.ST_NPoints(own.outline) * func.ST_NPoints(target.geom) <= literal_column(str(_FEW))
    west, east = func.ST_XMin(own.unrolled, type_=Float), func.ST_XMax(own.unrolled, type_=Float)
    once = and_(west >= literal_column("-180"), east <= literal_column("180"))  # GEOS moves others farther
    near = or_(
        func.ST_DWithin(own.outline, func.ST_Points(target.geom), literal_column(_MOVED)),
        func.ST_DWithin(func.ST_Points(own.geom), func.ST_Boundary(target.geom), literal_column(_MOVED)),
    )
    looked = case((and_(few, once), near), else_=func.ST_Intersects(own.unrolled, target.geom))
    return and_(own.unrolled.bool_op("&&")(target.geom), looked)
