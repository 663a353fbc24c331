"""Rows as GeoJSON Features (RFC 7946, 3.2); enters rows, leaves JSON bytes around PostGIS's own text."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum

import numpy as np
import orjson

from gateway.execution.loaders import Loaders
from gateway.execution.values import LayerRow
from gateway.geo.bbox import around
from gateway.layers import Layer, LayerField, Layers
from gateway.models.kinds import Kind
from gateway.planner.derived import BBOX
from gateway.query.features import FeatureOptions, parse_features, property_fields
from gateway.query.values import Column
from schema.annotations import Argument, Types, make_enum, plain
from schema.geometry_fields import PRECISION, SIMPLIFY
from schema.scalars import fragment


def add_property_enum(types: Types, layer: Layer) -> None:
    """Make `ParcelProperty`: what may stand in `properties` of a feature."""
    choices = {field.attribute.upper(): field for field in property_fields(layer)}
    made = Enum("Property", {member: field.name for member, field in choices.items()})  # type: ignore[misc]
    description = (
        f"What may stand in `properties` of a GeoJSON Feature of {layer.verbose_name_plural}, under its name here."
    )
    texts = {member: field.description for member, field in choices.items()}
    make_enum(types, f"{layer.type_name}Property", description, made, texts)


def feature_arguments(layer: Layer) -> dict[str, Argument]:
    """The arguments of a field that gives features."""
    text = "What `properties` of a feature hold; without it every column but attributes."
    properties = Argument(f"list[{layer.type_name}Property] | None", text)
    return {"properties": properties, "simplify": SIMPLIFY, "precision": PRECISION}


def options_of(layers: Layers, layer: Layer, **given: object) -> FeatureOptions:
    """What the arguments ask for, of the layer as the principal sees it."""
    return parse_features(layers[layer.name], **{name: plain(value) for name, value in given.items()})


async def feature_json(loaders: Loaders, layer: Layer, wanted: FeatureOptions, row: LayerRow) -> bytes:
    """One Feature."""
    geometry, *values = await asyncio.gather(
        loaders.value_by_id(layer, wanted.geometry).load(row.id),
        *(_value(loaders, layer, field, row) for field in wanted.fields),
    )
    return _dump(
        {
            "type": "Feature",
            "id": row.id,
            "geometry": fragment(geometry),
            "properties": {field.name: value for field, value in zip(wanted.fields, values, strict=True)},
        }
    )


async def collection_json(loaders: Loaders, layer: Layer, wanted: FeatureOptions, rows: Sequence[LayerRow]) -> bytes:
    """A FeatureCollection of rows, with the `bbox` of what it holds."""
    box = loaders.value_by_id(layer, BBOX)
    features, boxes = await asyncio.gather(
        asyncio.gather(*(feature_json(loaders, layer, wanted, row) for row in rows)),
        asyncio.gather(*(box.load(row.id) for row in rows)),
    )
    collection: dict[str, object] = {"type": "FeatureCollection", "features": list(map(fragment, features))}
    if boxes:
        collection["bbox"] = around(np.array(boxes, dtype=float))
    return _dump(collection)


async def _value(loaders: Loaders, layer: Layer, field: LayerField, row: LayerRow) -> object:
    if field.withheld:
        return None
    if field.kind is Kind.JSON:
        return fragment(await loaders.value_by_id(layer, Column(field)).load(row.id))
    if field.computed:
        return await loaders.value_by_id(layer, Column(field)).load(row.id)
    value = getattr(row, field.attribute)
    return _number(value) if isinstance(value, Decimal) else value


def _number(value: Decimal) -> object:
    """A decimal as PostgreSQL writes it in JSON: a number, or a text where JSON has no form for it."""
    text = format(value, "f")
    return fragment(text) if value.is_finite() else text


def _dump(value: object) -> bytes:
    return orjson.dumps(value, default=str)  # asyncpg's UUID is one of its own
