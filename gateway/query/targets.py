"""Geometries of arguments before they are read; enters a GeometryInput as given, leaves its box and size."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from gateway.errors import ArgumentError
from gateway.geo.cells import degrees, parse_key
from gateway.layers import Layers
from gateway.query.ids import decode
from gateway.query.statistics import Box, Statistics

_METRES: Final = 110_500.0  # in a degree of latitude, at least
_NUMBER: Final = re.compile(r"(-?[\d.]+(?:[eE][-+]?\d+)?)\s+(-?[\d.]+(?:[eE][-+]?\d+)?)")


class Size(NamedTuple):
    """About how large a geometry is: its vertices, and its box, or the width and height where its place is unknown."""

    vertices: float
    box: Box | None = None
    width: float = 360.0
    height: float = 180.0
    circle: bool = False


SPOT: Final = Size(1.0)


def target(operand: object, lookup: str, layers: Layers, statistics: Statistics) -> Size:
    """The size of what a spatial lookup is given."""
    metres = 0.0
    if lookup in {"dwithin", "relate"} and isinstance(operand, Mapping):
        given = operand.get("distance")
        metres = float(given) if isinstance(given, int | float) else 0.0
        operand = operand.get("geometry")
    try:
        measured = size(operand, layers, statistics)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError, ArgumentError):
        return SPOT  # it will be refused
    if metres and measured.box is not None:
        return measured._replace(box=wider(measured.box, metres))
    return measured if not metres else measured._replace(width=360.0, height=180.0)


def size(given: Any, layers: Layers, statistics: Statistics) -> Size:
    """The size of a GeometryInput, or of the cell of a key; raises some error where it is none."""
    if isinstance(given, str):
        return Size(4.0, degrees(*parse_key(given) or ()))
    ((form, value),) = given.items()
    if form == "bbox":
        west, south, east, north = map(float, value)
        return Size(5.0, (west, south, east, north))
    if form == "circle":
        longitude, latitude = value["center"]
        box = wider((longitude, latitude, longitude, latitude), float(value["radius"]))
        return Size(1.0, box, circle=True)
    if form == "node":
        node = decode(layers, value, path=())
        row = statistics.table(node.layer.name).row(node.id)
        return Size(row.vertices, None, row.width, row.height)
    return _of_positions(_NUMBER.findall(value) if form == "wkt" else _positions(value))


def _of_positions(positions: Any) -> Size:
    if not positions:
        return SPOT
    xs, ys = [float(place[0]) for place in positions], [float(place[1]) for place in positions]
    return Size(float(len(xs)), (min(xs), min(ys), max(xs), max(ys)))


def _positions(value: Any) -> list[Any]:
    """All positions of a GeoJSON geometry."""
    positions: list[Any] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            waiting.extend(each.get("geometries") or [each.get("coordinates") or ()])
        elif each and isinstance(each[0], list | tuple):
            first = each[0]
            if first and isinstance(first[0], list | tuple | Mapping):
                waiting.extend(each)
            else:
                positions.extend(each)
        elif each and isinstance(each[0], Mapping):
            waiting.extend(each)
        elif each:
            positions.append(each)
    return positions


def wider(box: Box, metres: float) -> Box:
    west, south, east, north = box
    up = metres / _METRES
    most = min(max(abs(south), abs(north)) + up, 89.0)
    aside = up / math.cos(math.radians(most))
    return (max(west - aside, -180.0), south - up, min(east + aside, 180.0), north + up)
