"""GeoJSON geometries as input; enters a parsed JSON value of unknown worth, leaves a Shape.

Nothing here recurses and shapely sees no value that was not checked: it crashes on deep collections, reads text as 0
and lets infinities through. The value of `crs` is compared with a few names and never looked up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from gateway.errors import BadCrs, GeometryDepth, GeometryError, InvalidGeometry, RingNotClosed, VertexLimit
from gateway.geo.plain import plain_polygon
from gateway.geo.positions import Details, JsonObject, Path, Unchecked, all_in_range, kind_of, position
from gateway.geo.shapes import Shape, point
from gateway.geo.validate import checked

LEVELS: Mapping[str, int] = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_COLLECTION = "GeometryCollection"
GEOMETRIES = (*LEVELS, _COLLECTION)
NAMES: Mapping[str, str] = {kind.upper(): kind for kind in GEOMETRIES}  # by those of columns
_WGS84 = frozenset(
    {
        "CRS84",
        "OGC:CRS84",
        "WGS84",
        "WGS 84",
        "EPSG:4326",
        "URN:OGC:DEF:CRS:OGC:1.3:CRS84",
        "URN:OGC:DEF:CRS:OGC::CRS84",
        "URN:OGC:DEF:CRS:EPSG::4326",
        "HTTP://WWW.OPENGIS.NET/DEF/CRS/OGC/1.3/CRS84",
        "HTTP://WWW.OPENGIS.NET/DEF/CRS/EPSG/0/4326",
    }
)


def from_geojson(value: object, *, max_vertices: int, max_depth: int) -> Shape:
    """Read a GeoJSON geometry object (RFC 7946), longitude and latitude in WGS 84.

    Rings of either direction are taken and rewound; empty geometries, altitudes and Features are refused.

    Raises:
        GeometryError: not a geometry object, or an empty one.
        GeometryDepth, VertexLimit: over `max_depth` nested collections or `max_vertices` positions, or too intricate.
        BadDimension, NonFinite, OutOfRange: a position.
        RingNotClosed, InvalidGeometry: a ring or the whole.
        BadCrs: a `crs` member that is not WGS 84.
    """
    if (plain := plain_polygon(value, max_vertices=max_vertices)) is not None:
        return plain
    scan(value, max_vertices=max_vertices, max_depth=max_depth)
    match value:
        case {"type": "Point", "coordinates": [longitude, latitude]}:
            return point(longitude, latitude)
        case _:
            return checked(_geometry(cast("JsonObject", value)))


def _geometry(value: JsonObject) -> BaseGeometry:
    """The geometry of a scanned object; GEOS's own reader takes a fifth of the time of shapely's shape()."""
    return shapely.from_geojson(orjson.dumps(_bare(value), default=float))  # of a number with more digits


def _bare(value: JsonObject) -> JsonObject:
    """The members that were scanned."""
    name = "geometries" if value["type"] == _COLLECTION else "coordinates"
    members = list(map(_bare, value[name])) if name == "geometries" else value[name]
    return {"type": value["type"], name: members}


@dataclass(slots=True)
class _Count:
    left: int
    most: int

    def take(self, vertices: int, path: Path) -> None:
        self.left -= vertices
        if self.left < 0:
            raise VertexLimit(
                f"The geometry has more than {self.most} vertices. Simplify it or split it.",
                path=path,
                limit=self.most,
            )


def scan(value: object, *, max_vertices: int, max_depth: int) -> None:
    """Check all of a geometry object that needs no geometry library, level by level and not by recursion."""
    count = _Count(max_vertices, max_vertices)
    waiting: list[tuple[object, Path, int]] = [(value, (), 0)]
    while waiting:
        candidate, path, depth = waiting.pop()
        geometry = _object(candidate, path)
        if geometry["type"] != _COLLECTION:
            _coordinates(geometry, path, count)
            continue
        if depth >= max_depth:
            raise GeometryDepth(
                f"Geometry collections are nested more than {max_depth} deep. Flatten them.",
                path=path,
                limit=max_depth,
            )
        children = _members(geometry.get("geometries"), (*path, "geometries"), "geometries")
        waiting += [
            (child, (*path, "geometries", index), depth + 1) for index, child in reversed([*enumerate(children)])
        ]


def _object(value: object, path: Path) -> JsonObject:
    if not isinstance(value, dict):
        raise GeometryError(f"A geometry must be a GeoJSON object, not {kind_of(value)}.", path=path)
    kind = value.get("type")
    if isinstance(kind, str) and kind in {"Feature", "FeatureCollection"}:
        raise GeometryError(
            f"A geometry is wanted, and this is a {kind}. Pass the value of its geometry member.", path=(*path, "type")
        )
    if not isinstance(kind, str) or kind not in GEOMETRIES:
        said = (
            "is missing" if "type" not in value else f"is {ascii(kind)[:40]}" if isinstance(kind, str) else "is wrong"
        )
        raise GeometryError(
            f"The type of the geometry {said}. It must be one of {', '.join(GEOMETRIES)}.",
            path=(*path, "type"),
        )
    _crs(value.get("crs"), (*path, "crs"))
    return value


def _crs(value: object, path: Path) -> None:
    if value is None:
        return
    properties = value.get("properties") if isinstance(value, dict) and value.get("type") == "name" else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or name.upper() not in _WGS84:
        raise BadCrs(
            "GeoJSON must be in WGS 84, longitude and latitude (RFC 7946). Transform it and leave out crs.",
            path=path,
        )


def _members(value: object, path: Path, name: str) -> Unchecked:
    if not isinstance(value, list | tuple):
        said = "are missing" if value is None else f"must be a list, not {kind_of(value)}"
        raise GeometryError(f"The {name} of the geometry {said}.", path=path)
    if not value:
        raise GeometryError("The geometry is empty. Leave the argument out, or give it positions.", path=path)
    return list(value)


def _coordinates(geometry: JsonObject, path: Path, count: _Count) -> None:
    kind, path = geometry["type"], (*path, "coordinates")
    value = geometry.get("coordinates")
    if kind == "Point":
        _members(value, path, "coordinates")
        count.take(1, path)
        position(value, path)
        return
    lines: list[tuple[object, Path]] = [(value, path)]
    for _ in range(LEVELS[kind] - 1):
        lines = [
            (line, (*above, index))
            for parent, above in lines
            for index, line in enumerate(_members(parent, above, "coordinates"))
        ]
    for line, line_path in lines:
        _positions(kind, line, line_path, count)


def _positions(kind: str, value: object, path: Path, count: _Count) -> None:
    positions = _members(value, path, "coordinates")
    count.take(len(positions), path)
    details = place(kind, path)
    if not all_in_range(positions):
        for index, candidate in enumerate(positions):
            position(candidate, (*path, index), vertex=index, **details)
    if "Polygon" in kind:
        _ring(positions, path, details)
    elif "Line" in kind and len(positions) < 2:
        raise InvalidGeometry(
            "A line must have two positions or more. Leave it out, or add positions.", path=path, **details
        )


def place(kind: str, path: Path) -> Details:
    """Polygon, ring or line number of a path that ends with a list of positions."""
    if "Polygon" in kind:
        return {"ring": path[-1]} if kind == "Polygon" else {"polygon": path[-2], "ring": path[-1]}
    return {"line": path[-1]} if kind == "MultiLineString" else {}


def _ring(positions: Unchecked, path: Path, details: Details) -> None:
    first, last = positions[0], positions[-1]
    if first[0] != last[0] or first[1] != last[1]:
        raise RingNotClosed(
            "The last position of a ring must be its first. Repeat the first position at the end.",
            path=(*path, len(positions) - 1),
            vertex=len(positions) - 1,
            point={"type": "Point", "coordinates": [float(last[0]), float(last[1])]},
            **details,
        )
    if len(positions) < 4:
        raise InvalidGeometry(
            f"A ring must have four positions or more, the last equal to the first; this one has {len(positions)}.",
            path=path,
            **details,
        )
