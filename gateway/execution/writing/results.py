"""What became of a write; enters rows that statements changed, leaves an outcome for each item and a box."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.errors import GatewayError

Box = tuple[float, float, float, float]  # west, south, east, north


class WriteOutcome(Enum):
    """What became of one item."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    DELETED = "DELETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RowResult:
    """One item: its place among the items, the row's id and version, and square metres that a repair changed."""

    index: int
    outcome: WriteOutcome
    id: int | None = None
    version: int | None = None
    area_change: float | None = None
    error: GatewayError | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """How many rows changed, and the box that holds them as they were and as they are."""

    count: int
    bbox: Box | None


def around(boxes: Sequence[Box]) -> Box | None:
    """The box of boxes."""
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)
