"""Relations of a feature as connection fields; enters a layer, leaves a field for each of its relations."""

from types import MappingProxyType

from strawberry.types.field import StrawberryField

from gateway.execution.loaders.connection import Connection, RelatedQueries
from gateway.execution.values import LayerRow, Plain
from gateway.layers import Layer
from gateway.models.declaration import Relation
from gateway.query.values import EdgeValue, edge_values
from schema.annotations import Argument, Fields, Types, resolved
from schema.connections import (
    add_connection_types,
    connection_arguments,
    edge_value_fields,
    query_arguments,
)
from schema.info import Info


def add_relation_types(types: Types, layer: Layer) -> None:
    """Make the connection and edge types of each relation of a layer."""
    for relation in layer.relations:
        target = types.layers[relation.target]
        edge_fields = edge_value_fields(types, layer, relation)
        add_connection_types(types, connection_name(layer, relation), target, edge_fields)


def connection_name(layer: Layer, relation: Relation) -> str:
    """`ParcelZoningDistricts`, of whose `...Connection` and `...Edge`."""
    return f"{layer.type_name}{relation.field[0].upper()}{relation.field[1:]}"


def relation_fields(types: Types, layer: Layer) -> Fields:
    """A connection field for each relation."""
    return {relation.name: _relation_field(types, layer, relation) for relation in layer.relations}


def _relation_field(types: Types, layer: Layer, relation: Relation) -> StrawberryField:
    target = types.layers[relation.target]
    arguments = connection_arguments(target)
    if EdgeValue.COVERAGE in edge_values(relation, layer, target):
        text = "Leave out rows with less `coverage` than this share, 0 to 1: 0.01 leaves out slivers along borders."
        arguments["min_coverage"] = Argument("Float", text, 0.0)

    def resolve(root: LayerRow, info: Info, min_coverage: float = 0.0, **given: Plain) -> Connection:
        context = info.context.of(root)
        query = context.parser.parse(target, *query_arguments(given), min_coverage=min_coverage)
        queries = RelatedQueries(context.loaders, layer, relation, query, root.id)
        return Connection(queries, query, context.parser.codec)

    returns = f"{connection_name(layer, relation)}Connection"
    made = resolved(types, resolve, returns, relation.description, **arguments)
    made.metadata = MappingProxyType({"layer": relation.target, "relation": relation})
    return made
