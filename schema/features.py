"""Types of features, derived from layers; enters a layer and what a class adds, leaves its type."""

from typing import ClassVar

import strawberry
from strawberry.types.field import StrawberryField

from gateway.layers import Layer, LayerField
from gateway.models import Feature
from gateway.models.kinds import Kind
from gateway.query import ids
from schema.annotations import Fields, Resolver, Types, apart, make_type, resolved
from schema.geometry_fields import geometry_fields
from schema.history import history_field, state_name
from schema.info import Info
from schema.inputs import SCALAR_OF
from schema.measures import measure_fields
from schema.relations import relation_fields

ID = "Global id: opaque, unique among all types, for `node` and for the caches of clients."
PRIVATE = "Private: null, with the reason in `extensions.withheld`, for those who may not see it."


class FeatureType:
    """Base of the classes that add fields to the type of a layer; a subclass sets `model`."""

    model: ClassVar[type[Feature]]


def fields_of(added: type[FeatureType]) -> Fields:
    """The fields that a class adds, by their names in Python."""
    return {key: value for key, value in vars(added).items() if isinstance(value, StrawberryField)}


@strawberry.interface(description="Anything that has a global id (Relay).")
class Node:
    """Relay's Node."""

    id: strawberry.ID = strawberry.field(description=ID)


def add_feature_type(types: Types, layer: Layer, added: Fields) -> None:
    """Make the GraphQL type of a layer, with the fields that a class adds."""
    columns = {"feature_id": resolved(types, lambda root: root.id, "BigInt", layer.fields["featureId"].description)}
    columns |= {field.attribute: _column(types, layer, field) for field in layer.fields.values() if _is_column(field)}
    shapes, measures = geometry_fields(types, layer), measure_fields(types, layer)
    identity = {"id": resolved(types, _global_id(layer), "ID", ID)}
    history = {"history": history_field(types, layer)} if layer.tracked else {}
    name, relations = layer.type_name, relation_fields(types, layer)
    namespace: dict[str, object] = {**apart(name, identity, columns, added, shapes, measures, relations, history)}
    namespace["is_type_of"] = classmethod(lambda _cls, value, _info: isinstance(value, layer.model))
    if layer.tracked:
        past = {name: made for name, made in {**columns, **shapes, **measures}.items() if name != "feature"}
        make_type(types, state_name(layer), f"A {layer.verbose_name} as it was before a change.", past)
    make_type(types, name, " ".join((layer.model.__doc__ or "").split()), namespace, Node)


def _is_column(field: LayerField) -> bool:
    return not field.computed and field.kind not in {Kind.GEOMETRY, Kind.JSON} and field.attribute != "id"


def _global_id(layer: Layer) -> Resolver:
    return lambda root: ids.encode(layer, root.id)


def _column(types: Types, layer: Layer, field: LayerField) -> StrawberryField:
    scalar = SCALAR_OF[field.kind]
    if field.attribute in layer.private:
        private = f"{field.description} {PRIVATE}"
        return resolved(types, _private(field.attribute, layer), f"{scalar} | None", private)
    annotation = types.annotation(f"{scalar} | None" if field.nullable else scalar)
    return StrawberryField(type_annotation=annotation, description=field.description)


def _private(attribute: str, layer: Layer) -> Resolver:
    def resolve(root: object, info: Info) -> object:
        return None if attribute in info.context.layers[layer.name].withheld else getattr(root, attribute)

    return resolve
