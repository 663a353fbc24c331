"""The types of `aggregate`, derived from layers and the table of functions; enters a layer, leaves its types."""

from strawberry.types.field import StrawberryField

from gateway.layers import Layer, LayerField
from gateway.planner.aggregates import Columns, Function, functions
from schema.annotations import Types, make_type, of_column, resolved
from schema.features import PRIVATE
from schema.functions import OfColumns, function_arguments, of_columns, of_rows
from schema.info import Info


def add_aggregate_types(types: Types, layer: Layer) -> None:
    """Make `ParcelAggregate`, and a type of each set of columns."""
    known = functions(layer)
    for columns in dict.fromkeys(each.columns for each in known.values()):
        if columns is not None:
            _add_columns(types, layer, columns)
    description = f"What many {layer.verbose_name_plural} have together; of no rows counts are 0 and all else is null."
    fields = {name: _function(types, layer, each) for name, each in known.items()}
    make_type(types, f"{layer.type_name}Aggregate", description, fields)


def _add_columns(types: Types, layer: Layer, columns: Columns) -> None:
    fields = {each.name: _column(types, layer, columns, each) for each in columns.of(layer)}
    description = f"{columns.description} of {layer.verbose_name_plural}."
    make_type(types, f"{layer.type_name}{columns.suffix}", description, fields)


def _function(types: Types, layer: Layer, function: Function) -> StrawberryField:
    if function.columns is None:
        returns, resolver = function.returns(layer), of_rows(function)
    else:
        returns, resolver = f"{layer.type_name}{function.columns.suffix}", of_columns(function)
    return resolved(types, resolver, returns, function.description, **function_arguments(function))


def _column(types: Types, layer: Layer, columns: Columns, field: LayerField) -> StrawberryField:
    async def resolve(root: OfColumns, info: Info) -> object:
        if info.context.layers[layer.name].fields[field.name].withheld:
            return None
        return await root.rows.measure(root.function.measure(field, root.given))

    private = field.attribute in layer.private
    description = f"{field.description} {PRIVATE}" if private else field.description
    made = resolved(types, resolve, f"{columns.returns[field.kind]} | None", description)
    return of_column(made, layer, field.attribute)
