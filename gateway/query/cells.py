"""Cells of the map as terms; enters nothing, leaves the frozen value that a read counts rows by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.models.slots import Slot

MOST: Final = 5_000  # cells of one answer

Number = int | Slot[int]


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of a level in a rectangle of the map, whose sides are columns and lines of level 31.

    `kept` is the level that they are read from where they are kept, None where they are too fine for that; cells of
    fewer rows than `least` are left out.
    `reach` holds the rectangle in degrees. `counted` has what is in it, where that is known: numbers of cells of the
    level `kept`, which are columns of `gateway.sql.overviews`.
    """

    level: Number
    kept: Number | None
    west: Number
    north: Number
    east: Number
    south: Number
    least: Number
    reach: tuple[float | Slot[float], ...]
    counted: tuple[Slot[Sequence[Any]], ...] | None = None
