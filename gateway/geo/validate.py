"""Validity of input geometries; enters a shapely geometry of checked positions, leaves a Shape.

The cost of the validity test grows with the pairs of edges whose boxes overlap and with the pairs of rings that share
a point, not with vertices: 10,000 vertices take from 0.2 ms to 8 s. So those pairs are counted first, up to a bound
that keeps the whole under 100 ms. What passes is no burden for the database either.
"""

import re

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gateway.errors import GeometryTooIntricate, InvalidGeometry
from gateway.geo.positions import Details, Path, geojson_point
from gateway.geo.shapes import Shape, Shapes, leaves, whole

MOST_EDGE_PAIRS = 500_000
MOST_RING_PAIRS = 20_000
FEW = 200  # vertices, of which no arrangement has more pairs than either bound
HAIR = 1e-9  # degrees
VALID = "Valid Geometry"  # what GEOS says

_BLOCK = 64
_REASON = re.compile(r"(?P<reason>[^\[]+)(?:\[(?P<x>\S+) (?P<y>\S+)\])?")
_FIXES = {
    "Self-intersection": "The boundary crosses itself, or rings cross each other.",
    "Ring Self-intersection": "A ring touches itself. Cut it there into two rings.",
    "Hole lies outside shell": "Every ring after a polygon's first must lie inside the first.",
    "Holes are nested": "A hole lies inside another hole.",
    "Nested shells": "A polygon lies inside another one. Make it a hole of the other, or leave it out.",
    "Interior is disconnected": "The holes cut the polygon apart. Make it several polygons.",
    "Duplicate Rings": "Two rings are the same.",
    "Too few points in geometry component": "A line or ring has too few different positions, so that it has no size.",
}


def checked(geometry: BaseGeometry) -> Shape:
    """The shape of a geometry whose positions are finite and in range.

    Exteriors are made counter-clockwise, and nested collections one.

    Raises:
        GeometryTooIntricate: testing it would take too long.
        InvalidGeometry: it breaks the rules of OGC Simple Features, or an edge joins antipodes; details give reason,
            point, ring and vertex.
    """
    if shapely.get_num_coordinates(geometry) > FEW:
        _refuse_intricate(geometry)
    if not shapely.is_valid(geometry):
        raise _invalid(geometry)
    _refuse_antipodes(geometry)
    return whole(shapely.orient_polygons(_flat(geometry)))


def _flat(geometry: BaseGeometry) -> BaseGeometry:
    """Collections in a collection, taken out of theirs: PostGIS writes no GeoJSON of nested ones."""
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(geometry)
    while (nested := shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        parts = np.concatenate([parts[~nested], shapely.get_parts(parts[nested])])
    return shapely.geometrycollections(parts)


def _refuse_intricate(geometry: BaseGeometry) -> None:
    lines, rings = lines_of(geometry)
    if _ring_pairs(rings) > MOST_RING_PAIRS:
        raise GeometryTooIntricate(
            "Too many rings meet in the same points. Leave out rings, or move them apart.", limit=MOST_RING_PAIRS
        )
    if _too_many_edge_pairs(np.concatenate([lines, rings])):
        raise GeometryTooIntricate(
            "Too many edges run side by side or across each other. Simplify the geometry or split it.",
            limit=MOST_EDGE_PAIRS,
        )


def lines_of(geometry: BaseGeometry) -> tuple[Shapes, Shapes]:
    """Every line and every ring."""
    parts = leaves([geometry])
    kinds = shapely.get_type_id(parts)
    return parts[kinds == shapely.GeometryType.LINESTRING], shapely.get_rings(
        parts[kinds == shapely.GeometryType.POLYGON]
    )


def _ring_pairs(rings: Shapes) -> int:
    """Pairs of rings that have a position in common, counted once for each such position."""
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    _, position = np.unique(coordinates[:, 0] + 1j * coordinates[:, 1], return_inverse=True)
    visits = np.unique(position * len(rings) + ring) // max(len(rings), 1)
    counts = np.bincount(visits)
    return int((counts * (counts - 1) // 2).sum())


def _too_many_edge_pairs(lines: Shapes) -> bool:
    """Whether more than MOST_EDGE_PAIRS pairs of edges have boxes that overlap; takes 40 ms at most."""
    starts, ends = edges(lines)
    lows, highs = np.minimum(starts, ends), np.maximum(starts, ends)
    sweeps = [_sweep(lows[:, axes], highs[:, axes]) for axes in ([0, 1], [1, 0])]
    lows, highs, reach = min(sweeps, key=lambda sweep: int(sweep[2].sum()))
    if int((reach - np.arange(len(reach)) - 1).sum()) <= MOST_EDGE_PAIRS:
        return False
    pairs = 0
    for start in range(0, len(lows), _BLOCK):
        block, others = slice(start, start + _BLOCK), slice(start, int(np.max(reach[start : start + _BLOCK])))
        overlap = (
            (lows[None, others, 0] <= highs[block, None, 0])
            & (lows[None, others, 1] <= highs[block, None, 1])
            & (highs[None, others, 1] >= lows[block, None, 1])
        )
        pairs += int(np.triu(overlap, 1).sum())
        if pairs > MOST_EDGE_PAIRS:
            return True
    return False


def _sweep(
    lows: NDArray[np.float64], highs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Boxes in the order of their first axis, and for each the end of those that begin before it ends."""
    order = np.argsort(lows[:, 0])
    lows, highs = lows[order], highs[order]
    return lows, highs, np.searchsorted(lows[:, 0], highs[:, 0], side="right")


def _refuse_antipodes(geometry: BaseGeometry) -> None:
    """Refuse an edge from a point to its antipode: there is no one shortest way, and geography fails on it."""
    west, south, east, north = shapely.bounds(geometry)
    if east - west < 180 - HAIR and south > HAIR - 90 and north < 90 - HAIR:
        return
    starts, ends = edges(np.concatenate(lines_of(geometry)))
    turned = np.abs(np.abs(starts[:, 0] - ends[:, 0]) - 180) < HAIR
    polar = 90 - np.abs(starts[:, 1]) < HAIR
    polar_edges = np.flatnonzero((turned | polar) & (np.abs(starts[:, 1] + ends[:, 1]) < HAIR))
    if len(polar_edges):
        x, y = starts[polar_edges[0]].tolist()
        path, place = _nearest_ring(geometry, shapely.Point(x, y))
        raise InvalidGeometry(
            f"The edge that starts at ({x:.10g} {y:.10g}) ends on the other side of the Earth, so that its way is not "
            "known. Put a position in between.",
            path=path,
            reason="Antipodal edge",
            point=geojson_point(x, y),
            **place,
        )


def invalidity(geometry: BaseGeometry) -> tuple[str, tuple[float, float] | None]:
    """Why a geometry is not valid, in the words of GEOS and PostGIS, and where."""
    match = _REASON.match(str(shapely.is_valid_reason(geometry)))
    assert match is not None
    return match["reason"], (float(match["x"]), float(match["y"])) if match["x"] else None


def edges(lines: Shapes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where edges start and where they end."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    inner = line[1:] == line[:-1]
    return coordinates[:-1][inner], coordinates[1:][inner]


def _invalid(geometry: BaseGeometry) -> InvalidGeometry:
    reason, at = invalidity(geometry)
    path: Path = ()
    details: Details = {}
    where = ""
    if at is not None:
        x, y = at
        path, place = _nearest_ring(geometry, shapely.Point(x, y))
        details = {"point": geojson_point(x, y), **place}
        where = f" at ({x:.10g} {y:.10g})"
    fix = _FIXES.get(reason, "Fix it, for example with ST_MakeValid or shapely.make_valid.")
    message = f"The geometry is not valid: {reason}{where}. {fix}"
    error = InvalidGeometry(message, path=path, reason=reason, **details)
    error.wkb = bytes(shapely.to_wkb(geometry))
    return error


def _nearest_ring(geometry: BaseGeometry, point: BaseGeometry) -> tuple[Path, Details]:
    """GeoJSON path and numbers of the first ring or line that passes the point, and its vertex nearest to it."""
    rings = _walk(geometry)
    lines = np.array([line for _, _, line in rings], dtype=object)
    path, place, line = rings[int(np.argmin(shapely.distance(lines, point)))]
    vertex = int(np.argmin(np.hypot(*(shapely.get_coordinates(line) - [point.x, point.y]).T)))
    return (*path, vertex), {**place, "vertex": vertex}


def _walk(geometry: BaseGeometry) -> list[tuple[Path, Details, BaseGeometry]]:
    kind = geometry.geom_type
    if kind == "GeometryCollection":
        return [
            (("geometries", index, *path), place, line)
            for index, member in enumerate(geometry.geoms)
            for path, place, line in _walk(member)
        ]
    if kind == "MultiPolygon":
        return [
            (("coordinates", index, ring), {"polygon": index, "ring": ring}, line)
            for index, polygon in enumerate(geometry.geoms)
            for ring, line in enumerate(shapely.get_rings(polygon))
        ]
    if kind == "Polygon":
        return [(("coordinates", ring), {"ring": ring}, line) for ring, line in enumerate(shapely.get_rings(geometry))]
    if kind == "MultiLineString":
        return [(("coordinates", index), {"line": index}, line) for index, line in enumerate(geometry.geoms)]
    return [(("coordinates",), {}, geometry)] if kind == "LineString" else []
