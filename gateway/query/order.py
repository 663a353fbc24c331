"""The order of rows; enters the items of an `order` argument, leaves frozen terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from gateway import errors
from gateway.layers import Layer, LayerField, Layers
from gateway.models.kinds import Kind
from gateway.query.filters import And, Filter, Searched, Target
from gateway.query.geometry import parse_target
from gateway.query.ids import NodeRef
from gateway.query.seen import check_seen
from gateway.settings import LimitSettings

MAX_TERMS = 8


class Ordering(Enum):
    """Direction and place of missing values, which come last unless the order says that they come first."""

    ASC = "ASC"
    ASC_NULLS_FIRST = "ASC_NULLS_FIRST"
    ASC_NULLS_LAST = "ASC_NULLS_LAST"
    DESC = "DESC"
    DESC_NULLS_FIRST = "DESC_NULLS_FIRST"
    DESC_NULLS_LAST = "DESC_NULLS_LAST"


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """Order by a column or hybrid.

    `either_end` is that of DESC alone: it is read from the other end of the index that ASC has, in which missing values
    come first then. DESC_NULLS_LAST names an index of its own.
    """

    field: LayerField
    descending: bool = False
    nulls_first: bool = False
    either_end: bool = False

    @property
    def label(self) -> str:
        """What a cursor's signature says of the term."""
        return f"{self.field.name}:{self.descending}:{self.nulls_first}"


@dataclass(frozen=True, slots=True)
class DistanceTerm:
    """Order by the geodesic distance to a geometry, nearest first."""

    target: Target

    descending = False
    nulls_first = False

    @property
    def label(self) -> str:
        """What a cursor's signature says of the term, the same in every process."""
        target = self.target
        said = f"{target.layer.name}:{target.id}" if isinstance(target, NodeRef) else repr(target)
        return f"distanceTo:{said}"


@dataclass(frozen=True, slots=True)
class ScoreTerm:
    """Order by how well a text finds a row."""

    searched: Searched
    descending: bool

    nulls_first = False

    @property
    def label(self) -> str:
        """What a cursor's signature says of the term."""
        return f"search:{self.descending}:{self.searched.text}"


Term = FieldTerm | DistanceTerm | ScoreTerm


def is_orderable(field: LayerField) -> bool:
    """Whether rows can be ordered by the field: every kind but JSON and the geometry itself."""
    return field.kind is not Kind.JSON and field.name != "geometry"


def parse_order(
    layer: Layer,
    layers: Layers,
    limits: LimitSettings,
    value: Sequence[Mapping[str, object]] | None,
    kept: Filter | None = None,
) -> tuple[Term, ...]:
    """Read the terms, of which `search` means the text of the filter; rows that tie are ordered by id in the end."""
    if not value:
        return ()
    if len(value) > MAX_TERMS:
        raise errors.ListLimit(f"order takes at most {MAX_TERMS} terms.", path=("order",), limit=MAX_TERMS)
    terms = tuple(
        _score(kept, item["search"], ("order", i, "search"))
        if "search" in item
        else _term(layer, layers, limits, item, i)
        for i, item in enumerate(value)
    )
    if any(isinstance(term, DistanceTerm) for term in terms[1:]):
        raise errors.ArgumentError("distanceTo must be the first term of order.", path=("order",))
    return terms


def _score(kept: Filter | None, given: object, path: Sequence[str | int]) -> ScoreTerm:
    items = kept.items if isinstance(kept, And) else (kept,)
    search = next((each for each in items if isinstance(each, Searched)), None)
    if search is None:
        message = "The order by search is of the text of the filter search. Give filters: {search: {match: ...}}, too."
        raise errors.ArgumentError(message, path=path)
    return ScoreTerm(search, Ordering(given).value.startswith("DESC"))


def _term(layer: Layer, layers: Layers, limits: LimitSettings, item: Mapping[str, object], index: int) -> Term:
    ((name, given),) = item.items()
    if name == "distanceTo":
        return DistanceTerm(parse_target(given, layers, limits, path=("order", index, name)))
    ordering = Ordering(given)
    descending = ordering.value.startswith("DESC")
    field = layer.fields[name]
    check_seen(field, ("order", index, name))
    either_end = ordering is Ordering.DESC and field.nullable
    return FieldTerm(field, descending, ordering.value.endswith("FIRST"), either_end)
