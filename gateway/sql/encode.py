"""Floor 2. Values computed from a row's geometry, as the wire wants them; enters an Expression, leaves SQL.

GeoJSON leaves PostGIS as text and is never parsed on its way to the socket. Options 0 of ST_AsGeoJSON: the default ones
look the CRS up.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    LargeBinary,
    Text,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.functions import Function

from gateway.layers import Kind
from gateway.models.base import SRID, geography
from gateway.query.geometry import DEFAULT_PRECISION, GeometryOptions
from gateway.query.values import Box, BufferText, Column, DistanceTo, Expression, GeometryText
from gateway.sql import spatial
from gateway.sql.binding import bound

# Along a meridian; a degree of longitude is shorter, so no point moves further than asked for.
_METRES_PER_DEGREE = 111_320.0


def expression(wanted: Expression, entity: Any) -> ColumnElement[Any]:
    """The SQL of an Expression on the rows of `entity`."""
    match wanted:
        case GeometryText(field, options):
            return geojson(getattr(entity, field.attribute), options)
        case BufferText(metres):
            buffered = func.geometry(func.ST_Buffer(geography(entity.geom), bound(metres, Float())))
            return _text(func.ST_ForcePolygonCCW(func.ST_Multi(buffered)), DEFAULT_PRECISION)
        case Column(field) if field.withheld:
            return null()
        case Column(field):
            column: ColumnElement[Any] = getattr(entity, field.attribute)
            # JSON passes as text, as geometries do: a number in it may be larger than Python's JSON writers take.
            return cast(column, Text) if field.kind is Kind.JSON else column
        case Box():
            return box(entity.geom)
        case DistanceTo(target):
            return spatial.distance(entity.geom, target)


def geojson(geom: ColumnElement[Any], options: GeometryOptions) -> ColumnElement[str]:
    """GeoJSON text of a geometry, null in an unknown CRS; rings stay right-handed and rounding keeps them valid."""
    changed = geom
    if options.simplify:
        changed = func.ST_SimplifyPreserveTopology(changed, bound(options.simplify, Float()) / _METRES_PER_DEGREE)
    if options.srid not in {None, SRID}:
        changed = func.ST_Transform(changed, options.srid)
    if options.precision < DEFAULT_PRECISION:
        changed = func.ST_ReducePrecision(changed, 10.0**-options.precision)
    if changed is not geom:
        changed = _same_type(func.ST_ForcePolygonCCW(changed), geom)
    text = _text(changed, options.precision)
    return text if options.srid in {None, SRID} else case((_known(options.srid), text))


def box(geom: ColumnElement[Any]) -> ColumnElement[list[float]]:
    """West, south, east, north of a geometry or of a box2d or box3d."""
    return array[Any](sides(geom), type_=Float())


def sides(geom: ColumnElement[Any]) -> Sequence[ColumnElement[float]]:
    """The same four as columns, which are read in less time than an array."""
    return func.ST_XMin(geom), func.ST_YMin(geom), func.ST_XMax(geom), func.ST_YMax(geom)


def packed_box(geom: ColumnElement[Any]) -> ColumnElement[bytes]:
    """East, north, west, south of a geometry as big-endian doubles: a third of what the four as columns take."""
    return func.box_send(func.box(geom), type_=LargeBinary)


def _known(srid: int | None) -> ColumnElement[bool]:
    """Whether PostGIS has the CRS; its table may be older than the EPSG registry that arguments are checked against."""
    systems = table("spatial_ref_sys", column("srid"))
    return exists(select(literal(1)).select_from(systems).where(systems.c.srid == srid))


def _same_type(changed: ColumnElement[Any], geom: ColumnElement[Any]) -> ColumnElement[Any]:
    """Simplifying may leave a Polygon of a MultiPolygon; the scalar promises the column's type."""
    geometry_type = getattr(geom.type, "geometry_type", "") or ""
    return func.ST_Multi(changed) if geometry_type.startswith("MULTI") else changed


def _text(geom: ColumnElement[Any], precision: int) -> ColumnElement[str]:
    # GeoAlchemy2's own function takes a hybrid for a table and would ask for a whole row.
    return Function("ST_AsGeoJSON", geom, precision, literal_column("0"), type_=Text)
