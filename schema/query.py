"""The root of reads, derived from layers: one row, many rows, and Relay's node and nodes."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType

from strawberry.types.field import StrawberryField

from gateway.execution.context import Context
from gateway.execution.loaders.connection import Connection, LayerQueries
from gateway.execution.values import Plain
from gateway.layers import Layer, Layers
from gateway.models.declaration import camel
from gateway.query.ids import NodeRef, decode
from gateway.query.keys import parse_ids, parse_key, unique_fields
from schema.analysis import analysis_query
from schema.analysis_jobs import analysis_job_queries
from schema.annotations import Argument, Fields, Resolver, Types, apart, make_type, plain, resolved
from schema.connections import connection_arguments, query_arguments
from schema.history import root_history_field
from schema.info import Info
from schema.inputs import SCALAR_OF
from schema.jobs import job_queries
from schema.jurisdictions import jurisdiction_query
from schema.notices import notice_query
from schema.search import search_query

AS_OF = Argument(
    "DateTime | None",
    "Read what there was at this time, in all that is selected below, too; without it what there is now. The answer is "
    "final once the changes that were under way at that time have ended.",
)


def make_query(types: Types, layers: Layers) -> type:
    """Make the root type."""
    roots = [_roots(types, layer) for layer in layers]
    one = Argument("ID", "The global id of a row of any type.")
    many = Argument("list[ID]", "Global ids of rows of any types.")
    text = "The rows with global ids, in the order of the ids; null for each that is not there."
    nodes = {
        "node": resolved(
            types, _node, "Node | None", "The row with a global id; null when there is none (any more).", id=one
        ),
        "nodes": resolved(types, _nodes, "list[Node | None]", text, ids=many),
    }
    namespace = apart(
        "Query",
        *(part for parts in roots for part in parts),
        nodes,
        search_query(types),
        notice_query(types),
        job_queries(types),
        analysis_query(types),
        analysis_job_queries(types),
        jurisdiction_query(types),
    )
    return make_type(types, "Query", "Where every read begins.", namespace)


def _roots(types: Types, layer: Layer) -> Sequence[Fields]:
    """The fields of a layer: one row, many rows, and the history of one."""
    one, many = {layer.singular: _one_field(types, layer)}, {layer.plural: _many_field(types, layer)}
    history = {f"{layer.singular}History": root_history_field(types, layer)} if layer.tracked else {}
    return one, many, history


def _one_field(types: Types, layer: Layer) -> StrawberryField:
    arguments = {
        "id": Argument("ID | None", "Its global id."),
        "feature_id": Argument("BigInt | None", "Its integer id, as in GeoJSON features."),
        **{
            field.attribute: Argument(f"{SCALAR_OF[field.kind]} | None", field.description)
            for field in unique_fields(layer)
        },
        **_as_of(layer),
    }
    description = f"The {layer.verbose_name} that exactly one of the arguments names; null when there is none."
    return resolved(types, _one(layer), f"{layer.type_name} | None", description, **arguments)


def _as_of(layer: Layer) -> Mapping[str, Argument]:
    return {"as_of": AS_OF} if layer.tracked else {}


def _one(layer: Layer) -> Resolver:
    async def resolve(root: None, info: Info, as_of: datetime | None = None, **given: object) -> object:  # noqa: ARG001
        context = await info.context.as_of(layer, as_of)
        named = {camel(name): value for name, value in given.items()}
        key = parse_key(layer, context.layers, context.limits, named)
        if key.attribute == "id":
            return await context.loaders.feature_by_id(layer).load(key.value)
        return await context.loaders.feature_by_key(layer, key.attribute).load(key.value)

    return resolve


def _many_field(types: Types, layer: Layer) -> StrawberryField:
    async def resolve(root: None, info: Info, as_of: datetime | None = None, **given: Plain) -> Connection:  # noqa: ARG001
        context = await info.context.as_of(layer, as_of)
        query = await context.aside(partial(context.parser.parse, layer, *query_arguments(given)))
        queries = LayerQueries(context.loaders, query)
        return Connection(queries, query, context.parser.codec, filters=plain(given.get("filters")))

    returns = f"{layer.type_name}Connection"
    description = f"A page of {layer.verbose_name_plural}, filtered and ordered."
    made = resolved(types, resolve, returns, description, **connection_arguments(layer), **_as_of(layer))
    made.metadata = MappingProxyType({"layer": layer.name})
    return made


async def _node(root: None, info: Info, id: str) -> object:  # noqa: A002, ARG001
    return await _load(info.context, decode(info.context.layers, id))


async def _nodes(root: None, info: Info, ids: list[str]) -> object:  # noqa: ARG001
    context = info.context
    nodes = parse_ids(context.layers, context.limits, ids)
    return await asyncio.gather(*(_load(context, node) for node in nodes))


async def _load(context: Context, node: NodeRef) -> object:
    return await context.loaders.feature_by_id(node.layer).load(node.id)
