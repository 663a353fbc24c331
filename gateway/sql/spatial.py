"""Floor 2. Spatial expressions that PostGIS answers from an index; enters entities and targets, leaves conditions.

Geometries of arguments are bound as parameters of type geometry and geography, not as calls that make them: with a
generic plan PostgreSQL would parse the bytes again for every row.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, Float, LargeBinary, Text, and_, case, func, not_, or_, select
from sqlalchemy.types import UserDefinedType

from gateway.geo.shapes import Shape
from gateway.models import Feature
from gateway.models.base import SRID, geography
from gateway.query.filters import Spatial, Target
from gateway.query.ids import NodeRef
from gateway.sql.binding import bound
from gateway.sql.moments import rows_of

Entity = type[Feature]

# The longest geodesic of WGS 84 is just over half a meridian.
EARTH_M = 20_040_000.0
# Distances that order by index (<->) are on the sphere; no true distance is longer than this times one of them.
SPHERE_TO_SPHEROID = 1.006
# First eccentricity of WGS 84, squared.
ECCENTRICITY_2 = 0.00669437999014
# How far from a point a plane is flat enough for distances within 1e-6: 0.14 degrees are 15 km.
FLAT_DEGREES = 0.14


class _Bound(UserDefinedType[bytes]):
    """EWKB bound as hexadecimal text with a cast to its type."""

    render_bind_cast = True
    sql_type: str

    def get_col_spec(self, **_: Any) -> str:
        return self.sql_type

    def bind_processor(self, dialect: Dialect) -> Callable[[bytes | None], str | None]:  # noqa: ARG002
        return lambda ewkb: None if ewkb is None else ewkb.hex()


class BoundGeometry(_Bound):
    """A parameter of type geometry."""

    cache_ok = True
    sql_type = "geometry"


class BoundGeography(_Bound):
    """A parameter of type geography."""

    cache_ok = True
    sql_type = "geography"


def bound_geometry(ewkb: bytes) -> ColumnElement[Any]:
    """Bind EWKB as geometry."""
    return bound(ewkb, BoundGeometry())


def bound_geography(ewkb: bytes) -> ColumnElement[Any]:
    """Bind EWKB in EPSG:4326 as geography."""
    return bound(ewkb, BoundGeography())


def target_geometry(target: Target) -> ColumnElement[Any]:
    """The whole geometry of a target; that of a row is read once, where the statement begins."""
    if isinstance(target, Shape):
        return bound_geometry(target.ewkb)
    row = rows_of(target.layer)
    return select(row.geom).where(row.id == bound(target.id, BigInteger())).scalar_subquery()


def target_geography(target: Target) -> ColumnElement[Any]:
    """The target for measures in metres; a circle is measured from its center."""
    if isinstance(target, NodeRef):
        row = rows_of(target.layer)
        return select(geography(row.geom)).where(row.id == bound(target.id, BigInteger())).scalar_subquery()
    return bound_geography(target.ewkb)


def distance(entity: Any, target: Target) -> ColumnElement[float]:
    """Geodesic metres between a row and a target; 0 where they meet."""
    if isinstance(target, Shape) and target.geometry_type == "Point":
        return _distance_to_point(entity.geom, bound_geometry(target.ewkb))
    return func.ST_Distance(geography(entity.geom), target_geography(target), type_=Float)


def _distance_to_point(geom: Any, point: ColumnElement[Any]) -> ColumnElement[float]:
    """Metres to a point, within 1e-6 of the truth up to 15 km, and five times as fast as ST_Distance of geography.

    ST_Distance of geography looks for the nearest place of a polygon on a sphere, where right angles are not those of
    the ellipsoid, and is up to 9e-6 off. Here it is looked for in degrees that are stretched to the same metres both
    ways at the point, and only the way there is measured. Farther rows, for which that plane is not flat enough, and
    those on the other side of the antimeridian are left to ST_Distance.
    """
    latitude = func.radians(func.ST_Y(point), type_=Float)
    sine, cosine = func.sin(latitude, type_=Float), func.cos(latitude, type_=Float)
    narrow = cosine * (1 - ECCENTRICITY_2 * sine * sine) / (1 - ECCENTRICITY_2)
    # A subquery, so that it is computed once and not for each row.
    stretch = select(func.greatest(narrow, 1e-9, type_=Float).label("stretch")).scalar_subquery()
    nearest = func.ST_ClosestPoint(func.ST_Scale(geom, stretch, 1.0), func.ST_Scale(point, stretch, 1.0))
    place = func.ST_Scale(nearest, 1.0 / stretch, 1.0)
    return case(
        (func.ST_DWithin(geom, point, FLAT_DEGREES), func.ST_Distance(geography(place), geography(point), type_=Float)),
        else_=func.ST_Distance(geography(geom), geography(point), type_=Float),
    )


def within_distance(entity: Any, target: Target, metres: float) -> ColumnElement[bool]:
    """Whether a row is within `metres` of a target, measured as `distance`; uses the geography index (ST_DWithin)."""
    limit = bound(metres, Float())
    if isinstance(target, Shape) and target.geometry_type == "Point":
        found = func.ST_DWithin(geography(entity.geom), bound_geography(target.ewkb), limit * 1.00002 + 0.001)
        return and_(found, distance(entity, target) <= limit)
    return or_(*(func.ST_DWithin(geography(entity.geom), part, limit) for part in _geographies(target)))


def sphere_distance(entity: Any, target: Target) -> ColumnElement[float]:
    """Metres on the sphere, the order in which the geography index gives rows (<->)."""
    return geography(entity.geom).op("<->", return_type=Float())(target_geography(target))


def near(entity: Any, target: Target, metres: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the box of a row is near a target; index only, what ST_DWithin does before it measures."""
    return geography(entity.geom).bool_op("&&")(func._ST_Expand(target_geography(target), metres))  # noqa: SLF001


def condition(spatial: Spatial, geom: ColumnElement[Any], entity: Any) -> ColumnElement[bool]:
    """The condition of a spatial lookup on `geom`, an expression of `entity`."""
    if spatial.lookup == "dwithin":
        return _dwithin(spatial, geom, entity)
    if spatial.lookup == "relate":
        return _relate(spatial, geom)
    if spatial.lookup == "intersects":
        return _intersects(geom, spatial, entity)
    if spatial.lookup == "disjoint":
        return not_(_intersects(geom, spatial, entity))
    if spatial.lookup in _BOXES:
        operator, combine = _BOXES[spatial.lookup]
        return combine(*(geom.bool_op(operator)(part) for part in _geometries(spatial.target)))
    exact = getattr(func, _PREDICATES[spatial.lookup])(geom, target_geometry(spatial.target))
    return _boxed(geom, spatial.target, exact)


_PREDICATES = {
    "within": "ST_Within",
    "contains": "ST_Contains",
    "covers": "ST_Covers",
    "coveredBy": "ST_CoveredBy",
    "touches": "ST_Touches",
    "crosses": "ST_Crosses",
    "overlaps": "ST_Overlaps",
    "equals": "ST_Equals",
}
_BOXES = {"bbOverlaps": ("&&", or_), "bbContains": ("~", and_), "contained": ("@", or_)}


def _geometries(target: Target) -> list[ColumnElement[Any]]:
    parts = target.parts if isinstance(target, Shape) else ()
    return [bound_geometry(part) for part in parts] or [target_geometry(target)]


def _geographies(target: Target) -> list[ColumnElement[Any]]:
    if isinstance(target, NodeRef):
        return [target_geography(target)]
    return [bound_geography(part) for part in target.parts]


def _boxed(geom: ColumnElement[Any], target: Target, exact: ColumnElement[bool]) -> ColumnElement[bool]:
    """Probe the index for each part: the box of a geometry split at the antimeridian goes around the world."""
    if isinstance(target, NodeRef) or len(target.parts) == 1:
        return exact
    return and_(or_(*(geom.bool_op("&&")(bound_geometry(part)) for part in target.parts)), exact)


def _intersects(geom: ColumnElement[Any], spatial: Spatial, entity: Any) -> ColumnElement[bool]:
    target = spatial.target
    if isinstance(target, Shape) and target.center and target.radius and spatial.field.name == "geometry":
        return _within_circle(entity, target.center, target.radius)
    return or_(*(func.ST_Intersects(geom, part) for part in _geometries(target)))


def _within_circle(entity: Any, center: tuple[float, float], radius: float) -> ColumnElement[bool]:
    point = func.ST_SetSRID(func.ST_MakePoint(*(bound(ordinate, Float()) for ordinate in center)), SRID)
    return func.ST_DWithin(geography(entity.geom), geography(point), bound(radius, Float()))


def _dwithin(spatial: Spatial, geom: ColumnElement[Any], entity: Any) -> ColumnElement[bool]:
    distance = spatial.distance if spatial.distance is not None else 0.0
    if spatial.field.name == "geometry":
        return within_distance(entity, spatial.target, distance)
    metres = bound(distance, Float())
    return or_(*(func.ST_DWithin(geography(geom), part, metres) for part in _geographies(spatial.target)))


def _relate(spatial: Spatial, geom: ColumnElement[Any]) -> ColumnElement[bool]:
    pattern = spatial.pattern or ""
    exact = func.ST_Relate(geom, target_geometry(spatial.target), pattern)
    # ST_Relate knows no index; where a common point is asked for, boxes that do not meet cannot match.
    meets = any(pattern[position] in "T012" for position in (0, 1, 3, 4))
    if not meets:
        return exact
    return and_(or_(*(geom.bool_op("&&")(part) for part in _geometries(spatial.target))), exact)


def hexadecimal(geom: ColumnElement[Any]) -> ColumnElement[str]:
    """EWKB as hexadecimal text, for cursors."""
    return func.encode(func.ST_AsEWKB(geom, type_=LargeBinary), "hex", type_=Text)
