"""The types of `edgeAggregate`, derived from the table of functions; enters the fields of an edge, leaves its types."""

from typing import Final

from strawberry.types.field import StrawberryField

from gateway.layers import LayerField
from gateway.planner.aggregates import EDGE_FIELDS, EDGE_FUNCTIONS, Function
from schema.annotations import Fields, Types, make_type, resolved
from schema.functions import OfColumns, function_arguments, of_columns, of_rows

_TEXTS: Final = {
    "count": "Number of edges.",
    "sum": "Sums of values.",
    "avg": "Means of values.",
    "min": "Least values.",
    "max": "Greatest values.",
    "stddev": "Standard deviations of a sample (n - 1); null of one edge.",
    "percentile": "Values below which a share of the edges lies; between two values where it falls there "
    "(percentile_cont).",
}


def add_edge_aggregate(types: Types, name: str, edge_fields: Fields) -> bool:
    """Make `{name}EdgeAggregate` and `{name}EdgeNumbers`; False where no value of an edge is a number."""
    numbers = {
        each: _number(types, EDGE_FIELDS[each], edge_fields[each]) for each in edge_fields if each in EDGE_FIELDS
    }
    if not numbers:
        return False
    make_type(types, f"{name}EdgeNumbers", "A number for each value of edges; null of no edges.", numbers)
    fields = {each: _function(types, name, function) for each, function in EDGE_FUNCTIONS.items()}
    description = "What many edges have together; of no edges the count is 0 and all else is null."
    make_type(types, f"{name}EdgeAggregate", description, fields)
    return True


def _function(types: Types, name: str, function: Function) -> StrawberryField:
    text = _TEXTS[function.name]
    if function.columns is None:
        return resolved(types, of_rows(function), "Int", text)
    made, arguments = of_columns(function), function_arguments(function)
    return resolved(types, made, f"{name}EdgeNumbers", text, **arguments)


def _number(types: Types, field: LayerField, of: StrawberryField) -> StrawberryField:
    async def resolve(root: OfColumns) -> object:
        return await root.rows.measure(root.function.measure(field, root.given))

    return resolved(types, resolve, "Float | None", of.description or "")
