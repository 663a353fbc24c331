"""What passes between a source and the rest of ingest: its description, and batches of columns.

Another source (a request body) only has to be a `Source`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyproj import CRS

ABSENT = ""
Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Description:
    """What a source says of itself before it is read; `notes` are for the report.

    `fid` is a name under which the feature's own number can be asked for; where the source itself names it, that is one
    of `fields`. `extent` is west, south, east, north in the source's coordinates, if it is known without reading all.
    """

    name: str
    fields: tuple[str, ...]
    crs: CRS | None
    features: int | None
    fid: str | None = None
    encoding: str | None = None  # of its text, where the format leaves that open, and who says so
    notes: tuple[str, ...] = ()
    format: str | None = None
    layer: str | None = None
    extent: Extent | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader had to change of one feature: the fields that are not what they were, and a sentence."""

    fields: tuple[str, ...]
    why: str


def add_remark(remarks: dict[int, tuple[Remark, ...]], row: int, field: str, why: str) -> None:
    """Add a remark on one field of a row."""
    remarks[row] = (*remarks.get(row, ()), Remark((field,), f"{field} {why}."))


@dataclass(frozen=True)
class SourceBatch:
    """Some features in a row: the index of the first, their fields and their geometry as WKB, nulls included.

    Fields called `json` hold values as JSON that jsonb can hold, each as it is written in the source; ABSENT where the
    feature has no such member. `remarks` go by row. `unread` says of rows whose geometry is null why: there is one, and
    it can't be read.
    """

    first: int
    fields: Mapping[str, pa.Array]
    wkb: pa.Array
    json: frozenset[str] = frozenset()
    remarks: Mapping[int, tuple[Remark, ...]] = field(default_factory=dict)
    unread: Mapping[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.wkb)


def storage(column: pa.Array) -> pa.Array:
    """A column without the type of an extension."""
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def extent_of(bounds: Sequence[float] | NDArray[np.float64] | None) -> Extent | None:
    """Bounds as an extent; None where one of them is not known."""
    if bounds is None or not np.isfinite(bounds).all():
        return None
    west, south, east, north = map(float, bounds)
    return west, south, east, north


class Reader(Protocol):
    """Features in an order that does not change, so that reading can go on at any index."""

    @property
    def description(self) -> Description: ...

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Read from feature `first` on, at most `rows` at a time; `notes` takes what the reader remarks."""


class Source(Reader, Protocol):
    """What is loaded: a reader of content that can be distinguished from another."""

    def fingerprint(self) -> str:
        """A digest of all that will be read."""
