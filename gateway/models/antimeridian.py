"""Geometries with parts on both sides of the antimeridian (RFC 7946, 3.1.9 and 5.2), as SQL expressions.

Such a geometry is cut at 180 degrees, so the box of its coordinates goes around the world. Its box in the sense of RFC
7946 is the narrow one, from a west side that is greater than the east side.
"""

from sqlalchemy import ColumnElement, Float, SQLColumnExpression, and_, case, func, literal_column, not_, or_

_SRID = 4326


def _meridian(longitude: int) -> SQLColumnExpression[object]:
    return literal_column(f"'SRID=4326;LINESTRING({longitude} -90, {longitude} 90)'::geometry")


_GREENWICH, _EASTMOST, _WESTMOST = _meridian(0), _meridian(180), _meridian(-180)
_HALF = 180.0
_WHOLE = 360.0


def crosses(geom: SQLColumnExpression[object]) -> ColumnElement[bool]:
    """Whether a geometry has parts on both sides of the antimeridian and none at Greenwich.

    A box wider than half of the world meets the meridian of Greenwich. That is seen in the stored box, for which
    PostGIS reads the head of a geometry; for its sides it reads all of it.
    """
    # No difference of the two: that of the largest numbers has no place in a float, and triggers ask this of any row.
    wide = func.ST_XMax(geom, type_=Float) - _HALF > func.ST_XMin(geom, type_=Float)
    return and_(geom.bool_op("&&")(_GREENWICH), wide, not_(func.ST_Intersects(geom, _GREENWICH)))


def width(geom: SQLColumnExpression[object]) -> ColumnElement[float]:
    """The width in degrees of a geometry's box."""
    return func.ST_XMax(geom, type_=Float) - func.ST_XMin(geom, type_=Float)


def turned(geom: SQLColumnExpression[object]) -> SQLColumnExpression[object]:
    """The geometry, with longitudes of 0 to 360 where it crosses the antimeridian (ST_ShiftLongitude)."""
    return case((crosses(geom), func.ST_ShiftLongitude(geom)), else_=geom)


def eastward(geom: SQLColumnExpression[object]) -> SQLColumnExpression[object]:
    """A geometry with the box of this one in longitudes from Greenwich to the east, 0 to 360."""
    moved = func.ST_Translate(func.ST_Envelope(geom), _WHOLE, 0.0)
    return case(
        (crosses(geom), func.ST_ShiftLongitude(geom)), (func.ST_XMax(geom, type_=Float) < 0.0, moved), else_=geom
    )


def box(geom: SQLColumnExpression[object]) -> SQLColumnExpression[object]:
    """The box of a geometry as a polygon (ST_Envelope); two, cut at 180 degrees, where it crosses the antimeridian."""
    shifted = func.ST_ShiftLongitude(geom)
    south, north = func.ST_YMin(geom), func.ST_YMax(geom)
    west = func.ST_MakeEnvelope(-_HALF, south, func.ST_XMax(shifted) - _WHOLE, north, _SRID)
    east = func.ST_MakeEnvelope(func.ST_XMin(shifted), south, _HALF, north, _SRID)
    return case((crosses(geom), func.ST_Collect(east, west)), else_=func.ST_Envelope(geom))


def centroid(geom: SQLColumnExpression[object]) -> SQLColumnExpression[object]:
    """The planar centroid (ST_Centroid), between the parts where the geometry crosses the antimeridian."""
    across = func.ST_ShiftLongitude(func.ST_Centroid(func.ST_ShiftLongitude(geom)))
    return case((crosses(geom), across), else_=func.ST_Centroid(geom))


def cut(geom: SQLColumnExpression[object]) -> SQLColumnExpression[object]:
    """A geometry whose edges lead over the antimeridian, cut there (RFC 7946, 3.1.9; ST_WrapX)."""
    return func.ST_WrapX(func.ST_ShiftLongitude(geom), _HALF, -_WHOLE)


def unrolled(geom: SQLColumnExpression[object]) -> SQLColumnExpression[object]:
    """The geometry and, where it reaches the antimeridian, the same once around the world to both sides.

    What touches it across the antimeridian touches one of these in the plane.
    """
    copies = [func.ST_Translate(geom, turn, 0.0) for turn in (-_WHOLE, _WHOLE)]
    reaches = or_(geom.bool_op("&&")(_EASTMOST), geom.bool_op("&&")(_WESTMOST))
    return case((reaches, func.ST_Union(func.ST_Union(geom, copies[0]), copies[1])), else_=geom)
