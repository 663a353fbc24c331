"""Measures of a geometry in Python, equal to PostGIS's; enters WKB or EWKB in EPSG:4326, leaves numbers.

Area and length are geodesic on the WGS 84 ellipsoid (GeographicLib through pyproj.Geod, as in ST_Area(geography)).
"""

from pyproj import Geod
from shapely import LineString, Point, from_wkb, get_parts, get_rings, intersects, set_srid, to_wkb, transform
from shapely.geometry.base import BaseGeometry

from gateway.geo import bbox as boxes

# PostGIS takes the flattening from the two axes, Geod(ellps="WGS84") from its inverse, 4e-14 off. By that alone the
# area of a small polygon, a difference of areas down to the equator, moves by up to 5e-5 square metres.
_WGS84 = Geod(a=6_378_137.0, b=6_356_752.314245179498)


def _polygons(wkb: bytes) -> list[BaseGeometry]:
    # A part without rings is one that GDAL and GEOS let pass within others.
    return [part for part in get_parts(from_wkb(wkb)) if part.geom_type == "Polygon" and not part.is_empty]


def _ring_area(ring: BaseGeometry) -> float:
    longitudes, latitudes = ring.coords.xy
    return abs(float(_WGS84.polygon_area_perimeter(longitudes, latitudes)[0]))


def area_sqm(wkb: bytes) -> float:
    """Area in square metres; holes are left out."""
    return sum(
        _ring_area(shell) - sum(map(_ring_area, holes))
        for shell, *holes in (list(get_rings(polygon)) for polygon in _polygons(wkb))
    )


def perimeter_m(wkb: bytes) -> float:
    """Length in metres of all rings, holes included."""
    return sum(float(_WGS84.geometry_length(ring)) for polygon in _polygons(wkb) for ring in get_rings(polygon))


def length_m(wkb: bytes) -> float:
    """Length in metres of all lines."""
    lines = (part for part in get_parts(from_wkb(wkb)) if part.geom_type == "LineString")
    return sum(float(_WGS84.geometry_length(line)) for line in lines)


def centroid(wkb: bytes) -> bytes:
    """EWKB of the planar centroid in degrees."""
    geometry = from_wkb(wkb)
    if not _crosses(geometry):
        return bytes(to_wkb(geometry.centroid, include_srid=True))
    center = _eastward(geometry).centroid
    return bytes(to_wkb(set_srid(Point(boxes.wrapped(center.x), center.y), 4326), include_srid=True))


def point_on_surface(wkb: bytes) -> bytes:
    """EWKB of a point inside the geometry."""
    return bytes(to_wkb(from_wkb(wkb).representative_point(), include_srid=True))


def bbox(wkb: bytes) -> tuple[float, float, float, float]:
    """West, south, east and north in degrees; west is greater than east across the antimeridian (RFC 7946, 5.2)."""
    geometry = from_wkb(wkb)
    west, south, east, north = (_eastward(geometry) if _crosses(geometry) else geometry).bounds
    return west, south, boxes.wrapped(east), north


def _crosses(geometry: BaseGeometry) -> bool:
    """Whether it has parts on both sides of the antimeridian, as `gateway.models.antimeridian.crosses` says."""
    west, _, east, _ = geometry.bounds
    return bool(east - west > 180.0 and not intersects(geometry, LineString([(0, -90), (0, 90)])))


def _eastward(geometry: BaseGeometry) -> BaseGeometry:
    return transform(geometry, lambda xy: [[x + 360.0 if x < 0 else x, y] for x, y in xy])
