"""What analyses cost; enters what is selected of `analysis`, leaves terms of prices."""

from collections.abc import Callable
from typing import Final, TypeAlias

from graphql import SelectionSetNode

from gateway.layers import Layer
from gateway.query.analysis_costs import expected, reading
from gateway.query.costs import FilterCosts
from gateway.query.values import Given as Given_
from schema.given import Given, given
from schema.prices import Price, Variables
from schema.summary_costs import Members

ANALYSIS: Final = "Analysis"  # the type of what has them
Term: TypeAlias = Callable[[Variables], float]
Takes: TypeAlias = Callable[[FilterCosts, Layer, object, str, Given_], float]  # of filters and a method
Costs: TypeAlias = dict[bool, FilterCosts]  # of what there is, and of what there was


def price_analyses(
    costs: Costs, selections: SelectionSetNode, members: Members, finding: Price, methods: Price
) -> None:
    """Add what finds the rows to one price, and what statistics expect of the methods to another."""
    by_field = {layer.plural: layer for layer in costs[False].layers}
    for name, node in members(selections):
        if (layer := by_field.get(name)) is None or node.selection_set is None:
            continue
        arguments = {each.name.value: given(each.value) for each in node.arguments or ()}
        here = costs["asOf" in arguments]
        for method, child in members(node.selection_set):
            own = {each.name.value: given(each.value) for each in child.arguments or ()}
            for price, takes in ((finding, reading), (methods, expected)):
                price.terms.append(_term(takes, here, layer, arguments.get("filters"), (method, own)))


def _term(
    takes: Takes, costs: FilterCosts, layer: Layer, filters: Given | None, asked: tuple[str, dict[str, Given]]
) -> Term:
    name, own = asked

    def time(variables: Variables) -> float:
        values = {key: value.at(variables) for key, value in own.items()}
        return takes(costs, layer, None if filters is None else filters.at(variables), name, values)

    return time
