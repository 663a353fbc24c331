"""Cells of the map: those of the tile grid at any level; enters degrees or a key, leaves columns and lines, or degrees.

At level n the world has 2 ** n columns. A key has a digit for each level, 0 to 3 as in quadkeys: that of a cell begins
with that of the cell in which it lies.
"""

import math
from typing import Final

from gateway.geo.tile_grid import Box, Tile

PLACES: Final = 31  # the level of places
NORTHMOST: Final = 85.051128779806604  # of Web Mercator

Cell = tuple[int, int, int]  # level, column, line


def place(longitude: float, latitude: float) -> tuple[int, int]:
    """The column and the line of level 31 in which a point lies."""
    latitude = min(max(latitude, -NORTHMOST), NORTHMOST)
    y = 0.5 - math.asinh(math.tan(math.radians(latitude))) / (2 * math.pi)
    return _finest((longitude + 180) / 360), _finest(y)


def _finest(share: float) -> int:
    side = 1 << PLACES
    return min(max(math.floor(share * side), 0), side - 1)


def degrees(level: int, x: int, y: int) -> Box:
    """West, south, east and north of a cell; those at the edges of the map reach to the poles."""
    west, south, east, north = Tile(level, x, y).degrees()
    return west, -90.0 if y == (1 << level) - 1 else south, east, 90.0 if y == 0 else north


def key(level: int, x: int, y: int) -> str:
    """The key of a cell."""
    return "".join(str((x >> bit & 1) + 2 * (y >> bit & 1)) for bit in reversed(range(level)))


def parse_key(text: str) -> Cell | None:
    """The cell of a key; None where it is none."""
    if not 0 < len(text) <= PLACES or text.strip("0123"):
        return None
    x, y = (int("".join(str(int(digit) >> bit & 1) for digit in text), 2) for bit in (0, 1))
    return len(text), x, y
