"""The sample county; enters a number of parcels, a seed and a number of districts, leaves record batches.

Pure and synchronous: the same arguments give the same bytes on every machine, in chunks of any size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from gateway.errors import OutOfRange
from gateway.management.sample.blocks import blocks
from gateway.management.sample.chance import Chance, Ints
from gateway.management.sample.districts import districts
from gateway.management.sample.lots import lots
from gateway.management.sample.parcels import parcel_batch
from gateway.management.sample.patches import patches
from gateway.management.sample.tracts import tracts
from gateway.management.sample.zoning import district_batch

MOST_PARCELS: Final = 1_000_000
MOST_DISTRICTS: Final = 20_000
LARGEST_SEED: Final = 2**63 - 1
CHUNK: Final = 16_384  # parcels, roughly: chunks end where tracts end
_PER_DISTRICT = 500
_BATCH = 256  # tracts laid out at once to count their parcels


@dataclass(frozen=True)
class County:
    """A believable county near 42.0 N, 93.3 W, in EPSG:4326; see `county`.

    Parcels share every vertex of a common border and do not overlap; districts tile the county and cover every
    parcel. Rings are right-handed, coordinates have 7 decimals, geometries are multipolygons in EWKB.
    """

    size: int
    seed: int
    district_count: int

    @cached_property
    def _chance(self) -> Chance:
        return Chance(self.seed)

    @cached_property
    def _starts(self) -> Ints:
        """The first parcel of each tract, then the end: tracts are taken until there are enough parcels."""
        counts: list[Ints] = []
        total, first = 0, 0
        while total < self.size:
            laid = blocks(self._chance, patches(self._chance, tracts(self._chance, first, first + _BATCH), first))
            parcels = laid.parcels.sum(axis=1)
            counts.append(np.bincount(laid.patches.tract[laid.patch], parcels, minlength=_BATCH).astype(np.int64))
            total, first = total + int(parcels.sum()), first + _BATCH
        ends = np.cumsum(np.concatenate(counts))
        ends = ends[: np.searchsorted(ends, self.size) + 1]
        return np.concatenate([[0], ends])

    def parcels(self, chunk: int = CHUNK) -> Iterator[pa.RecordBatch]:
        """The parcels in order, in batches of about `chunk`; columns are those of the table `parcels`."""
        starts = self._starts
        first, last = 0, len(starts) - 1
        while first < last:
            end = min(max(first + 1, int(np.searchsorted(starts, starts[first] + chunk, side="right")) - 1), last)
            cut = blocks(self._chance, patches(self._chance, tracts(self._chance, first, end), first))
            start = int(starts[first])
            yield parcel_batch(self._chance, lots(self._chance, cut, self.size - start), start, starts)
            first = end

    def districts(self) -> Iterator[pa.RecordBatch]:
        """The zoning districts, in one batch; columns are those of the table `zoning_districts`."""
        count = len(self._starts) - 1
        found = districts(self._chance, count, self.district_count)
        yield district_batch(self._chance, found, tracts(self._chance, 0, count))


def county(parcels: int, seed: int, districts: int | None = None) -> County:
    """A county of exactly so many parcels and districts, by default one district for 500 parcels.

    Raises OutOfRange for a number that no county can have.
    """
    most = min(parcels, MOST_DISTRICTS)
    number = max(1, round(parcels / _PER_DISTRICT)) if districts is None else districts
    for name, value, low, high in (
        ("parcels", parcels, 1, MOST_PARCELS),
        ("seed", seed, 0, LARGEST_SEED),
        ("districts", number, 1, most),
    ):
        if not low <= value <= high:
            raise OutOfRange(f"{name} must be from {low:,} to {high:,}, not {value:,}.", path=[name])
    return County(parcels, seed, number)
