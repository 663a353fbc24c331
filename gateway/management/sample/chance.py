"""Chance by name and key; enters a seed, a word and integer keys, leaves reproducible numbers.

A counter-based generator (the finalizer of SplitMix64, https://prng.di.unimi.it/splitmix64.c) instead of a stream:
the number of a lot depends on the lot alone, so a county is the same in any chunk, order, process and on any machine.
"""

from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = np.uint64(0x9E3779B97F4A7C15)


class Chance:
    """All the random numbers of one county."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def bits(self, what: str, *keys: ArrayLike) -> NDArray[np.uint64]:
        """64 random bits for each tuple of `keys`, which broadcast; `what` tells one use from another."""
        start = (self._seed * 0x100000001 + crc32(what.encode())) % 2**64
        state = _mixed(np.array([start], dtype=np.uint64))
        for key in keys:
            state = _mixed(state ^ (np.atleast_1d(np.asarray(key, dtype=np.int64)).view(np.uint64) * _STEP))
        return state

    def unit(self, what: str, *keys: ArrayLike) -> Floats:
        """Numbers in [0, 1)."""
        return (self.bits(what, *keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, limit: ArrayLike, what: str, *keys: ArrayLike) -> Ints:
        """Whole numbers in [0, limit)."""
        found: Ints = np.floor(self.unit(what, *keys) * np.asarray(limit)).astype(np.int64)
        return found

    def around(self, what: str, *keys: ArrayLike) -> Floats:
        """Numbers in [-1, 1)."""
        return self.unit(what, *keys) * 2 - 1

    def noise(self, what: str, x: ArrayLike, y: ArrayLike, period: float) -> Floats:
        """A smooth field in [-1, 1) over the plane: random values every `period`, smoothly interpolated."""
        column, right = _cell(x, period)
        row, up = _cell(y, period)
        low = self._between(what, column, row, right)
        return low + (self._between(what, column, row + 1, right) - low) * up

    def _between(self, what: str, column: Ints, row: Ints, right: Floats) -> Floats:
        left = self.around(what, column, row)
        return left + (self.around(what, column + 1, row) - left) * right


def _cell(position: ArrayLike, period: float) -> tuple[Ints, Floats]:
    scaled = np.asarray(position, dtype=np.float64) / period
    cell = np.floor(scaled)
    part = scaled - cell
    return cell.astype(np.int64), part * part * (3 - 2 * part)


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """For parents with `counts` children each: the parent of every child, and its place among its siblings."""
    parent = np.repeat(np.arange(len(counts)), counts)
    return parent, np.arange(len(parent)) - np.repeat(np.cumsum(counts) - counts, counts)
