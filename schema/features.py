"""Floor 5. Types of features, derived from layers; enters a class that names a layer's columns, leaves a GraphQL type.

What every feature has (id, geometry and what is computed from it, relations) is added here; a class under `schema/`
names the columns, and may add fields of its own.
"""

from datetime import datetime
from typing import Any, ClassVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from gateway.layers import Layer, camel
from gateway.query import ids
from schema.annotations import Types, make_type, resolved
from schema.history import history_field, state_name
from schema.info import Info
from schema.measures import measure_fields
from schema.relations import relation_fields
from schema.scalars import BigInt
from schema.shapes import shape_fields

ID = "Global id: opaque, unique among all types, for `node` and for the caches of clients."
PRIVATE = "Private: null, with the reason in `extensions.withheld`, for whoever may not see it."


class FeatureType:
    """Base of the classes that describe features; a subclass sets `layer` and annotates its columns."""

    layer: ClassVar[Layer]


@strawberry.interface(description="Anything that has a global id (Relay).")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(description=ID)


def add_feature_type(types: Types, described: type[FeatureType]) -> None:
    """Make the GraphQL type of a layer from the class that describes it."""
    layer = types["layers"][described.layer.name]  # that of this gateway, which may have more relations
    namespace: dict[str, Any] = {"id": resolved(types, _global_id(layer), strawberry.ID, ID)}
    namespace |= _columns(types, described, layer)
    namespace |= {key: value for key, value in vars(described).items() if isinstance(value, StrawberryField)}
    for fields in (shape_fields, measure_fields, relation_fields):
        namespace |= fields(types, layer)
    namespace["history"] = history_field(types, layer)
    namespace["is_type_of"] = classmethod(lambda _cls, value, _info: isinstance(value, layer.model))
    description = " ".join((described.__doc__ or "").split())
    make_type(types, layer.type_name, description, namespace, Node)
    state = f"A {layer.verbose_name} as it was before a change."
    measures = {name: made for name, made in measure_fields(types, layer).items() if name != "feature"}
    make_type(
        types, state_name(layer), state, {**_columns(types, described, layer), **shape_fields(types, layer), **measures}
    )


def _columns(types: Types, described: type[FeatureType], layer: Layer) -> dict[str, Any]:
    columns = {**described.__annotations__, "version": int, "created_at": datetime, "updated_at": datetime}
    found: dict[str, Any] = {"feature_id": resolved(types, _feature_id, BigInt, layer.fields["featureId"].description)}
    return found | {name: _column(types, name, annotation, layer) for name, annotation in columns.items()}


def _global_id(layer: Layer) -> Any:
    def resolve(root: Any) -> strawberry.ID:
        return strawberry.ID(ids.encode(layer, root.id))

    return resolve


def _feature_id(root: Any) -> int:
    return int(root.id)


def _column(types: Types, attribute: str, annotation: Any, layer: Layer) -> StrawberryField:
    description = layer.fields[camel(attribute)].description
    if attribute in layer.private:
        return resolved(types, _private(attribute, layer), annotation | None, f"{description} {PRIVATE}")
    made: StrawberryField = strawberry.field(description=description)
    made.type_annotation = StrawberryAnnotation(annotation)
    return made


def _private(attribute: str, layer: Layer) -> Any:
    def resolve(root: Any, info: Info) -> Any:
        return None if attribute in info.context.layers[layer.name].withheld else getattr(root, attribute)

    return resolve
