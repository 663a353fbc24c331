"""Operations and tiles that are short to write and long to answer; enters a number, leaves a request.

The number changes each request a little, so that nothing that was kept answers it.
"""

from collections.abc import Sequence
from math import cos, pi, sin

from benchmarks.grid import tile_of
from benchmarks.siege.wire import graphql, request

_CENTRE = (-72.0, 42.0)
_RELATIONS = ("coveredBy", "touches", "crosses", "overlaps", "within")


def farthest(number: int) -> bytes:
    """The last row by distance: all rows have to be measured."""
    circle = f"{{center: [{_CENTRE[0] + number * 1e-6}, {_CENTRE[1]}], radius: 1000}}"
    return graphql(f"{{ parcels(order: [{{distanceTo: {{circle: {circle}}}}}], last: 1) {{ nodes {{ id }} }} }}")


def ring(number: int, corners: int, boxes: Sequence[Sequence[float]]) -> list[list[float]]:
    """A circle of so many corners around all boxes."""
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    x, y = (west + east) / 2, (south + north) / 2
    across, up = (east - west) + number * 1e-6, (north - south) + number * 1e-6
    turns = [2 * pi * step / corners for step in range(corners)]
    found = [[x + across * cos(turn), y + up * sin(turn)] for turn in turns]
    return [*found, found[0]]


def polygon(number: int, boxes: Sequence[Sequence[float]]) -> bytes:
    """A polygon of 9,990 vertices, which each row is compared with."""
    relation = _RELATIONS[number % len(_RELATIONS)]
    shape = {"type": "Polygon", "coordinates": [ring(number, 9_990, boxes)]}
    document = f"query ($g: Geometry!) {{ parcels(first: 1, filters: {{geometry: {{{relation}: {{geojson: $g}}}}}}) "
    return graphql(f"{document}{{ totalCount }} }}", {"g": shape})


def texts(number: int) -> bytes:
    """A hundred long texts that no index looks for."""
    terms = [{"address": {"iContains": f"{number}-{term}-" + "x" * 8_990}} for term in range(100)]
    document = "query ($f: ParcelFilter!) { parcels(first: 1, filters: $f) { nodes { id } } }"
    return graphql(document, {"f": {"or": terms}})


def nested(number: int) -> bytes:
    """Relations within relations, nine deep."""
    inside = f'{{parcelId: {{startsWith: "{number}"}}}}'
    for _ in range(9):
        inside = f"{{neighbors: {{none: {inside}}}}}"
    return graphql(f"{{ parcels(first: 1, filters: {inside}) {{ nodes {{ id }} }} }}")


def perimeters(number: int) -> bytes:
    """Two hundred terms on a value that is computed from each geometry."""
    terms = ", ".join(f"{{perimeterM: {{lt: {(number * 200 + term) * 1e-9}}}}}" for term in range(200))
    return graphql(f"{{ parcels(first: 1, filters: {{or: [{terms}]}}) {{ nodes {{ id }} }} }}")


def measured(number: int, boxes: Sequence[Sequence[float]]) -> bytes:
    """A value that is computed from each geometry of a tenth of the county: as much as the cap of cost lets pass."""
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    box = [west, south, west + (east - west) / 3, south + (north - south) / 3]
    filters = f"geometry: {{bbOverlaps: {{bbox: {box}}}}}, perimeterM: {{lt: {number * 1e-9}}}"
    return graphql(f"{{ parcels(first: 1, filters: {{{filters}}}) {{ nodes {{ id }} }} }}")


def tile(number: int, boxes: Sequence[Sequence[float]]) -> bytes:
    """A tile of a low zoom with a filter of its own: nothing that was kept answers it."""
    box = boxes[number % len(boxes)]
    filters = f"%7B%22assessedValue%22%3A%7B%22gte%22%3A%22{number / 1000}%22%7D%7D"
    return request("GET", f"/tiles/parcels/{tile_of(box[0], box[1], 12)}.mvt?filters={filters}")
