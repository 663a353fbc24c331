"""Which fields of a layer leave in tiles and exports; enters a layer as someone sees it, leaves fields."""

from dataclasses import replace

from gateway import errors
from gateway.layers import Layer, LayerField
from gateway.models.kinds import Kind
from gateway.query.features import property_fields
from gateway.sql.tile_statement import TileLayer


def visible_fields(layer: Layer) -> tuple[LayerField, ...]:
    """The fields that may be properties: all that are not withheld."""
    return tuple(field for field in property_fields(layer) if not field.withheld)


def own_fields(layer: Layer) -> tuple[LayerField, ...]:
    """The visible columns that the layer itself declares: what a map shows when it asks for nothing else."""
    return tuple(
        field for field in visible_fields(layer) if field.own and not (field.computed or field.kind is Kind.JSON)
    )


def with_seen_legend(item: TileLayer, *, signed: bool) -> Layer:
    """The layer with the columns of its legend that are not withheld: values of the others are no colours.

    A signed URL has those alone that were signed; and since a legend counts all rows, none that is private where a
    filter was signed.
    """
    layer, shown = item.layer, set(item.layer.legend) - item.layer.withheld
    if signed:
        shown &= {field.attribute for field in item.properties}
        shown -= frozenset() if item.filter is None else layer.private
    return replace(layer, legend=tuple(name for name in layer.legend if name in shown))


def parse_properties(layer: Layer, text: str) -> tuple[LayerField, ...]:
    """Read `properties=landUse,areaSqm`; an empty text asks for none."""
    visible = {field.name: field for field in visible_fields(layer)}
    names = dict.fromkeys(name for name in (part.strip() for part in text.split(",")) if name)
    if unknown := [name for name in names if name not in visible]:
        message = f"{layer.plural} have no property {unknown[0][:80]!r} here."
        raise errors.ArgumentError(message, path=("properties",), names=f"There are {', '.join(visible)}.")
    return tuple(visible[name] for name in names)
