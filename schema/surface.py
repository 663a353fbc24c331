"""Builds the schema; enters layers and classes that add to their types, leaves a Strawberry schema."""

from collections.abc import Container, Sequence
from typing import Any

import strawberry
from strawberry.exceptions import DuplicatedTypeName
from strawberry.schema.config import StrawberryConfig

from gateway import errors
from gateway.layers import LAYERS, Layer, Layers
from gateway.planner.planning import OWN_RESOLVER
from schema.aggregates import add_aggregate_types
from schema.analysis import add_analysis_types
from schema.analysis_jobs import add_analysis_job_types
from schema.annotations import Types
from schema.clusters import add_cluster_types
from schema.connections import PageInfo, add_connection_types, add_count_mode
from schema.distinct import add_distinct_inputs, add_distinct_types
from schema.features import FeatureType, Node, add_feature_type, fields_of
from schema.features_json import add_property_enum
from schema.geometry_fields import ProjectedGeometry
from schema.group_inputs import add_group_inputs
from schema.groups import add_group_types, add_shared_group_types
from schema.history import add_history_types, add_operation
from schema.inputs import add_layer_inputs, add_shared_inputs
from schema.jobs import add_job_types
from schema.jurisdictions import add_jurisdiction_types
from schema.links import add_link_types
from schema.measures import add_units
from schema.mutations import make_mutation
from schema.notices import add_notice_types
from schema.query import make_query
from schema.relations import add_relation_types
from schema.scalars import SCALARS
from schema.search import add_search_types

TYPES: tuple[type[FeatureType], ...] = ()  # classes that add fields of their own to the types of layers

_SHARED = (
    add_shared_inputs,
    add_count_mode,
    add_units,
    add_link_types,
    add_operation,
    add_job_types,
    add_search_types,
    add_notice_types,
    add_jurisdiction_types,
    add_shared_group_types,
    add_distinct_types,
)


def build_schema(layers: Layers = LAYERS, types: Sequence[type[FeatureType]] = TYPES) -> strawberry.Schema:
    """Make the schema of `layers`; `types` add fields to theirs."""
    made = Types(layers)
    for each in (Node, PageInfo, ProjectedGeometry):
        made.add(each.__name__, each)
    added = {each.model.__name__: fields_of(each) for each in types}
    for add in _SHARED:
        add(made)
    for layer in layers:
        _check_name(layer)
        add_layer_inputs(made, layer)
        add_property_enum(made, layer)
        add_aggregate_types(made, layer)
        add_group_inputs(made, layer)
        add_distinct_inputs(made, layer)
        add_group_types(made, layer)
        add_cluster_types(made, layer)
    for layer in layers:
        add_connection_types(made, layer.type_name, layer, {}, whole=True)
        add_relation_types(made, layer)
        if layer.tracked:
            add_history_types(made, layer)
    for layer in layers:
        add_feature_type(made, layer, added.get(layer.type_name, {}))
    add_analysis_types(made)
    add_analysis_job_types(made)
    config = StrawberryConfig(scalar_map=SCALARS)
    try:
        schema = strawberry.Schema(make_query(made, layers), make_mutation(made, layers), config=config)
    except DuplicatedTypeName as error:
        raise errors.SetupError(f"{error} Rename the model of a layer, or its relation.") from error
    for name, fields in added.items():
        _mark_own_resolvers(schema, name, fields)
    return schema


MADE = ("Connection", "Edge", "Revision", "State")  # ends of types that are made of those of layers


def _check_name(layer: Layer) -> None:
    """Refuse a type that is called as a scalar, or as the types that are made of those of layers."""
    if layer.type_name in {"Int", "Float", "String", "Boolean", "ID", *(each.name for each in SCALARS.values())}:
        raise errors.SetupError(f"{layer.type_name} is a scalar of the schema. Rename the class of the model.")
    if ends := [end for end in MADE if layer.type_name.endswith(end)]:
        message = f"The type {layer.type_name} ends in {ends[0]}, as types do that are made of those of layers."
        raise errors.SetupError(f"{message} Rename the class of the model.")


def _mark_own_resolvers(schema: strawberry.Schema, type_name: str, names: Container[str]) -> None:
    """Tell the planner which fields of a type are not derived from its layer."""
    kind: Any = schema._schema.type_map[type_name]  # noqa: SLF001 - Strawberry has no public name for it
    for field in kind.fields.values():
        if field.extensions["strawberry-definition"].python_name in names:
            field.extensions[OWN_RESOLVER] = True
