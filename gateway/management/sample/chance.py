"""Random numbers by name and key: the same seed, name and keys give the same number in any chunk and on any machine.

A counter-based generator (the finalizer of SplitMix64, https://prng.di.unimi.it/splitmix64.c) instead of a stream.
"""

from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Points = NDArray[np.complex128]  # x + y i


class Chance:
    """All the random numbers of one county."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def bits(self, what: str, *keys: ArrayLike) -> NDArray[np.uint64]:
        """64 random bits for each tuple of `keys`, which broadcast; `what` separates one use from another."""
        state = _mixed(np.array([(self._seed * 0x100000001 + crc32(what.encode())) % 2**64], dtype=np.uint64))
        for key in keys:
            numbers = np.atleast_1d(np.asarray(key, dtype=np.int64)).view(np.uint64)
            state = _mixed(state ^ (numbers * np.uint64(0x9E3779B97F4A7C15)))
        return state

    def unit(self, what: str, *keys: ArrayLike) -> Floats:
        """Numbers in [0, 1)."""
        return (self.bits(what, *keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, limit: ArrayLike, what: str, *keys: ArrayLike) -> Ints:
        """Whole numbers in [0, limit)."""
        return np.floor(self.unit(what, *keys) * np.asarray(limit)).astype(np.int64)

    def around(self, what: str, *keys: ArrayLike) -> Floats:
        """Numbers in [-1, 1)."""
        return self.unit(what, *keys) * 2 - 1

    def near(self, what: str, *keys: ArrayLike) -> Points:
        """Points in the square from -1 to 1."""
        return self.around(what, *keys, 0) + 1j * self.around(what, *keys, 1)

    def noise(self, what: str, at: Points, period: float) -> Points:
        """A smooth field over the plane: random points every `period`, smoothly interpolated."""
        columns, column, right = _cells(at.real / period)
        rows, row, up = _cells(at.imag / period)
        values = self.near(what, columns[:, None], rows)
        low, high = (values[column, each] * (1 - right) + values[column + 1, each] * right for each in (row, row + 1))
        return low * (1 - up) + high * up


def _cells(scaled: Floats) -> tuple[Ints, Ints, Floats]:
    """The lines of a grid, and for each number the line before it and the smoothed share of the way to the next."""
    cell = np.floor(scaled).astype(np.int64)
    part = scaled - cell
    return np.arange(cell.min(), cell.max() + 2), cell - cell.min(), part * part * (3 - 2 * part)


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """For parents with `counts` children each: the parent of every child, and its place among its siblings."""
    parent = np.repeat(np.arange(len(counts)), counts)
    return parent, np.arange(len(parent)) - np.repeat(np.cumsum(counts) - counts, counts)
