"""Floor 5. Builds the schema; enters layers and the classes that describe them, leaves a Strawberry schema."""

from collections.abc import Sequence

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.layers import LAYERS, Layers
from schema.annotations import Types
from schema.connections import add_connection_types, add_count_mode
from schema.features import FeatureType, add_feature_type
from schema.features_json import add_property_enum
from schema.inputs import add_layer_inputs, add_shared_inputs
from schema.measures import add_area_unit
from schema.parcels import Parcel
from schema.query import make_query
from schema.relations import add_relation_types
from schema.scalars import SCALARS
from schema.zoning_districts import ZoningDistrict

TYPES: tuple[type[FeatureType], ...] = (Parcel, ZoningDistrict)


def build_schema(layers: Layers = LAYERS, types: Sequence[type[FeatureType]] = TYPES) -> strawberry.Schema:
    """Make the schema of `layers`; `types` describes each of them."""
    made: Types = {"layers": layers}
    for add in (add_shared_inputs, add_count_mode, add_area_unit):
        add(made)
    for layer in layers:
        add_layer_inputs(made, layer)
        add_property_enum(made, layer)
    for layer in layers:
        add_connection_types(made, layer.type_name, layer, {})
        add_relation_types(made, layer)
    for described in types:
        add_feature_type(made, described)
    config = StrawberryConfig(scalar_map=SCALARS)
    return strawberry.Schema(query=make_query(made, layers), config=config)
