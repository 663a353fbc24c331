"""Floor 5. The scalars: GeoJSON (RFC 7946), boxes and 64-bit integers; enters values, leaves what orjson writes.

GeoJSON arrives as text from PostGIS and leaves as `orjson.Fragment`: no coordinate is ever parsed. As input a scalar
takes any JSON; `gateway.geo` says what is wrong with it, and where.
"""

from collections.abc import Mapping
from typing import Any, NewType

import orjson
import strawberry
from strawberry.types.scalar import ScalarDefinition

RFC7946 = "https://datatracker.ietf.org/doc/html/rfc7946"

Point = NewType("Point", object)
LineString = NewType("LineString", object)
Polygon = NewType("Polygon", object)
MultiPoint = NewType("MultiPoint", object)
MultiLineString = NewType("MultiLineString", object)
MultiPolygon = NewType("MultiPolygon", object)
GeometryCollection = NewType("GeometryCollection", object)
Geometry = NewType("Geometry", object)
Feature = NewType("Feature", object)
FeatureCollection = NewType("FeatureCollection", object)
BBox = NewType("BBox", object)
BigInt = NewType("BigInt", int)

_WGS84 = "WGS 84 longitude and latitude in degrees, right-hand rings"

GEOMETRY_SCALARS: Mapping[str, Any] = {
    "POINT": Point,
    "LINESTRING": LineString,
    "POLYGON": Polygon,
    "MULTIPOINT": MultiPoint,
    "MULTILINESTRING": MultiLineString,
    "MULTIPOLYGON": MultiPolygon,
    "GEOMETRYCOLLECTION": GeometryCollection,
    "GEOMETRY": Geometry,
}


def fragment(text: str | bytes) -> Any:
    """JSON text that is written as it is."""
    return orjson.Fragment(text)


def _geojson(name: str, section: str, what: str) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=f"{what} as a GeoJSON object: {_WGS84}.",
        specified_by_url=f"{RFC7946}#section-{section}",
        serialize=lambda value: value if isinstance(value, orjson.Fragment) else fragment(value),
        parse_value=lambda value: value,
    )


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        message = "BigInt must be a whole number."
        raise TypeError(message)
    return value


SCALARS: Mapping[object, ScalarDefinition] = {
    Point: _geojson("Point", "3.1.2", "A point"),
    MultiPoint: _geojson("MultiPoint", "3.1.3", "Points"),
    LineString: _geojson("LineString", "3.1.4", "A line"),
    MultiLineString: _geojson("MultiLineString", "3.1.5", "Lines"),
    Polygon: _geojson("Polygon", "3.1.6", "A polygon"),
    MultiPolygon: _geojson("MultiPolygon", "3.1.7", "Polygons"),
    GeometryCollection: _geojson("GeometryCollection", "3.1.8", "Geometries of several types"),
    Geometry: _geojson("Geometry", "3.1", "A geometry of any type"),
    Feature: _geojson("Feature", "3.2", "A row with its geometry; its id is the integer id"),
    FeatureCollection: _geojson("FeatureCollection", "3.3", "Rows with their geometries, as map libraries take them"),
    BBox: strawberry.scalar(
        name="BBox",
        description="A box as [west, south, east, north] in degrees; as input, west greater than east crosses the "
        "antimeridian.",
        specified_by_url=f"{RFC7946}#section-5",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, as a JSON number.",
        serialize=_integer,
        parse_value=_integer,
    ),
}
