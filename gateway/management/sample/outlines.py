"""Outlines: rings as rows of points; enters points in any order, leaves ragged arrays of closed rings.

Each point says to which lot, part and ring it belongs and its place along the ring, so that lots of every shape are
drawn by whole-array operations and put in order by one sort.
"""

import numpy as np
from numpy.typing import ArrayLike

from gateway.geo.ragged import Ragged
from gateway.management.sample.blocks import Blocks
from gateway.management.sample.chance import Floats, Ints
from gateway.management.sample.tracts import degrees, square_metres, units

_PLACES, _RINGS, _PARTS = 256, 4, 2


class Outlines:
    """Collects the points of lots; x and y are metres from the south-west corner of a block."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._keys: list[Ints] = []
        self._block: list[Ints] = []
        self._x: list[Floats] = []
        self._y: list[Floats] = []

    def add(self, ring: Ints, place: ArrayLike, block: Ints, x: Floats, y: Floats) -> None:
        """Add points of one place or several; `ring` comes from `ring_key`."""
        self._keys.append(ring * _PLACES + np.asarray(place, dtype=np.int64))
        self._block.append(block)
        self._x.append(x)
        self._y.append(y)

    def finish(self, parcels: int) -> tuple[Ragged, Floats]:
        """The first `parcels` multipolygons in degrees, and their areas in square metres."""
        keys, block = np.concatenate(self._keys), np.concatenate(self._block)
        order = np.argsort(keys)
        order = order[: np.searchsorted(keys[order], parcels * _PLACES * _RINGS * _PARTS)]
        keys, block = keys[order], block[order]
        blocks = self._blocks
        patch = blocks.patch[block]
        across = (blocks.x[block] + np.concatenate(self._x)[order]) / blocks.patches.width[patch]
        up = (blocks.y[block] + np.concatenate(self._y)[order]) / blocks.patches.height[patch]
        east, north = units(*blocks.patches.metres(patch, across, up))
        return _rings(keys // _PLACES, east, north, parcels)


def ring_key(parcel: Ints, part: ArrayLike = 0, ring: ArrayLike = 0) -> Ints:
    """The key of a ring: ring 0 is the shell of its part, the others are holes."""
    found: Ints = (parcel * _PARTS + np.asarray(part)) * _RINGS + np.asarray(ring)
    return found


def _rings(keys: Ints, east: Ints, north: Ints, parcels: int) -> tuple[Ragged, Floats]:
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    ends = np.append(starts[1:], len(keys))
    rings = keys[starts]
    parts = np.flatnonzero(np.diff(rings // _RINGS, prepend=-1))
    owners = rings[parts] // (_RINGS * _PARTS)
    closed = np.insert(np.arange(len(keys)), ends, starts)
    ring_starts = starts + np.arange(len(starts))
    coordinates = np.stack([degrees(east[closed]), degrees(north[closed])], axis=1)
    ragged = Ragged(
        coordinates,
        np.append(ring_starts, len(closed)),
        np.append(parts, len(rings)),
        np.searchsorted(owners, np.arange(parcels + 1)),
    )
    areas: Floats = np.bincount(
        rings // (_RINGS * _PARTS), _areas(east, north, starts, ends), minlength=parcels
    ).astype(np.float64)
    return ragged, square_metres(areas)


def _areas(east: Ints, north: Ints, starts: Ints, ends: Ints) -> Floats:
    """Signed areas of rings by the shoelace formula, in square units; holes, being clockwise, count against."""
    after = np.arange(1, len(east) + 1)
    after[ends - 1] = starts
    # Relative to the ring's first point the products stay small and exact.
    first = np.repeat(starts, ends - starts)
    x, y = east - east[first], north - north[first]
    found: Floats = np.add.reduceat(x * y[after] - x[after] * y, starts) / 2.0
    return found
