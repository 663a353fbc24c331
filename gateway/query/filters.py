"""The tree of a filter; enters nothing, leaves the frozen nodes that the parser makes and SQL reads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.geo.shapes import Shape
from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.query.ids import NodeRef

Target = Shape | NodeRef


@dataclass(frozen=True, slots=True)
class Compare:
    """A lookup of a scalar field; `value` is hashable: a scalar, a tuple of them, or JSON text."""

    field: LayerField
    lookup: str
    value: Any


@dataclass(frozen=True, slots=True)
class Spatial:
    """A lookup of a geometry against another; `distance` in metres for dwithin, `pattern` (DE-9IM) for relate."""

    field: LayerField
    lookup: str
    target: Target
    distance: float | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class IsValid:
    """Whether a geometry is valid."""

    field: LayerField
    value: bool


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


Filter = Compare | Spatial | IsValid | Related | And | Or | Not
