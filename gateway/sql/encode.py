"""Values computed from a row's geometry, as the wire wants them; enters an Expression, leaves SQL.

GeoJSON leaves PostGIS as text and is never parsed on its way to the socket. Options 0 of ST_AsGeoJSON: the default ones
look the CRS up.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    LargeBinary,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.functions import Function

from gateway.geo.crs import reach
from gateway.layers import LayerField
from gateway.models import antimeridian
from gateway.models.base import SRID, geography
from gateway.models.kinds import Kind
from gateway.query.filters import Target
from gateway.query.geometry import DEFAULT_PRECISION, EXACT, GeometryOptions
from gateway.query.values import Column, Expression, GeometryText, Value
from gateway.sql.binding import bound
from gateway.sql.members import seen
from gateway.sql.types import Entity, Geom, SqlValue

# What ST_AsGeoJSON and ST_AsText take for every digit that a double needs to be read back as it is, also next to 0.
_ALL_DIGITS = 340
_NEAR = 10.0  # degrees to the antimeridian, within which a buffer may reach over it
_HALF = 180.0  # degrees
# Along a meridian; a degree of longitude is shorter, so no point moves further than asked for.
_METRES_PER_DEGREE = 111_320.0


def expression(wanted: Expression, entity: Entity) -> SqlValue:
    """The SQL of an Expression on the rows of `entity`."""
    match wanted:
        case GeometryText(field, options):
            return geojson(getattr(entity, field.attribute), options)
        case Column(field) if field.withheld:
            return null()
        case Column(field):
            column = seen(field, getattr(entity, field.attribute))
            # JSON passes as text, as geometries do: a number in it may be larger than Python's JSON writers take.
            if field.kind is Kind.DECIMAL:
                return cast(func.to_json(column), Text)
            return cast(column, Text) if field.kind is Kind.JSON else column
        case Value(sql, given):
            return sql(entity, *(each if isinstance(each, Target) else bound(each, Float()) for each in given))


def plain_value(field: LayerField, entity: Entity) -> SqlValue:
    """A column as it is; a decimal or UUID as the text that GraphQL has for it."""
    column: SqlValue = getattr(entity, field.attribute)
    return cast(column, Text) if field.kind in {Kind.DECIMAL, Kind.UUID} else column


def geojson(geom: Geom, options: GeometryOptions) -> ColumnElement[str]:
    """GeoJSON text of a geometry; rings stay right-handed and rounding to less than the default keeps them valid.

    In a CRS that the database does not know it is null, and the text `null` of a geometry out of the CRS's reach.
    """
    changed: Geom = geom
    if options.simplify:
        changed = func.ST_SimplifyPreserveTopology(changed, bound(options.simplify, Float()) / _METRES_PER_DEGREE)
    if options.srid not in {None, SRID}:
        changed = func.ST_Transform(changed, options.srid)
    if options.precision < DEFAULT_PRECISION:
        changed = rounded(changed, options.precision)
    if changed is not geom:
        changed = right_handed(changed, geom)
    text = geojson_text(changed, options.precision)
    if options.srid is None or options.srid == SRID:
        return text
    return case((_known(options.srid), case((in_reach(geom, options.srid), text), else_=literal_column("'null'"))))


def geojson_text(geom: Geom, precision: int) -> ColumnElement[str]:
    """GeoJSON text with so many decimals; `EXACT` writes all."""
    # GeoAlchemy2's own function takes a hybrid for a table and would ask for a whole row.
    return Function("ST_AsGeoJSON", geom, digits(precision), literal_column("0"), type_=Text)


def projected(geom: Geom, srid: int) -> Geom:
    """A geometry in a CRS that the database knows; null where it lies out of the CRS's reach."""
    return geom if srid == SRID else case((in_reach(geom, srid), Function("ST_Transform", geom, srid)))


def rounded(geom: Geom, precision: int) -> Geom:
    """Coordinates of so many decimals, in the units of the CRS; valid shapes stay valid (ST_ReducePrecision)."""
    return geom if precision >= EXACT else Function("ST_ReducePrecision", geom, 10.0**-precision)


def right_handed(changed: Geom, geom: Geom) -> Geom:
    """A changed geometry with the rings of RFC 7946 and the type of the column `geom`."""
    return _same_type(func.ST_ForcePolygonCCW(changed), geom)


def digits(precision: int) -> int:
    """The number of decimals that PostGIS is to write."""
    return precision if precision < EXACT else _ALL_DIGITS


def box(geom: SqlValue) -> ColumnElement[list[float]]:
    """West, south, east, north of a geometry or of a box2d or box3d."""
    return array[Any](sides(geom), type_=Float())


def row_box(geom: SqlValue) -> ColumnElement[list[float]]:
    """The same of a row's geometry; west is greater than east where it crosses the antimeridian (RFC 7946, 5.2)."""
    return case((antimeridian.crosses(geom), turned_box(func.ST_ShiftLongitude(geom))), else_=box(geom))


def turned_box(geom: Geom) -> ColumnElement[list[float]]:
    """The same of longitudes of 0 to 360 that lie on both sides of the antimeridian."""
    west, south, east, north = sides(geom)
    return array[Any]([west, south, case((east > 180.0, east - 360.0), else_=east), north], type_=Float())


def narrowest(extent: SqlValue, eastward: SqlValue) -> ColumnElement[list[float]]:
    """The narrower of two boxes of the same rows, of which one has longitudes of 0 to 360; null without rows."""
    wide = antimeridian.width(extent)
    across = and_(wide > _HALF, antimeridian.width(eastward) < wide)
    return case((across, turned_box(eastward)), else_=box(extent))


def sides(geom: Geom) -> Sequence[ColumnElement[float]]:
    """The same four as columns, which are read in less time than an array."""
    return func.ST_XMin(geom), func.ST_YMin(geom), func.ST_XMax(geom), func.ST_YMax(geom)


def packed_box(geom: Geom) -> ColumnElement[bytes]:
    """East, north, west, south of a row's geometry as big-endian doubles: a third of what the four as columns take.

    East is greater than 180 where the geometry crosses the antimeridian.
    """
    return func.box_send(func.box(antimeridian.turned(geom)), type_=LargeBinary)


def buffered(geom: SqlValue, metres: Any) -> ColumnElement[str]:
    """GeoJSON text of a MultiPolygon: all points within a distance."""
    return geojson_text(func.ST_ForcePolygonCCW(func.ST_Multi(_buffered(geom, metres))), DEFAULT_PRECISION)


def _buffered(geom: Geom, metres: Geom) -> Geom:
    """All points within a distance; near the antimeridian, ST_Buffer leads edges over it."""
    west, _, east, _ = sides(geom)
    buffered = func.geometry(func.ST_Buffer(geography(geom), metres))
    near = or_(west < _NEAR - 180.0, east > 180.0 - _NEAR)
    over = and_(near, antimeridian.width(buffered) > 180.0)
    return case((over, antimeridian.cut(buffered)), else_=buffered)


def in_reach(geom: Geom, srid: int | None) -> ColumnElement[bool]:
    """Whether a geometry can be put in the CRS; one that cannot would end the whole statement (`ST_Transform`)."""
    boxes = [func.ST_MakeEnvelope(*box, SRID) for box in (() if srid is None else reach(srid))]
    if len(boxes) == 2:  # a geometry with a part on either side of the antimeridian has a box around the world
        return func.ST_CoveredBy(geom, func.ST_Collect(*boxes), type_=Boolean)
    return geom.bool_op("@")(boxes[0]) if boxes else true()


def _known(srid: int | None) -> ColumnElement[bool]:
    """Whether PostGIS has the CRS; its table may be older than the EPSG registry that arguments are checked against."""
    systems = table("spatial_ref_sys", column("srid"))
    return exists(select(literal(1)).select_from(systems).where(systems.c.srid == srid))


def _same_type(changed: Geom, geom: Geom) -> Geom:
    """Simplifying may leave a Polygon of a MultiPolygon; the scalar promises the column's type."""
    geometry_type = getattr(getattr(geom, "type", None), "geometry_type", "") or ""
    return func.ST_Multi(changed) if geometry_type.startswith("MULTI") else changed
