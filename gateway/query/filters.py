"""The tree of a filter; enters nothing, leaves the frozen nodes that the parser makes and SQL reads."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.geo.shapes import Shape
from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.models.slots import Slot
from gateway.query.ids import NodeRef


@dataclass(frozen=True, slots=True)
class ShapeSlots:
    """The places of a Shape's values."""

    ewkb: Slot[bytes]
    parts: tuple[Slot[bytes], ...]
    center: tuple[Slot[float], Slot[float]] | None
    radius: Slot[float] | None


@dataclass(frozen=True, slots=True)
class NodeSlot:
    """The place of a row's id."""

    layer: Layer
    id: Slot[int]


RowTarget = NodeRef | NodeSlot
Target = Shape | ShapeSlots | RowTarget


@dataclass(frozen=True, slots=True)
class Compare:
    """A lookup of a scalar field; `value` is hashable: a scalar, a tuple of them, or JSON text."""

    field: LayerField
    lookup: str
    value: object


@dataclass(frozen=True, slots=True)
class Spatial:
    """A lookup of a geometry against another; `distance` in metres for dwithin, `pattern` (DE-9IM) for relate."""

    field: LayerField
    lookup: str
    target: Target
    distance: float | Slot[float] | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class IsValid:
    """Whether a geometry is valid."""

    field: LayerField
    value: bool


@dataclass(frozen=True, slots=True)
class InCell:
    """Whether the middle of a geometry's box lies in a cell: level, column and line, and its sides in degrees."""

    field: LayerField
    cell: tuple[int | Slot[int], ...]
    sides: tuple[float | Slot[float], ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """Whether a text finds a row by one of these fields; where it finds by none of them, no row."""

    fields: tuple[LayerField, ...]
    text: str | Slot[str]


class Quantifier(StrEnum):
    """How many related rows must match."""

    SOME = "some"
    EVERY = "every"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of which some, every or none of the related rows match."""

    layer: Layer
    relation: Relation
    quantifier: Quantifier
    filter: "Filter | None"


@dataclass(frozen=True, slots=True)
class RelatedCount:
    """Rows that are related to so many as `condition` says, a filter of the field `count`."""

    relation: Relation
    condition: "Filter"


@dataclass(frozen=True, slots=True)
class And:
    """All hold."""

    items: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """One holds at least."""

    items: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Does not hold; a lookup of a missing value does not hold either, so its negation does."""

    item: "Filter"


Filter = Compare | Spatial | IsValid | InCell | Searched | Related | RelatedCount | And | Or | Not
