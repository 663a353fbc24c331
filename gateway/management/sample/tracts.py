"""Tracts: the quadrilaterals between main streets, out of which a county grows from its centre.

Enters a range of tract numbers, leaves their places in the lattice, their corners in metres and their character.
Tract 0 is the centre and the others wind around it, so a small county is the middle of a large one.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from gateway.management.sample.chance import Chance, Floats, Ints

PITCH = 520.0  # metres between main streets, before the lattice is bent

_ORIGIN = (-93.3, 42.0)
# Length of a degree at 42 N on the WGS 84 ellipsoid; literals, because sine and cosine differ between machines.
_METRES_PER_DEGREE = (82_853.0, 111_072.0)
_UNITS = 10_000_000  # coordinates are whole numbers of 1e-7 degrees, about a centimetre


class Character(IntEnum):
    """What a tract is built of."""

    DOWNTOWN = 0
    URBAN = 1
    SUBURBAN = 2
    GARDEN = 3  # cul-de-sacs
    ESTATE = 4
    INDUSTRIAL = 5
    RURAL = 6


@dataclass(frozen=True, slots=True)
class Tracts:
    """Tracts of the lattice: column and row, corners (tract, corner) anticlockwise from the south-west, in metres."""

    column: Ints
    row: Ints
    x: Floats
    y: Floats
    character: Ints

    def __len__(self) -> int:
        return len(self.column)


def tracts(chance: Chance, first: int, end: int) -> Tracts:
    """The tracts numbered `first` up to but not including `end`."""
    column, row = spiral(np.arange(first, end))
    corners = [corner(chance, column + right, row + up) for right, up in ((0, 0), (1, 0), (1, 1), (0, 1))]
    x = np.stack([x for x, _ in corners], axis=1)
    y = np.stack([y for _, y in corners], axis=1)
    return Tracts(column, row, x, y, _character(chance, column, row))


def spiral(number: Ints) -> tuple[Ints, Ints]:
    """Column and row of the tract on a square spiral around (0, 0)."""
    ring = np.floor((np.sqrt(number) + 1) / 2).astype(np.int64)
    side, step = np.divmod(number - (2 * ring - 1) ** 2, np.maximum(2 * ring, 1))
    column = np.choose(side.clip(0, 3), (ring, ring - 1 - step, -ring, step - ring + 1))
    row = np.choose(side.clip(0, 3), (step - ring + 1, ring, ring - 1 - step, -ring))
    return np.where(number == 0, 0, column), np.where(number == 0, 0, row)


def corner(chance: Chance, column: Ints, row: Ints) -> tuple[Floats, Floats]:
    """Where main streets cross, in metres from the centre.

    The bend and the jitter together move the ends of an edge by less than 0.4 of its length, which keeps every
    tract convex.
    """
    x = column + 0.55 * chance.noise("bend x", column, row, 7) + 0.07 * chance.around("corner x", column, row)
    y = row + 0.55 * chance.noise("bend y", column, row, 7) + 0.07 * chance.around("corner y", column, row)
    return x * PITCH, y * PITCH


def units(x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Metres from the centre as longitude and latitude in units of 1e-7 degrees."""
    east, north = (
        np.rint((start + metres / scale) * _UNITS).astype(np.int64)
        for start, metres, scale in zip(_ORIGIN, (x, y), _METRES_PER_DEGREE, strict=True)
    )
    return east, north


def degrees(whole: Ints) -> Floats:
    """Units of 1e-7 degrees as degrees: the double that is nearest to the decimal number."""
    return whole / _UNITS


def square_metres(whole: Floats) -> Floats:
    """Square units as square metres, within 0.5% in the whole county."""
    return whole / float(_UNITS) ** 2 * _METRES_PER_DEGREE[0] * _METRES_PER_DEGREE[1]


def _character(chance: Chance, column: Ints, row: Ints) -> Ints:
    # The first tracts are a town whatever the seed, so that the smallest county has streets of houses.
    centre = np.maximum(0, 1 - np.maximum(abs(column), abs(row)) / 5)
    urban = (
        chance.noise("urban", column, row, 6) * 0.9 * (1 - 0.7 * centre)
        + 0.45 * centre
        + 0.25 * chance.around("plot", column, row)
    )
    levels = np.array([-0.45, -0.3, -0.12, 0.2, 0.5])
    ladder = np.array(
        [
            Character.RURAL,
            Character.ESTATE,
            Character.GARDEN,
            Character.SUBURBAN,
            Character.URBAN,
            Character.DOWNTOWN,
        ]
    )
    industry = chance.noise("industry", column, row, 4) + 0.2 * chance.around("works", column, row)
    found: Ints = np.where(
        (industry > 0.5) & (centre < 0.7), Character.INDUSTRIAL, ladder[np.searchsorted(levels, urban)]
    )
    return found
