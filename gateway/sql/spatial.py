"""Spatial expressions that PostGIS answers from an index; enters entities and targets, leaves conditions.

Geometries of arguments are bound as parameters of type geometry and geography, not as calls that make them: with a
generic plan PostgreSQL would parse the bytes again for every row.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Float,
    LargeBinary,
    Subquery,
    Text,
    and_,
    case,
    func,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.types import UserDefinedType

from gateway.geo.kinds import dimensions
from gateway.models import antimeridian
from gateway.models.base import SRID, geography
from gateway.models.slots import Slot
from gateway.query.connection import Query
from gateway.query.filters import RowTarget, Spatial, Target
from gateway.sql.binding import bound
from gateway.sql.ctes import materialized
from gateway.sql.moments import rows_of
from gateway.sql.types import Entity, Geom, SqlRows, SqlValue

Number = float | Slot[float]

# Boxes of geographies are on a sphere, where no distance is longer than this times the true one.
SPHEROID_TO_SPHERE = 1.006
# A latitude this far on has the same sine and cosine, and none of those that are too small to multiply is left: there
# PostgreSQL raises an error instead of 0. Twice, for it is added before halving.
_TWO_TURNS = 720.0
# First eccentricity of WGS 84, squared.
ECCENTRICITY_2 = 0.00669437999014
# How far from a target, and how tall it, may be for a plane to be flat enough for distances within 1e-6; 0.14 degrees
# are 15 km.
FLAT_DEGREES = 0.14


class _Bound(UserDefinedType[bytes]):
    """EWKB bound as hexadecimal text with a cast to its type."""

    render_bind_cast = True
    sql_type: str

    def get_col_spec(self, **_: object) -> str:
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


def bound_geometry(ewkb: bytes | Slot[bytes]) -> SqlValue:
    """Bind EWKB as geometry."""
    return bound(ewkb, BoundGeometry())


def bound_geography(ewkb: bytes | Slot[bytes]) -> SqlValue:
    """Bind EWKB in EPSG:4326 as geography."""
    return bound(ewkb, BoundGeography())


def target_geometry(target: Target) -> SqlValue:
    """The whole geometry of a target; that of a row is read once, where the statement begins."""
    return _of_row(target, lambda geom: geom) if isinstance(target, RowTarget) else bound_geometry(target.ewkb)


def target_geography(target: Target) -> SqlValue:
    """The target for measures in metres; a circle is measured from its center."""
    return _of_row(target, geography) if isinstance(target, RowTarget) else bound_geography(target.ewkb)


def _of_row(target: RowTarget, value: Callable[[Geom], Geom]) -> SqlValue:
    row = rows_of(target.layer)
    return select(value(row.geom)).where(row.id == bound(target.id, BigInteger())).scalar_subquery()


def measured_to(query: Query, entity: Entity) -> SqlValue:
    """The distance that a query measures of each row; null where it measures none."""
    target = query.distance_target
    return null() if target is None else distance(entity.geom, target)


class Plane(NamedTuple):
    """A geometry that distances are measured to: as it is, and flat, in degrees that are as long both ways."""

    stretch: SqlValue
    stretched: SqlValue
    shape: SqlValue
    geography: SqlValue


def distance(geom: Geom, target: Target, flat: CTE | None = None) -> ColumnElement[float]:
    """Geodesic metres between `geom` and a target; `flat` is its plane, which a statement may share."""
    flat = plane(target) if flat is None else flat
    stretch, stretched = select(flat.c.stretch).scalar_subquery(), select(flat.c.target).scalar_subquery()
    return measured(geom, Plane(stretch, stretched, target_geometry(target), target_geography(target)))


def measured(geom: Geom, to: Plane) -> ColumnElement[float]:
    """Geodesic metres between `geom` and another geometry; 0 where they meet. Rounded to 10 nm, as ST_Distance is.

    Within 1e-6 of the truth up to 15 km, but that boundaries which run side by side may be told farther apart by 1.6e-5
    of the length for which they do. Many times as fast as ST_Distance of geography. That looks for the nearest
    places on a sphere, where right angles are not those of the ellipsoid, and is up to 2e-5 off. Here they are looked
    for in degrees that are stretched to the same metres both ways at the target, and only the way between them is
    measured. Farther rows and tall targets, for which that plane is not flat enough, and rows on the other side of
    the antimeridian are left to ST_Distance.
    """
    line = func.ST_ShortestLine(func.ST_Scale(geom, to.stretch, 1.0), to.stretched)
    way = func.ST_Scale(line, 1.0 / to.stretch, 1.0)
    metres = func.round(func.ST_Length(geography(way), type_=Float) * 1e8, type_=Float) / 1e8
    close = func.ST_DWithin(geom, to.shape, FLAT_DEGREES)
    far = func.ST_Distance(geography(geom), to.geography, type_=Float)
    return func.coalesce(case((close, metres)), far, type_=Float)


def plane(target: Target) -> CTE:
    """`stretch` and `target` of a target, see `planes`.

    A CTE, so that plans that know its values and those that do not cost the same: otherwise PostgreSQL would plan a
    prepared statement again each time.
    """
    shapes = select(target_geometry(target).label("shape")).subquery("shape")
    return materialized(planes(shapes))


def planes(shapes: Subquery, *kept: str) -> SqlRows:
    """`stretch`, how many degrees of latitude are as long as one of longitude where a shape lies, and `target` in them.

    Both are NULL where the shape is too tall. They stand after the columns of `shapes` that are kept.
    """
    shape = shapes.c.shape
    south, north = func.ST_YMin(shape, type_=Float), func.ST_YMax(shape, type_=Float)
    latitude = func.radians((south + north + _TWO_TURNS) * 0.5, type_=Float)
    sine, cosine = func.sin(latitude, type_=Float), func.cos(latitude, type_=Float)
    narrow = cosine * (1 - ECCENTRICITY_2 * sine * sine) / (1 - ECCENTRICITY_2)
    stretch = case((north - south <= FLAT_DEGREES, func.greatest(narrow, 1e-9, type_=Float))).label("stretch")
    measured = select(*shapes.c, stretch).subquery("measured")
    stretched = func.ST_Scale(measured.c.shape, measured.c.stretch, 1.0).label("target")
    return select(*(measured.c[name] for name in kept), measured.c.stretch, stretched)


def within_distance(entity: Entity, target: Target, metres: Number) -> ColumnElement[bool]:
    """Whether a row is within `metres` of a target, measured as `distance`; uses the geography index."""
    limit = bound(metres, Float())
    return and_(near(entity, target, limit), distance(entity.geom, target) <= limit)


def near(entity: Entity, target: Target, metres: SqlValue) -> ColumnElement[bool]:
    """Whether the box of a row may be within `metres` of a target; index only, as ST_DWithin asks it."""
    return boxed_within(entity.geom, target_geography(target), metres)


def boxed_within(geom: Geom, target: SqlValue, metres: SqlValue) -> ColumnElement[bool]:
    """The same of a geometry and a geography."""
    reach = func._ST_Expand(target, metres * SPHEROID_TO_SPHERE + 0.001)  # noqa: SLF001
    return geography(geom).bool_op("&&")(reach)


def apart(entity: Entity, target: Target) -> ColumnElement[float]:
    """Degrees between a row and a target, the order in which the geometry index gives rows (<->)."""
    return entity.geom.op("<->", return_type=Float())(target_geometry(target))


def condition(spatial: Spatial, geom: SqlValue, entity: Entity) -> ColumnElement[bool]:
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
        return _boxes(spatial, geom)
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
_OF_BOXES = {"bbOverlaps": "ST_Intersects", "bbContains": "ST_Covers", "contained": "ST_CoveredBy"}


def _boxes(spatial: Spatial, geom: SqlValue) -> ColumnElement[bool]:
    """A lookup of boxes, which are those of RFC 7946, 5.2.

    The stored box of a geometry that crosses the antimeridian goes around the world: an index finds too much by it, or
    nothing where a row has to lie in one part of the target.
    """
    operator, combine = _BOXES[spatial.lookup]
    parts = _geometries(spatial.target)
    stored = combine(*(geom.bool_op(operator)(part) for part in parts))
    whole = len(parts) == 1
    if whole and dimensions(spatial.field.geometry_type) == {0}:
        return stored
    crossing = antimeridian.crosses(geom)
    boxes = [antimeridian.box(part) for part in parts]
    target = boxes[0] if whole else func.ST_Collect(*boxes)
    exact = getattr(func, _OF_BOXES[spatial.lookup])(antimeridian.box(geom), target, type_=Boolean)
    if not whole:
        return and_(or_(*(geom.bool_op("&&")(part) for part in parts)), case((crossing, exact), else_=stored))
    # A subquery is asked once a statement: what it asks of the target is the same for each row.
    crossing = or_(crossing, select(antimeridian.crosses(parts[0])).scalar_subquery())
    return and_(stored, case((crossing, exact), else_=true()))


def _geometries(target: Target) -> list[SqlValue]:
    parts = () if isinstance(target, RowTarget) else target.parts
    return [bound_geometry(part) for part in parts] or [target_geometry(target)]


def _geographies(target: Target) -> list[SqlValue]:
    if isinstance(target, RowTarget):
        return [target_geography(target)]
    return [bound_geography(part) for part in target.parts]


def _boxed(geom: SqlValue, target: Target, exact: ColumnElement[bool]) -> ColumnElement[bool]:
    """Probe the index for each part: the box of a geometry split at the antimeridian goes around the world."""
    if isinstance(target, RowTarget) or len(target.parts) == 1:
        return exact
    return and_(or_(*(geom.bool_op("&&")(bound_geometry(part)) for part in target.parts)), exact)


def _intersects(geom: SqlValue, spatial: Spatial, entity: Entity) -> ColumnElement[bool]:
    target = spatial.target
    if not isinstance(target, RowTarget) and target.center and target.radius and spatial.field.name == "geometry":
        return _within_circle(entity, target.center, target.radius)
    return or_(*(func.ST_Intersects(geom, part) for part in _geometries(target)))


def _within_circle(entity: Entity, center: Sequence[Number], radius: Number) -> ColumnElement[bool]:
    point = func.ST_SetSRID(func.ST_MakePoint(*(bound(ordinate, Float()) for ordinate in center)), SRID)
    return func.ST_DWithin(geography(entity.geom), geography(point), bound(radius, Float()))


def _dwithin(spatial: Spatial, geom: SqlValue, entity: Entity) -> ColumnElement[bool]:
    distance = spatial.distance if spatial.distance is not None else 0.0
    if spatial.field.name == "geometry":
        return within_distance(entity, spatial.target, distance)
    metres = bound(distance, Float())
    return or_(*(func.ST_DWithin(geography(geom), part, metres) for part in _geographies(spatial.target)))


def _relate(spatial: Spatial, geom: SqlValue) -> ColumnElement[bool]:
    pattern = spatial.pattern or ""
    exact = func.ST_Relate(geom, target_geometry(spatial.target), pattern)
    # ST_Relate knows no index; where a common point is asked for, boxes that do not meet cannot match.
    meets = any(pattern[position] in "T012" for position in (0, 1, 3, 4))
    if not meets:
        return exact
    return and_(or_(*(geom.bool_op("&&")(part) for part in _geometries(spatial.target))), exact)


def hexadecimal(geom: SqlValue) -> ColumnElement[str]:
    """EWKB as hexadecimal text, for cursors."""
    return func.encode(func.ST_AsEWKB(geom, type_=LargeBinary), "hex", type_=Text)
