"""Values that are computed for a row or an edge; enters options, leaves frozen names of what to compute."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway import errors
from gateway.layers import LayerField, RelationKind
from gateway.query.filters import Target
from gateway.query.geometry import GeometryOptions
from gateway.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class GeometryText:
    """A geometry field as GeoJSON text, simplified, rounded, or in another CRS."""

    field: LayerField
    options: GeometryOptions


@dataclass(frozen=True, slots=True)
class BufferText:
    """The area within `metres` of the geometry, as GeoJSON text of a MultiPolygon."""

    metres: float


def parse_buffer(meters: float, limits: LimitSettings) -> BufferText:
    """Check the width of a buffer."""
    widest = limits.buffer_m
    if not -widest <= meters <= widest:
        message = f"meters must be -{widest:g} to {widest:g}, not {meters:g}."
        raise errors.OutOfRange(message, path=("meters",), limit=widest)
    return BufferText(meters)


@dataclass(frozen=True, slots=True)
class Column:
    """A column or hybrid that is not read with every row."""

    field: LayerField


@dataclass(frozen=True, slots=True)
class Box:
    """The bounding box: west, south, east, north."""


@dataclass(frozen=True, slots=True)
class DistanceTo:
    """Metres to a target."""

    target: Target


@dataclass(frozen=True, slots=True)
class Count:
    """How rows are counted: EXACT, ESTIMATED or CAPPED at `cap`."""

    mode: str
    cap: int | None


Expression = GeometryText | BufferText | Column | Box | DistanceTo


class EdgeValue(StrEnum):
    """What an edge of a spatial relation can carry, by attribute name."""

    OVERLAP_AREA_SQM = "overlap_area_sqm"
    COVERAGE = "coverage"
    IS_PRIMARY = "is_primary"
    SHARED_BORDER_M = "shared_border_m"


EDGE_VALUES: Mapping[RelationKind, tuple[EdgeValue, ...]] = {
    RelationKind.OVERLAP: (EdgeValue.OVERLAP_AREA_SQM, EdgeValue.COVERAGE, EdgeValue.IS_PRIMARY),
    RelationKind.BORDER: (EdgeValue.SHARED_BORDER_M,),
}
