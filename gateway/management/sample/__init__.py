"""A sample county of any size: a number of parcels, a seed and a number of districts make record batches.

Pure and synchronous: the same arguments give the same bytes on every machine, in chunks of any size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from gateway.errors import OutOfRange
from gateway.management.sample.chance import Chance, Ints
from gateway.management.sample.columns import district_batch, parcel_batch
from gateway.management.sample.districts import districts
from gateway.management.sample.sides import PLACES, Sides

MOST_PARCELS: Final = 10_000_000
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
    def _starts(self) -> Ints:
        """The first parcel of each tract, then the end: tracts are taken until there are enough parcels."""
        starts = np.zeros(1, dtype=np.int64)
        while starts[-1] < self.size:
            first = len(starts) - 1
            sides = Sides(Chance(self.seed), first, first + _BATCH)
            tracts = sides.tract[sides.parcels() // PLACES] - first
            starts = np.append(starts, starts[-1] + np.cumsum(np.bincount(tracts, minlength=_BATCH)))
        return starts[: np.searchsorted(starts, self.size) + 1]

    def parcels(self, chunk: int = CHUNK) -> Iterator[pa.RecordBatch]:
        """The parcels in order, in batches of about `chunk`; columns are those of the table `parcels`."""
        starts = self._starts
        first, last = 0, len(starts) - 1
        while first < last:
            start = int(starts[first])
            end = min(max(first + 1, int(np.searchsorted(starts, start + chunk, side="right")) - 1), last)
            sides = Sides(Chance(self.seed), first, end)
            yield parcel_batch(sides, sides.parcels()[: self.size - start], start, starts)
            first = end

    def districts(self) -> Iterator[pa.RecordBatch]:
        """The zoning districts, in one batch; columns are those of the table `zoning_districts`."""
        chance = Chance(self.seed)
        yield district_batch(chance, *districts(chance, len(self._starts) - 1, self.district_count))


def county(parcels: int, seed: int, districts: int | None = None) -> County:
    """A county of exactly so many parcels and districts, by default one district for 500 parcels.

    Raises OutOfRange for a number that no county can have.
    """
    number = max(1, round(parcels / _PER_DISTRICT)) if districts is None else districts
    for name, value, low, high in (
        ("parcels", parcels, 1, MOST_PARCELS),
        ("seed", seed, 0, LARGEST_SEED),
        ("districts", number, 1, min(parcels, MOST_DISTRICTS)),
    ):
        if not low <= value <= high:
            raise OutOfRange(f"{name} must be from {low:,} to {high:,}, not {value:,}.", path=[name])
    return County(parcels, seed, number)
