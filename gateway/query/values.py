"""Values that are computed for a row or an edge; enters options, leaves frozen names of what to compute."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement

from gateway.geo.kinds import AREAS, LINES
from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation, RelationKind
from gateway.models.slots import Slot
from gateway.query.geometry import GeometryOptions

Given: TypeAlias = Mapping[str, Any]  # coerced arguments of a field, of the types that the schema says


@dataclass(frozen=True, slots=True)
class GeometryText:
    """A geometry field as GeoJSON text, simplified, rounded, or in another CRS."""

    field: LayerField
    options: GeometryOptions


@dataclass(frozen=True, slots=True)
class Column:
    """A column or hybrid that is not read with every row."""

    field: LayerField


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a derived field: `sql` makes it of a row and of what is `given` and bound, numbers and targets."""

    sql: Callable[..., ColumnElement[Any]]
    given: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """What many rows have together: `sql` makes it of the rows, of a column, and of what is `given`.

    A `raw` one is compared in the database, and not told to a client.
    """

    sql: Callable[..., ColumnElement[Any]]
    field: LayerField | None = None
    given: tuple[object, ...] = ()
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How rows are counted: EXACT, ESTIMATED or CAPPED at `cap`."""

    mode: str
    cap: int | Slot[int | None] | None


Expression = GeometryText | Column | Value


class EdgeValue(StrEnum):
    """What an edge of a spatial relation can carry, by attribute name."""

    OVERLAP_AREA_SQM = "overlap_area_sqm"
    OVERLAP_LENGTH_M = "overlap_length_m"
    OVERLAP = "overlap"  # of rows of any kind, what coverage is made of; no field
    COVERAGE = "coverage"
    IS_PRIMARY = "is_primary"
    SHARED_BORDER_M = "shared_border_m"


def edge_values(relation: Relation, source: Layer, target: Layer) -> tuple[EdgeValue, ...]:
    """What the edges of a relation carry: an area where polygons overlap, a length where lines lie in the other side.

    Coverage has no sense for a part of points, nor for one of polygons in a whole of lines.
    """
    if relation.kind is RelationKind.BORDER:
        return (EdgeValue.SHARED_BORDER_M,)
    part, whole = (layer.dimensions for layer in relation.ends(source, target))
    values = []
    if AREAS in part & whole:
        values.append(EdgeValue.OVERLAP_AREA_SQM)
    if (LINES in part and max(whole) >= LINES) or (LINES in whole and max(part) >= LINES):
        values.append(EdgeValue.OVERLAP_LENGTH_M)
    if any(0 < dimension <= max(whole) for dimension in part):
        values += [EdgeValue.COVERAGE, EdgeValue.IS_PRIMARY]
    return tuple(values)


def measured_by(part: frozenset[int]) -> EdgeValue:
    """The overlap that coverage is made of, by the dimensions of the part."""
    if len(part) > 1:
        return EdgeValue.OVERLAP
    return EdgeValue.OVERLAP_AREA_SQM if AREAS in part else EdgeValue.OVERLAP_LENGTH_M
