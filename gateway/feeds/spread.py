"""Floor 3. Where a map first looks; enters the boxes of rows, leaves a place and a zoom."""

import math
from dataclasses import dataclass

from gateway.geo.tiles import DEEPEST, Box


@dataclass(frozen=True, slots=True)
class Spread:
    """Where rows lie: the columns of `gateway.sql.spread`."""

    whole: Box
    most: Box
    minzoom: int

    @property
    def center(self) -> tuple[float, float]:
        """Longitude and latitude of the middle of most rows."""
        west, south, east, north = self.most
        return (west + east) / 2, (south + north) / 2

    @property
    def zoom(self) -> int:
        """As far in as the box of most rows fills a tile or two, and some of them are drawn."""
        west, south, east, north = self.most
        widest = max(east - west, 2 * (north - south), 360 / 2**DEEPEST)
        return max(int(math.log2(360 / widest)), self.minzoom)
