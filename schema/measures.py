"""The fields of a feature that are measured or read apart; enters a layer, leaves fields that load by id."""

from enum import Enum

from strawberry.types.field import StrawberryField

from gateway.execution.values import LayerRow
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.planner.derived import Derived, derived
from gateway.query.units import Unit
from gateway.query.values import Column
from schema.annotations import Argument, Fields, Resolver, Types, apart, make_enum, plain, resolved
from schema.features_json import feature_arguments, feature_json, options_of
from schema.info import Info
from schema.scalars import fragment


class AreaUnit(Enum):
    """Square metres in one unit; acre and square foot are the international ones."""

    SQUARE_METRE = 1.0
    HECTARE = 10_000.0
    SQUARE_KILOMETRE = 1_000_000.0
    ACRE = 4_046.8564224
    SQUARE_FOOT = 0.09290304


def add_units(types: Types) -> None:
    """Make `AreaUnit` and `LengthUnit`."""
    texts = {
        "SQUARE_METRE": "Square metre.",
        "HECTARE": "Hectare: 10,000 square metres.",
        "SQUARE_KILOMETRE": "Square kilometre: 1,000,000 square metres.",
        "ACRE": "International acre: 4,046.8564224 square metres.",
        "SQUARE_FOOT": "International square foot: 0.09290304 square metres.",
    }
    make_enum(types, "AreaUnit", "A unit of area.", AreaUnit, texts)
    lengths = {"FEET": "International feet, of 0.3048 m.", "METERS": "Metres."}
    make_enum(types, "LengthUnit", "A unit of length.", Unit, lengths)


def measure_fields(types: Types, layer: Layer) -> Fields:
    """Numbers of hybrids, JSON, derived fields and `feature`."""
    every = layer.fields.values()
    numbers = {
        field.attribute: _loaded(types, layer, field, "Float")
        for field in every
        if field.computed and field.kind is not Kind.GEOMETRY
    }
    objects = {
        field.attribute: _loaded(
            types, layer, field, "JSON | None" if field.nullable or field.attribute in layer.private else "JSON"
        )
        for field in every
        if field.kind is Kind.JSON
    }
    measured = {each.name: _derived(types, layer, each) for each in derived(layer).values()}
    feature = resolved(
        types,
        _feature(layer),
        "Feature",
        "The row as a GeoJSON Feature; its id is `featureId`, for map libraries take whole numbers only.",
        **feature_arguments(layer),
    )
    return apart(layer.type_name, numbers, objects, measured, {"feature": feature})


def _loaded(types: Types, layer: Layer, field: LayerField, annotation: str) -> StrawberryField:
    async def resolve(root: LayerRow, info: Info) -> object:
        # The field as the principal sees it: it knows what is withheld.
        value = await info.context.value(layer, Column(info.context.layers[layer.name].fields[field.name]), root)
        return fragment(value) if field.kind is Kind.JSON and value is not None else value

    return resolved(types, resolve, annotation, field.description)


def _derived(types: Types, layer: Layer, each: Derived) -> StrawberryField:
    async def resolve(root: LayerRow, info: Info, **given: object) -> object:
        context = info.context.of(root)
        arguments = {name: plain(value) for name, value in given.items()}
        if each.divides:
            value = await context.value(layer, Column(layer.fields[each.divides]), root)
            return value / each.divisor(context.parser, arguments)
        wanted = await context.aside(lambda: each.wanted(context.parser, arguments))
        value = await context.value(layer, wanted, root)
        return fragment(value) if each.embed else value

    arguments = {name: Argument(kind, text) for name, (kind, text) in each.arguments.items()}
    returns = f"{each.returns} | None" if each.nullable else each.returns
    return resolved(types, resolve, returns, each.description, **arguments)


def _feature(layer: Layer) -> Resolver:
    async def resolve(root: LayerRow, info: Info, **given: object) -> object:
        wanted = options_of(info.context.layers, layer, **given)
        return fragment(await feature_json(info.context.of(root).loaders, layer, wanted, root))

    return resolve
