"""Two fixed drawings in the unit square: lots around a cul-de-sac, and a lot inside a block."""

from functools import cache

import numpy as np

from gateway.management.sample.chance import Floats, Ints

_Point = tuple[float, float]

# The street comes from the south, 0.1 wide, and ends in a round; the lots of the western half, then the one on top.
_WEST: tuple[tuple[_Point, ...], ...] = (
    ((0.0, 0.0), (0.45, 0.0), (0.45, 0.23), (0.0, 0.23)),
    ((0.0, 0.23), (0.45, 0.23), (0.45, 0.46), (0.22, 0.44), (0.0, 0.42)),
    ((0.0, 0.42), (0.22, 0.44), (0.45, 0.46), (0.38, 0.53), (0.19, 0.58), (0.0, 0.62)),
    ((0.0, 0.62), (0.19, 0.58), (0.38, 0.53), (0.38, 0.64), (0.12, 1.0), (0.0, 1.0)),
    ((0.12, 1.0), (0.38, 0.64), (0.45, 0.71), (0.36, 1.0)),
)
_TOP: tuple[_Point, ...] = ((0.36, 1.0), (0.45, 0.71), (0.55, 0.71), (0.64, 1.0))

HOLDING: tuple[_Point, ...] = ((0.36, 0.36), (0.64, 0.36), (0.64, 0.55), (0.52, 0.55), (0.52, 0.66), (0.36, 0.66))


@cache
def court() -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """The points of all lots: lot, place in its ring, number of the anchor, x, y. Rings run anticlockwise."""
    east = tuple(tuple((round(1 - x, 2), y) for x, y in reversed(lot)) for lot in _WEST)
    drawn = [*_WEST, _TOP, *east]
    anchors = {point: number for number, point in enumerate(sorted({point for lot in drawn for point in lot}))}
    rows = [
        (number, place, anchors[point], *point) for number, lot in enumerate(drawn) for place, point in enumerate(lot)
    ]
    lot, place, anchor, x, y = (np.array(column) for column in zip(*rows, strict=True))
    return lot, place, anchor, x, y
