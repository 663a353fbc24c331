"""Patches: a tract, or its halves where an avenue cuts across; enters tracts, leaves patches with a map.

A patch is the unit square (across, up) under two bilinear maps, first into the unit square of its tract, then into
metres. Neighbours share only streets, so every patch is laid out on its own.
"""

from dataclasses import dataclass

import numpy as np

from gateway.management.sample.chance import Chance, Flags, Floats, Ints, spread
from gateway.management.sample.styles import BEND, pick
from gateway.management.sample.tracts import Tracts

_MAIN, _CROSS, _AVENUE = 1 << 40, 2 << 40, 3 << 40  # the other streets have keys below
_MIDDLE = 1 << 20
_RADIUS = 200.0  # metres
_STREETS = 64  # keys of local streets that a patch has for itself


@dataclass(frozen=True, slots=True)
class Patches:
    """Quadrilaterals that are filled with blocks; `tract` is the position in `tracts`."""

    tracts: Tracts
    tract: Ints
    key: Ints  # unique in the county
    u: Floats  # corners (patch, corner) in the unit square of the tract
    v: Floats
    width: Floats  # metres, mean of opposite sides
    height: Floats
    bend: Floats  # (patch, 2): how far the middle is pushed, as a share of the width and the height
    south: Ints  # keys of the streets along the lower and the upper side
    north: Ints

    @property
    def character(self) -> Ints:
        """The character of each patch's tract."""
        return self.tracts.character[self.tract]

    def metres(self, patch: Ints, across: Floats, up: Floats) -> tuple[Floats, Floats]:
        """Points of patches, given as shares of the patch's width and height, as metres in the county."""
        bubble = 16 * across * (1 - across) * up * (1 - up)
        across, up = across + self.bend[patch, 0] * bubble, up + self.bend[patch, 1] * bubble
        u, v = _bilinear(self.u[patch], across, up), _bilinear(self.v[patch], across, up)
        tract = self.tract[patch]
        return _bilinear(self.tracts.x[tract], u, v), _bilinear(self.tracts.y[tract], u, v)

    def local_street(self, patch: Ints, row: Ints) -> Ints:
        """The key of the street below the `row`th row of blocks."""
        return self.key[patch] * _STREETS + row


def patches(chance: Chance, tracts: Tracts, first: int) -> Patches:
    """Cut the tracts, of which the first has the number `first` in the county."""
    flat = chance.unit("avenue row", tracts.row) < 0.3
    steep = ~flat & (chance.unit("avenue column", tracts.column) < 0.2)
    tract, half = spread(np.where(flat | steep, 2, 1))
    # The avenue meets a main street where the neighbour's half of it does.
    start, end = np.where(
        flat,
        (_crossing(chance, tracts.column, tracts.row), _crossing(chance, tracts.column + 1, tracts.row)),
        (_crossing(chance, tracts.column, tracts.row), _crossing(chance, tracts.column, tracts.row + 1)),
    )
    u, v = _corners(flat[tract], steep[tract], half, start[tract], end[tract])
    width, height = _sides(tracts, tract, u, v)
    key = (first + tract) * 2 + half
    turned = chance.unit("turned", key) < 0.45
    south, north = _streets(tracts, tract, half, (flat, steep, turned))
    # The lower side of a turned patch is the eastern one, so that its streets run north.
    u, v = (np.where(turned[:, None], np.roll(side, -1, axis=1), side) for side in (u, v))
    width, height = np.where(turned, height, width), np.where(turned, width, height)
    bend = _bend(chance, key, pick(BEND, tracts.character[tract]), (width, height))
    return Patches(tracts, tract, key, u, v, width, height, bend, south, north)


def _bend(chance: Chance, key: Ints, most: Floats, size: tuple[Floats, Floats]) -> Floats:
    """No street curves tighter than a radius of 200 m, or straight borders of lots would cut across the bend."""
    width, height = size
    limits = height**2 / (_RADIUS * width), width**2 / (_RADIUS * height)
    found = [
        np.minimum(most, limit / 8) * chance.around(way, key)
        for way, limit in zip(("bend across", "bend up"), limits, strict=True)
    ]
    return np.stack(found, axis=1)


def _streets(tracts: Tracts, tract: Ints, half: Ints, cuts: tuple[Flags, Flags, Flags]) -> tuple[Ints, Ints]:
    """Keys of the main streets or avenues along the lower and the upper side."""
    flat, steep, turned = cuts[0][tract], cuts[1][tract], cuts[2]
    main, avenue = _MAIN + _MIDDLE + tracts.row[tract], _AVENUE + _MIDDLE + tracts.row[tract]
    cross, boulevard = _CROSS + _MIDDLE + tracts.column[tract], _AVENUE + 2 * _MIDDLE + tracts.column[tract]
    south, north = np.where(flat & (half == 1), avenue, main), np.where(flat & (half == 0), avenue, main + 1)
    east = np.where(steep & (half == 0), boulevard, cross + 1)
    west = np.where(steep & (half == 1), boulevard, cross)
    return np.where(turned, east, south), np.where(turned, west, north)


def _crossing(chance: Chance, column: Ints, row: Ints) -> Floats:
    return 0.33 + 0.34 * chance.unit("avenue", column, row)


def _corners(flat: Flags, steep: Flags, half: Ints, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    zero, one = np.zeros(len(half)), np.ones(len(half))
    low, high = (flat & (half == 1)), (flat & (half == 0))
    west, east = (steep & (half == 1)), (steep & (half == 0))
    u = [np.where(west, start, zero), np.where(east, start, one), np.where(east, end, one), np.where(west, end, zero)]
    v = [np.where(low, start, zero), np.where(low, end, zero), np.where(high, end, one), np.where(high, start, one)]
    return np.stack(u, axis=1), np.stack(v, axis=1)


def _sides(tracts: Tracts, tract: Ints, u: Floats, v: Floats) -> tuple[Floats, Floats]:
    points = [
        (_bilinear(tracts.x[tract], u[:, k], v[:, k]), _bilinear(tracts.y[tract], u[:, k], v[:, k])) for k in range(4)
    ]
    lengths = [
        np.sqrt((points[k][0] - points[k - 1][0]) ** 2 + (points[k][1] - points[k - 1][1]) ** 2) for k in range(4)
    ]
    return (lengths[1] + lengths[3]) / 2, (lengths[0] + lengths[2]) / 2


def _bilinear(corners: Floats, across: Floats, up: Floats) -> Floats:
    low = corners[:, 0] + (corners[:, 1] - corners[:, 0]) * across
    high = corners[:, 3] + (corners[:, 2] - corners[:, 3]) * across
    return low + (high - low) * up
