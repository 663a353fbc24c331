"""Boxes as input; enters west, south, east and north, leaves a Shape.

West greater than east crosses the antimeridian (RFC 7946, 5.2): the box is two parts, one on each side. A box without
width or height is the line or point that is left of it, so that `intersects` means what it says: a map that asks with
one corner gets what lies under it.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gateway.errors import BadDimension, GeometryError, OutOfRange
from gateway.geo.positions import in_range, kind_of, number
from gateway.geo.shapes import Shape, rectangle, split

# Measured on the Earth an edge is the shortest way between its ends. There is none for half a circle, and the longer
# the edge, the more it strays from its parallel. Corners on the way change nothing in the plane.
LONGEST_EDGE = 10.0

_SIDES = ("West", "South", "East", "North")


def from_bbox(value: object) -> Shape:
    """Read a box [west, south, east, north] in degrees.

    Raises:
        GeometryError: no list of four numbers.
        BadDimension: six numbers, as of a box with altitudes.
        NonFinite, OutOfRange: a side, or south above north.
    """
    west, south, east, north = sides(value)
    if west < east <= west + LONGEST_EDGE and south < north <= south + LONGEST_EDGE:
        return rectangle(west, south, east, north)
    if west <= east:
        return split([_box(west, south, east, north)])
    halves = [_box(west, south, 180.0, north), _box(-180.0, south, east, north)]
    # A half that only touches the antimeridian is less than the other: 170 to -180 is one box, not a box and a line.
    most = max(shapely.get_dimensions(half) for half in halves)
    return split([half for half in halves if shapely.get_dimensions(half) == most])


def wrapped(longitude: float) -> float:
    """A longitude of 0 to 360 as one of -180 to 180."""
    return longitude - 360.0 if longitude > 180.0 else longitude


def around(boxes: NDArray[np.float64]) -> list[float]:
    """The narrowest box [west, south, east, north] around boxes, which are rows of the same four numbers.

    Longitudes may be -180 to 180 or, of an east side across the antimeridian, up to 360. West is greater than east
    where the box crosses the antimeridian (RFC 7946, 5.2).
    """
    west, south, east, north = boxes.T
    east = np.where(east < west, east + 360.0, east)
    low, high = float(south.min()), float(north.max())
    over = east > 180.0
    plain = float(np.where(over, -180.0, west).min()), float(np.where(over, 180.0, east).max())
    if plain[1] - plain[0] > 180.0:
        turn = np.where(east < 0.0, 360.0, 0.0)
        turned = float((west + turn).min()), float((east + turn).max())
        if turned[1] - turned[0] < plain[1] - plain[0]:
            return [turned[0], low, wrapped(turned[1]), high]
    return [plain[0], low, plain[1], high]


def sides(value: object) -> list[float]:
    """West, south, east and north of a box; raises as `from_bbox` does."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise GeometryError(f"A box must be a list [west, south, east, north], not {kind_of(value)}.")
    if len(value) == 6:
        raise BadDimension("A box must have four numbers, [west, south, east, north]. Leave out altitudes.")
    if len(value) != 4:
        raise GeometryError(f"A box must have four numbers, [west, south, east, north]; this one has {len(value)}.")
    made = [
        number(side, name=name, path=(index,)) for index, (name, side) in enumerate(zip(_SIDES, value, strict=True))
    ]
    in_range(made[:2], (0,), (1,))
    in_range(made[2:], (2,), (3,))
    if made[1] > made[3]:
        message = f"South {made[1]:.10g} is above north {made[3]:.10g}. A box is [west, south, east, north]."
        raise OutOfRange(message, path=(1,))
    return made


def _box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.segmentize(shapely.LineString([(west, south), (east, north)]), LONGEST_EDGE)
    return shapely.segmentize(shapely.box(west, south, east, north), LONGEST_EDGE)
