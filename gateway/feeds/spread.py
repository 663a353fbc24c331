"""Where a map first looks; enters the boxes of rows, leaves a place and a zoom."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.geo.bbox import wrapped
from gateway.geo.tile_grid import DEEPEST, Box

_HALF = 180.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Where rows lie: the columns of `gateway.sql.spread`, with longitudes of -180 to 180 or of 0 to 360."""

    whole: Box
    most: Box
    minzoom: int

    @property
    def wide(self) -> bool:
        """Whether the rows reach around more than half of the world, or lie on both sides of the antimeridian."""
        return self.whole[2] - self.whole[0] > _HALF

    @property
    def bounds(self) -> Box:
        """The box of all rows; around the world where they lie on both sides of the antimeridian, as TileJSON wants."""
        _, south, east, north = self.whole
        return (-_HALF, south, _HALF, north) if east > _HALF else self.whole

    @property
    def view(self) -> Box:
        """The box of most rows; west is greater than east where it crosses the antimeridian (RFC 7946, 5.2)."""
        west, south, east, north = self.most
        return west, south, wrapped(east), north

    @property
    def center(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of most rows."""
        west, south, east, north = self.most
        return wrapped((west + east) / 2), (south + north) / 2

    @property
    def zoom(self) -> int:
        """As far in as the box of most rows fills a tile or two, and some of them are drawn."""
        west, south, east, north = self.most
        widest = max(east - west, 2 * (north - south), 360 / 2**DEEPEST)
        return max(int(math.log2(360 / widest)), self.minzoom)


def narrowest(spreads: Iterable[Spread]) -> Spread | None:
    """Of the same rows in both kinds of longitudes, the one where most lie closer together; None without rows."""
    return min(spreads, key=lambda spread: spread.most[2] - spread.most[0], default=None)
