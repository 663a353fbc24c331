"""What aggregates and groups cost for each row or edge; enters what is selected of them, leaves microseconds."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from graphql import FieldNode, SelectionSetNode

from gateway import errors
from gateway.layers import Layer
from gateway.planner import group_costs
from gateway.planner.aggregates import EDGE_FIELDS, EDGE_FUNCTIONS, functions
from gateway.planner.clusters import areas
from gateway.planner.fields import EDGE_VALUES
from gateway.query import weights
from gateway.query.costs import FilterCosts
from gateway.query.page_costs import Clustered, Summary
from gateway.query.statistics import Box
from gateway.query.values import EdgeValue
from schema.connection_costs import Clustering, Summing, listed
from schema.given import Given
from schema.prices import Variables

_SHARES: Final = {"OVERLAP": EdgeValue.COVERAGE, "PRIMARY": EdgeValue.IS_PRIMARY, "WITHIN": EdgeValue.COVERAGE}
Counting = Summing | Clustering
Members = Callable[[SelectionSetNode], Iterator[tuple[str, FieldNode]]]  # fields of a selection, by name


def aggregate(costs: FilterCosts, layer: Layer, selections: SelectionSetNode, members: Members) -> float:
    """Microseconds that each row takes for the functions of an `aggregate`, and for the columns of each."""
    known, total = functions(layer), 0.0
    for name, node in members(selections):
        if (function := known.get(name)) is None:
            continue
        each = function.weight.base + function.weight.vertex * costs.table(layer).vertices
        if function.columns is None or node.selection_set is None:
            total += each
            continue
        fields = [layer.fields[child] for child, _ in members(node.selection_set) if child in layer.fields]
        total += sum(each + costs.computed(layer, field) for field in fields)
    return total


def edge_aggregate(selections: SelectionSetNode, members: Members, vertices: float, *, kept: bool) -> Summary:
    """What an `edgeAggregate` takes for each edge: its values, each computed once, and their functions."""
    each, values = 0.0, set[str]()
    for name, node in members(selections):
        if (function := EDGE_FUNCTIONS.get(name)) is None:
            continue
        columns = {child for child, _ in members(node.selection_set)} if node.selection_set is not None else {name}
        values |= columns & EDGE_FIELDS.keys()
        each += function.weight.base * len(columns)
    return Summary(each + sum(_edge_value(name, vertices, kept=kept) for name in values))


def _edge_value(name: str, vertices: float, *, kept: bool) -> float:
    value = EDGE_VALUES[EdgeValue(EDGE_FIELDS[name].attribute)]
    assert value.weight is not None
    return weights.KEPT if kept else value.weight.base + value.weight.vertex * vertices


def grouped(
    costs: FilterCosts, layer: Layer, node: FieldNode, arguments: Mapping[str, Given], members: Members
) -> Summing:
    """What groups take for each row: their keys, and the functions of all that is selected of them."""
    each, keys = 0.0, arguments["keys"]
    for name, child in members(node.selection_set) if node.selection_set else ():
        for part, below in members(child.selection_set) if name == "groups" and child.selection_set else ():
            if part == "aggregate" and below.selection_set is not None:
                each += aggregate(costs, layer, below.selection_set, members)

    def summed(variables: Variables) -> Summary:
        return Summary(each + group_costs.keys(costs, layer, listed(keys.at(variables))), weights.STATEMENT)

    return summed if keys.varies else summed({})


def shared(summed: Summing, share: Given, vertices: float, *, kept: bool) -> Summing:
    """The same of the rows of a relation, where `share` says how each counts; `kept` pairs know their shares."""

    def made(variables: Variables) -> Summary:
        summary, wanted = summed(variables) if callable(summed) else summed, share.at(variables)
        value = _SHARES.get(str(getattr(wanted, "value", wanted)))
        if value is None:
            return summary
        weight = EDGE_VALUES[value].weight
        assert weight is not None
        each = weights.PROBE + weights.KEPT if kept else weight.base + weight.vertex * vertices
        return summary._replace(each=summary.each + each)

    return made if share.varies or callable(summed) else made({})


def distinct(arguments: Mapping[str, Given]) -> Summing:
    """What the values of a column take for each row."""

    def summed(variables: Variables) -> Summary:
        given = {name: value.at(variables) for name, value in arguments.items()}
        return Summary(group_costs.distinct(given), weights.STATEMENT)

    return summed if any(value.varies for value in arguments.values()) else summed({})


def clusters(
    costs: FilterCosts, layer: Layer, node: FieldNode, arguments: Mapping[str, Given], members: Members
) -> Clustering:
    """What `clusters` takes, by the cells of its zoom that its box meets, and by its sum."""
    asked = [arguments.get(name) for name in ("zoom", "bbox", "sum")]
    table = costs.table(layer)
    selected = members(node.selection_set) if node.selection_set else ()
    apart = any(name == "expansionZoom" for name, _ in selected)

    def counted(variables: Variables) -> Clustered:
        values: Iterator[Any] = (each.at(variables) if each is not None else None for each in asked)
        zoom, box, name = values
        try:
            cells = areas(layer, int(zoom), box)
        except (TypeError, ValueError, errors.ArgumentError):
            cells = ()  # it will be refused
        kept = costs.counted(layer) and all(each.kept is not None for each in cells) and _added(layer, name)
        near = sum(table.within(cast("Box", each.reach)) for each in cells) * costs.rows(layer) / max(table.rows, 1.0)
        return Clustered(near, counted=kept, apart=apart)

    return counted if any(each is not None and each.varies for each in asked) else counted({})


def _added(layer: Layer, name: object) -> bool:
    """Whether overviews keep the sum of a column, whose name is another in a document than in a variable."""
    field = layer.fields.get(str(name))
    return name is None or (field.attribute if field else str(name).lower()) in layer.summed
