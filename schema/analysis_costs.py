"""What analyses cost; enters what is selected of `analysis`, leaves terms of prices."""

from collections.abc import Callable
from typing import Final, TypeAlias

from graphql import SelectionSetNode

from gateway.layers import Layer
from gateway.query import weights
from gateway.query.analysis_costs import expected
from gateway.query.costs import FilterCosts
from schema.given import Given, given
from schema.prices import Price, Variables
from schema.summary_costs import Members

ANALYSIS: Final = "Analysis"  # the type of what has them
Term: TypeAlias = Callable[[Variables], float]
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
            finding.terms.append(_finding(here, layer, arguments))
            methods.terms.append(_method(here, layer, arguments, method, own))


def _finding(costs: FilterCosts, layer: Layer, arguments: dict[str, Given]) -> Term:
    def time(variables: Variables) -> float:
        return 2 * (weights.STATEMENT + costs.work(layer, _filters(arguments, variables)).time())

    return time


def _method(costs: FilterCosts, layer: Layer, arguments: dict[str, Given], name: str, own: dict[str, Given]) -> Term:
    def time(variables: Variables) -> float:
        values = {key: value.at(variables) for key, value in own.items()}
        return expected(costs, layer, _filters(arguments, variables), name, values)

    return time


def _filters(arguments: dict[str, Given], variables: Variables) -> object:
    value = arguments.get("filters")
    return None if value is None else value.at(variables)
