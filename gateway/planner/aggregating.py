"""Plans what all rows have together; enters a selection, leaves outputs whose asks are measures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.planner import asks
from gateway.planner.aggregates import EDGE_FIELDS, EDGE_FUNCTIONS, Function, functions
from gateway.planner.keys import related
from gateway.planner.plan import Aggregate, Computed, Constant, Member, RelatedKey
from gateway.planner.selection import Selected


class Asking(Protocol):
    """What takes note of a field with arguments, and of the field above that has some of them."""

    def __call__(self, selected: Selected, read: asks.Read, above: Selected | None = None) -> int: ...


def aggregate(layer: Layer, selected: Selected, ask: Asking) -> Aggregate:
    """The functions of rows that are selected."""
    return _aggregate(functions(layer), layer.fields, selected, ask)


def edge_aggregate(selected: Selected, ask: Asking) -> Aggregate:
    """The functions of edges that are selected."""
    return replace(_aggregate(EDGE_FUNCTIONS, EDGE_FIELDS, selected, ask), edges=True)


def _aggregate(
    known: Mapping[str, Function], fields: Mapping[str, LayerField], selected: Selected, ask: Asking
) -> Aggregate:
    ((type_name, children),) = selected.children.items()
    outputs = (
        _function(fields, known[child.name], child, ask) if child.name in known else Constant(child.key, type_name)
        for child in children
    )
    return Aggregate(selected.key, tuple(outputs))


def members(
    layer: Layer, selected: Selected, ask: Asking, row: Callable[[Relation, Selected], RelatedKey]
) -> tuple[Constant | Member, ...]:
    """What is selected of groups; `row` plans the row of a relation that is a key."""
    ((type_name, children),) = selected.children.items() if selected.children else (("", ()),)
    outputs: list[Any] = []
    for child in children:
        if child.name == "__typename":
            outputs.append(Constant(child.key, type_name))
        elif child.name == "aggregate" and child.children:
            outputs.append(aggregate(layer, child, ask))
        elif child.name in related(layer) and child.children:
            outputs.append(row(related(layer)[child.name], child))
        else:
            outputs.append(Member(child.key, child.name, members(layer, child, ask, row)))
    return tuple(outputs)


def _function(
    fields: Mapping[str, LayerField], function: Function, selected: Selected, ask: Asking
) -> Computed | Aggregate:
    if function.columns is None:
        return Computed(selected.key, ask(selected, asks.measure(function, None)), function.embed)
    if function.arguments:
        ask(selected, asks.measure(function, None))  # what is wrong with one is said where no column is selected, too
    return Aggregate(selected.key, tuple(_columns(fields, function, selected, ask)))


def _columns(
    fields: Mapping[str, LayerField], function: Function, selected: Selected, ask: Asking
) -> Iterator[Computed | Constant]:
    ((type_name, children),) = selected.children.items()
    for child in children:
        field = fields.get(child.name)
        if field is None or field.withheld:
            yield Constant(child.key, type_name if field is None else None)
        else:
            yield Computed(child.key, ask(child, asks.measure(function, field), selected), embed=False)
