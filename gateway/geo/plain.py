"""Small polygons without holes, as most are that people draw; enters GeoJSON, leaves a Shape if all is well.

One pass over the positions finds what `geojson.scan` and `validate.checked` would, and writes the bytes; GEOS is asked
once, whether the ring crosses itself. Whatever is unusual is left to those two, which know what to say of it.
"""

from itertools import chain, pairwise
from typing import Final

import shapely

from gateway.geo.positions import Unchecked
from gateway.geo.shapes import Shape, collected, polygon
from gateway.geo.validate import FEW, HAIR, VALID

_NUMBERS: Final = frozenset({float, int})
_SURE: Final = 1e-9  # of the products that an area is the sum of: far above what rounding makes of them
_TINY: Final = 1e-300


def plain_polygon(value: object, *, max_vertices: int) -> Shape | None:
    """The shape of a GeoJSON polygon, or a collection of one; None where it has holes, or something may be wrong."""
    if type(value) is not dict or len(value) != 2:
        return None
    kind, rings = value.get("type"), value.get("coordinates")
    if kind == "MultiPolygon" and type(rings) is list and len(rings) == 1:
        rings = rings[0]
    elif kind != "Polygon":
        return None
    if type(rings) is not list or len(rings) != 1 or type(rings[0]) is not list:
        return None
    ring = rings[0]
    if not 4 <= len(ring) <= min(FEW, max_vertices) or not _on_one_side(ring):
        return None
    if (turn := _turn(ring)) == 0:
        return None
    shape = polygon(ring if turn > 0 else ring[::-1])
    if shapely.is_valid_reason(shapely.from_wkb(shape.ewkb)) != VALID:
        return None
    return shape if kind == "Polygon" else collected(shape)


def _on_one_side(ring: Unchecked) -> bool:
    """Whether a ring is closed, and its positions are in range, no two of them as far apart as antipodes."""
    if ring[0] != ring[-1] or not {*map(type, ring)} <= {list} or not {*map(len, ring)} <= {2}:
        return False
    numbers = [*chain.from_iterable(ring)]
    if not {*map(type, numbers)} <= _NUMBERS:
        return False
    longitudes, latitudes = numbers[::2], numbers[1::2]
    west, east = min(longitudes), max(longitudes)
    return bool(
        west >= -180
        and east <= 180
        and east - west < 180 - HAIR
        and min(latitudes) > HAIR - 90
        and max(latitudes) < 90 - HAIR
    )


def _turn(ring: Unchecked) -> float:
    """Twice the area of a ring: above 0 where it turns counter-clockwise; 0 where that is not sure."""
    x, y = ring[0]
    area = products = 0.0
    for (x1, y1), (x2, y2) in pairwise(ring):
        one, other = (x1 - x) * (y2 - y), (x2 - x) * (y1 - y)
        area += one - other
        products += abs(one) + abs(other)
    return area if abs(area) > _SURE * products + _TINY else 0.0
