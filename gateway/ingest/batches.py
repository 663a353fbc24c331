"""Floor 3. What passes between a source and the rest of ingest: its description, and batches of columns.

Another source (a request body) only has to be a `Source`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
from pyproj import CRS

ABSENT = ""


@dataclass(frozen=True)
class Description:
    """What a source says of itself before it is read; `notes` are for the report."""

    name: str
    fields: tuple[str, ...]
    crs: CRS | None
    features: int | None
    fid: str | None = None  # a name under which the feature's own number can be asked for
    encoding: str | None = None  # of its text, where the format leaves that open, and who says so
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader had to change of one feature: the fields that are not what they were, and a sentence."""

    fields: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class SourceBatch:
    """Some features in a row: the index of the first, their fields and their geometry as WKB, nulls included.

    Fields called `json` hold values as JSON that jsonb can hold, each as it is written in the source; ABSENT where the
    feature has no such member. `remarks` go by row.
    """

    first: int
    fields: Mapping[str, pa.Array]
    wkb: pa.Array
    json: frozenset[str] = frozenset()
    remarks: Mapping[int, tuple[Remark, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.wkb)


class Source(Protocol):
    """Features in an order that does not change, so that reading can go on at any index."""

    @property
    def description(self) -> Description: ...

    def fingerprint(self) -> str:
        """A digest of all that will be read."""

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Read from feature `first` on, at most `rows` at a time; `notes` takes what the reader remarks."""
