"""Analyses as statements of PostGIS; enters terms, leaves one select that counts first and one that answers.

Distances, centers and cells are those of a plane: Lambert's azimuthal equal-area projection around the rows' middle.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Subquery,
    Text,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.functions import Function

from gateway.models import antimeridian
from gateway.models.base import SRID, geography
from gateway.query.analysis import (
    Analysis,
    ConcaveHull,
    Dbscan,
    Dissolve,
    Intersection,
    KMeans,
    Union,
    Voronoi,
)
from gateway.query.geometry import DEFAULT_PRECISION
from gateway.sql.binding import bound
from gateway.sql.ctes import materialized
from gateway.sql.encode import geojson_text, narrowest
from gateway.sql.filters import where
from gateway.sql.moments import rows_of
from gateway.sql.spatial import target_geometry
from gateway.sql.types import Geom, SqlRows, SqlValue

_NONE: Final[SqlValue] = literal_column("0")
_METRES: Final = 111_320.0  # in a degree of latitude
_STRAIGHT: Final[SqlValue] = literal_column("500000.0")  # metres of a side of a cell that may be drawn straight
_MORE: Final[SqlValue] = literal_column("0.05")  # of a cell, by which such a side strays from it


def measured(analysis: Analysis) -> SqlRows:
    """How many `rows` there are, their `vertices`, their `box`, the `pairs` that are compared and their vertices."""
    among = _among(analysis)
    vertices = func.coalesce(func.sum(func.ST_NPoints(among.c.geom)), 0)
    box = narrowest(func.ST_Extent(among.c.geom), func.ST_Extent(antimeridian.eastward(among.c.geom)))
    pairs = _pairs(analysis, among).subquery("paired")
    told = select(func.count().label("rows"), cast(vertices, BigInteger).label("vertices"), box.label("box"))
    counted = told.select_from(among).subquery("counted")
    return select(*counted.c, *pairs.c).select_from(counted).join(pairs, true())


def answered(analysis: Analysis, plane: str) -> SqlRows:
    """What the method makes of the rows."""
    among = _among(analysis)
    return _answer(analysis, among, bound(plane, Text()))


def plane(box: Sequence[float]) -> str:
    """The plane around the middle of a box, as PROJ writes it."""
    west, south, east, north = box
    east += 360.0 if east < west else 0.0
    return f"+proj=laea +lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f} +datum=WGS84 +units=m"


def _among(analysis: Analysis) -> CTE:
    row = rows_of(analysis.layer)
    method = analysis.method
    by = [getattr(row, method.field.attribute).label("by")] if isinstance(method, Dissolve) else []
    kept = select(row.id.label("id"), row.geom.label("geom"), *by).where(
        where(analysis.layers, analysis.filter, row), row.geom.is_not(None), ~func.ST_IsEmpty(row.geom)
    )
    return materialized(kept, "among")


# What is compared


def _pairs(analysis: Analysis, among: CTE) -> SqlRows:
    match analysis.method:
        case Dbscan(metres):
            return _neighbors(metres, among)
        case KMeans(_, float(metres)):
            return _spread(metres, among)
        case Intersection() as method:
            return _met(method, analysis, among)
    return select(_NONE.label("pairs"), _NONE.label("paired"))


def _neighbors(metres: float, among: CTE) -> SqlRows:
    """Rows that share a cell as wide as the distance: of a pair within it, each may lie in the next cell, too."""
    number = cast(_squares(metres, among).c.number, Float)
    pairs = func.coalesce(func.sum(number * number), 0.0) * math.pi
    return select(pairs.label("pairs"), _NONE.label("paired"))


def _spread(metres: float, among: CTE) -> SqlRows:
    """Rows, each with all clusters that there may be in the end: about as many as cells as wide as the radius."""
    number = cast(_squares(metres, among).c.number, Float)
    pairs = func.coalesce(func.sum(number), 0.0) * func.count()
    return select(pairs.label("pairs"), _NONE.label("paired"))


def _squares(metres: float, among: CTE) -> Subquery:
    """The `number` of rows in each square that has some."""
    center = func.ST_Centroid(among.c.geom)
    side = bound(metres / _METRES, Float())
    y = func.ST_Y(center, type_=Float)
    x = func.ST_X(center, type_=Float) * func.cos(func.radians(y), type_=Float)
    cells = select(func.count().label("number")).select_from(among)
    return cells.group_by(func.floor(x / side), func.floor(y / side)).subquery("cells")


def _met(method: Intersection, analysis: Analysis, among: CTE) -> SqlRows:
    other, on = _others(method, analysis, among)
    vertices = cast(
        func.coalesce(func.sum(func.ST_NPoints(among.c.geom) + func.ST_NPoints(other.c.geom)), 0), BigInteger
    )
    told = select(func.count().label("pairs"), vertices.label("paired"))
    return told.select_from(among).join(other, on)


def _others(method: Intersection, analysis: Analysis, among: CTE) -> tuple[Any, ColumnElement[bool]]:
    """What rows are intersected with, and whether boxes of two meet; no row with itself."""
    if method.layer is None:
        assert method.target is not None
        shape: SqlRows = select(
            literal_column("NULL::bigint").label("id"), target_geometry(method.target).label("geom")
        )
        other: Any = materialized(shape, "other")
        return other, among.c.geom.bool_op("&&")(other.c.geom)
    row = rows_of(method.layer)
    other = select(row.id.label("id"), row.geom.label("geom")).where(where(analysis.layers, method.filter, row))
    other = other.subquery("other")
    boxes = among.c.geom.bool_op("&&")(other.c.geom)
    if method.layer.name == analysis.layer.name:
        boxes &= among.c.id != other.c.id
    return other, boxes


# What is answered


def _answer(analysis: Analysis, among: CTE, plane: SqlValue) -> SqlRows:
    match analysis.method:
        case Dbscan(metres, least):
            return _clusters(among, plane, "ST_ClusterDBSCAN", bound(metres, Float()), bound(least, Integer()))
        case KMeans(clusters, metres):
            farthest = [] if metres is None else [bound(metres, Float())]
            return _clusters(among, plane, "ST_ClusterKMeans", bound(clusters, Integer()), *farthest)
        case ConcaveHull() as method:
            return _hull(method, among, plane)
        case Dissolve(_, least):
            return _dissolved(least, among)
        case Union():
            return select(*_united(among))
        case Voronoi():
            return _cells(analysis, among, plane)
        case Intersection() as method:
            return _shared(method, analysis, among)


def _clusters(among: CTE, plane: SqlValue, function: str, *given: SqlValue) -> SqlRows:
    """Of each cluster its ids, hull and center, the largest first; what is in none comes last, with NULL."""
    seeds = _seeds(among, plane)
    number = Function(function, seeds.c.center, *given, type_=Integer).over(order_by=seeds.c.id).label("cluster")
    placed = select(seeds.c.id, number).subquery("placed")
    cluster = placed.c.cluster
    hull = func.ST_ForcePolygonCCW(func.ST_ConvexHull(func.ST_Collect(among.c.geom)))
    center = func.ST_Centroid(func.ST_Collect(func.ST_Centroid(among.c.geom)))
    texts = [case((cluster.is_not(None), _text(each))) for each in (hull, center)]
    return (
        select(cluster, _ids(placed.c.id), texts[0].label("hull"), texts[1].label("center"))
        .join(among, among.c.id == placed.c.id)
        .group_by(cluster)
        .order_by(cluster.is_(None), func.count().desc(), func.min(placed.c.id))
    )


def _seeds(among: CTE, plane: SqlValue) -> CTE:
    """The rows' centers in the plane: all at once, since to make a projection takes longer than to use it."""
    spots = func.ST_Collect(aggregate_order_by(func.ST_Centroid(among.c.geom), among.c.id))
    ids = func.array_agg(aggregate_order_by(among.c.id, among.c.id), type_=ARRAY(BigInteger))
    every = materialized(select(ids.label("ids"), _into(plane, spots).label("spots")), "every")
    spot = func.ST_Dump(every.c.spots).table_valued(column("path", ARRAY(Integer)), column("geom"), name="spot")
    seeds = select(every.c.ids[spot.c.path[1]].label("id"), spot.c.geom.label("center"))
    return materialized(seeds.select_from(every).join(spot, true()), "seeds")


def _hull(method: ConcaveHull, among: CTE, plane: SqlValue) -> SqlRows:
    every = _into(plane, func.ST_Collect(among.c.geom))
    hull = func.ST_ConcaveHull(every, bound(method.ratio, Float()), bound(method.holes, Boolean()))
    return select(_text(func.ST_ForcePolygonCCW(_out_of(plane, hull))).label("geometry")).select_from(among)


def _dissolved(least: int, among: CTE) -> SqlRows:
    """Of each value that enough rows have how many they are, and their union."""
    value = cast(func.to_json(among.c.by), Text)
    rows = select(value.label("value"), *_united(among)).group_by(among.c.by)
    return rows.having(func.count() >= bound(least, Integer())).order_by(func.count().desc(), among.c.by)


def _united(among: CTE) -> Sequence[SqlValue]:
    union = func.ST_ForcePolygonCCW(func.ST_Union(among.c.geom))
    return func.count().label("count"), _area(union).label("area"), _text(union).label("geometry")


def _cells(analysis: Analysis, among: CTE, plane: SqlValue) -> SqlRows:
    """The cells, each with the rows whose centers are its own; the layer's index leads from a cell to rows about it."""
    seeds = _seeds(among, plane)
    every = materialized(
        select(func.ST_VoronoiPolygons(func.ST_Collect(seeds.c.center)).label("flat")), "cells_at_once"
    )
    bent = func.ST_Segmentize(every.c.flat, _STRAIGHT)  # sides that are straight in the plane are not in degrees
    flat, round_ = (
        func.ST_Dump(cells).table_valued(column("path", ARRAY(Integer)), column("geom"), name=name)
        for cells, name in ((every.c.flat, "flat"), (_out_of(plane, bent), "round"))
    )
    both = every.join(flat, true()).join(round_, round_.c.path == flat.c.path)
    cells = materialized(select(flat.c.geom.label("flat"), round_.c.geom.label("geom")).select_from(both), "cells")
    row = rows_of(analysis.layer)
    about = func.ST_Expand(cells.c.geom, func.ST_Length(func.ST_BoundingDiagonal(cells.c.geom), type_=Float) * _MORE)
    near = select(row.id.label("id")).where(row.geom.bool_op("&&")(about)).correlate(cells)
    near_rows = near.offset(literal_column("0")).lateral("near")
    held = func.ST_Intersects(cells.c.flat, seeds.c.center)
    joined = cells.join(near_rows, true()).join(seeds, (seeds.c.id == near_rows.c.id) & held)
    return (
        select(_ids(seeds.c.id), _text(func.ST_ForcePolygonCCW(cells.c.geom)).label("geometry"))
        .select_from(joined)
        .group_by(cells.c.geom)
        .order_by(func.min(seeds.c.id))
    )


def _shared(method: Intersection, analysis: Analysis, among: CTE) -> SqlRows:
    """What each pair shares, where it has as many dimensions as the lesser of both."""
    other, on = _others(method, analysis, among)
    least = func.least(func.ST_Dimension(among.c.geom), func.ST_Dimension(other.c.geom), type_=Integer)
    shared = func.ST_CollectionExtract(func.ST_Intersection(among.c.geom, other.c.geom), least + 1)
    part = select(shared.label("geom")).correlate(among, other).offset(literal_column("0")).lateral("part")
    meets = on & func.ST_Intersects(among.c.geom, other.c.geom)
    length = func.ST_Length(geography(part.c.geom), type_=Float)
    told = [_area(part.c.geom).label("area"), length.label("length"), _text(func.ST_ForcePolygonCCW(part.c.geom))]
    return (
        select(among.c.id, other.c.id.label("other"), *told[:2], told[2].label("geometry"))
        .select_from(among)
        .join(other, meets)
        .join(part, true())
        .where(~func.ST_IsEmpty(part.c.geom))
        .order_by(among.c.id, other.c.id)
    )


def _ids(column: SqlValue) -> SqlValue:
    return func.array_agg(aggregate_order_by(column, column)).label("ids")


def _area(geom: Geom) -> ColumnElement[float]:
    return func.ST_Area(geography(geom), type_=Float)


def _text(geom: Geom) -> ColumnElement[str]:
    return geojson_text(geom, DEFAULT_PRECISION)


def _into(plane: SqlValue, geom: Geom) -> Geom:
    """A geometry in the plane."""
    return Function("ST_Transform", geom, plane)


def _out_of(plane: SqlValue, geom: Geom) -> Geom:
    """The same in degrees."""
    return Function("ST_Transform", geom, plane, SRID)
