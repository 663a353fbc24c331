"""The types of `aggregate`, derived from layers and the table of functions; enters a layer, leaves its types."""

from dataclasses import dataclass
from typing import Protocol

from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from gateway.execution.values import Plain
from gateway.layers import Layer, LayerField
from gateway.planner.aggregates import Columns, Function, functions
from gateway.query.values import Measure
from schema.annotations import Argument, Resolver, Types, make_type, of_column, resolved
from schema.features import PRIVATE
from schema.info import Info
from schema.scalars import fragment


class Measuring(Protocol):
    """Rows of which something can be measured."""

    async def measure(self, measure: Measure) -> object:
        """What the rows have together."""


@dataclass(frozen=True, slots=True)
class OfColumns:
    """What the fields of a function of columns resolve from: whose rows it is of, and its arguments."""

    rows: Measuring
    function: Function
    given: dict[str, Plain]


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
    arguments = {
        name: Argument(kind, text, function.defaults.get(name, UNSET))
        for name, (kind, text) in function.arguments.items()
    }
    if function.columns is None:
        return resolved(types, _of_rows(function), function.returns(layer), function.description, **arguments)
    returns = f"{layer.type_name}{function.columns.suffix}"
    return resolved(types, _of_columns(function), returns, function.description, **arguments)


def _of_rows(function: Function) -> Resolver:
    async def resolve(root: Measuring, **given: Plain) -> object:
        value = await root.measure(function.measure(None, given))
        return fragment(value) if function.embed and value is not None else value

    return resolve


def _of_columns(function: Function) -> Resolver:
    def resolve(root: Measuring, **given: Plain) -> OfColumns:
        function.read(given)  # what is wrong with it is said here, once for all columns
        return OfColumns(root, function, given)

    return resolve


def _column(types: Types, layer: Layer, columns: Columns, field: LayerField) -> StrawberryField:
    async def resolve(root: OfColumns, info: Info) -> object:
        if info.context.layers[layer.name].fields[field.name].withheld:
            return None
        return await root.rows.measure(root.function.measure(field, root.given))

    private = field.attribute in layer.private
    description = f"{field.description} {PRIVATE}" if private else field.description
    made = resolved(types, resolve, f"{columns.returns[field.kind]} | None", description)
    return of_column(made, layer, field.attribute)
