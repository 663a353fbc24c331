"""Cells of a filter, counted once for all tiles; enters what was counted, leaves bytes, and the cells of a tile.

A filter that no index serves reads all rows, whatever small part of the map is looked at. So the cells of all its
rows are counted at once, and each tile adds up those that it shows.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

import orjson

from gateway.geo.tile_grid import Tile
from gateway.sql.overviews import NUMBERS

MOST: Final = 100_000  # cells of a filter; of more each tile counts its own rows

_HEAD: Final = Struct("<I")  # how many cells
_SIZE: Final = 8  # bytes of a number
_LEVEL, _Y, _X = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Counted:
    """Cells by level, line and column: what `gateway.sql.overviews.counted` tells; `totals` are sums as texts."""

    columns: Sequence["array[int]"]
    totals: Sequence[str | None]

    def within(self, tile: Tile, level: int) -> Sequence[Sequence[Any]]:
        """`y`, `x`, `rows`, `sum_x`, `sum_y` and `total` of the cells of a level in a tile."""
        levels, lines = self.columns[_LEVEL], self.columns[_Y]
        west, north, side = tile.corner(level)
        begin, end = bisect_left(levels, level), bisect_right(levels, level)
        first = bisect_left(lines, north, begin, end)
        last = bisect_right(lines, north + side - 1, first, end)
        places = [place for place in range(first, last) if west <= self.columns[_X][place] < west + side]
        numbers = [[column[place] for place in places] for column in self.columns[_Y:]]
        return [*numbers, [self.totals[place] for place in places] if self.totals else []]


def packed(number: int, numbers: Sequence[bytes | None], totals: str | None) -> bytes:
    """What the database counted, to be kept; without the cells where these are too many."""
    if number > MOST:
        return b""
    return b"".join([_HEAD.pack(number), *(each or b"" for each in numbers), (totals or "").encode()])


def unpacked(kept: bytes) -> Counted | None:
    """The same to be read; None where the cells were too many."""
    if not kept:
        return None
    (number,) = _HEAD.unpack_from(kept)
    numbers = array("q")
    size = number * _SIZE * len(NUMBERS)
    numbers.frombytes(kept[_HEAD.size : _HEAD.size + size])
    if sys.byteorder == "little":
        numbers.byteswap()
    columns = [numbers[place * number : (place + 1) * number] for place in range(len(NUMBERS))]
    totals = kept[_HEAD.size + size :]
    return Counted(columns, orjson.loads(totals) if totals else ())
