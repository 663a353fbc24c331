"""The tile grid of web maps (Web Mercator, XYZ); enters z, x and y, leaves boxes.

https://docs.ogc.org/is/17-083r4/17-083r4.html#toc48 (WebMercatorQuad)
"""

import math
from dataclasses import dataclass

from gateway.errors import BadTile, NoTile

DEEPEST = 24
_HALF = 20_037_508.342789244  # metres from the middle of the map to its edge
# From this zoom on a tile is so low that its plane in degrees, stretched to the tile, is within one unit of 4096 of Web
# Mercator: half the sagitta of the projection over a tile is 3217 sin(latitude) / 2^z of such units.
FLAT_ZOOM = 12

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; y counts from the north."""

    z: int
    x: int
    y: int

    @property
    def flat(self) -> bool:
        """Whether degrees may be taken for the plane of the tile."""
        return self.z >= FLAT_ZOOM

    def corner(self, level: int) -> tuple[int, int, int]:
        """Column and line of its north-west corner at a level with 2 ** level columns, and how many the tile has."""
        side = 1 << (level - self.z)
        return self.x * side, self.y * side, side

    def metres(self) -> Box:
        """West, south, east, north in metres of Web Mercator (EPSG:3857)."""
        side = 2 * _HALF / 2**self.z
        west, north = self.x * side - _HALF, _HALF - self.y * side
        return west, north - side, west + side, north

    def degrees(self, margin: float = 0.0) -> Box:
        """West, south, east, north in degrees, each side moved out by `margin` of the tile's side."""
        side = 2**self.z
        west, east = ((column / side * 360 - 180) for column in (self.x - margin, self.x + 1 + margin))
        north, south = (latitude(row / side) for row in (self.y - margin, self.y + 1 + margin))
        return west, south, east, north


def parse_tile(z: str, x: str, y: str) -> Tile:
    """Read the numbers of a tile.

    Raises:
        BadTile: one is not a whole number.
        NoTile: the grid has no such tile.
    """
    if not all(text.isascii() and text.isdecimal() and len(text) <= 9 for text in (z, x, y)):
        raise BadTile("z, x and y of a tile are whole numbers, as in /tiles/parcels/14/4953/6060.mvt.")
    tile = Tile(int(z), int(x), int(y))
    if tile.z > DEEPEST:
        raise NoTile(f"There is no zoom {tile.z}: the deepest is {DEEPEST}.")
    last = 2**tile.z - 1
    if tile.x > last or tile.y > last:
        raise NoTile(f"There is no tile {tile.x}, {tile.y} at zoom {tile.z}: x and y are 0 to {last}.")
    return tile


def latitude(row: float) -> float:
    """Latitude in degrees of a row of the grid, 0 at the north edge of the map and 1 at the south."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row))))
