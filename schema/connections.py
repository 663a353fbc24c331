"""Connections (Relay), derived from layers and relations; enters a layer or relation, leaves its types.

Root connections have edges with a cursor and a distance; those of relations carry the data of the edge besides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import strawberry
from strawberry.types.field import StrawberryField

from gateway.execution.loaders import PageRow
from gateway.execution.loaders.connection import Connection, CountMode
from gateway.execution.values import Plain
from gateway.geo.kinds import AREAS, LINES
from gateway.layers import Layer
from gateway.models.declaration import Relation
from gateway.planner.fields import CONNECTION, EDGE, EDGE_VALUES, ConnectionField, EdgeField
from gateway.query.page import PageArguments
from gateway.query.values import EdgeValue, edge_values
from schema.annotations import (
    MEMBERS,
    Argument,
    Fields,
    Resolver,
    Types,
    make_enum,
    make_type,
    of_column,
    plain,
    resolved,
)
from schema.clusters import cluster_arguments, cluster_resolver
from schema.distinct import distinct_field
from schema.edge_aggregates import add_edge_aggregate
from schema.features_json import collection_json, feature_arguments, options_of
from schema.groups import (
    aggregate_resolver,
    edge_aggregate_resolver,
    group_arguments,
    group_resolver,
    share_argument,
)
from schema.info import Info
from schema.links import link_resolvers
from schema.scalars import fragment


@strawberry.type(description="Where a page lies in its connection (Relay).")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether rows come after this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first row of the page; null when the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last row of the page; null when the page is empty."
    )


_WithArguments: TypeAlias = tuple[Resolver, Mapping[str, Argument]]


@dataclass(frozen=True, slots=True)
class Edge:
    """What the fields of an edge type resolve from."""

    connection: Connection
    row: PageRow


def add_count_mode(types: Types) -> None:
    """Make `CountMode`."""
    estimated = "Ask PostgreSQL's statistics: fast, but rough, above all for spatial filters. Related rows are counted."
    texts = {
        "EXACT": "Count every row.",
        "ESTIMATED": estimated,
        "CAPPED": "Count no further than `cap`: an answer equal to `cap` means that many or more.",
    }
    make_enum(types, "CountMode", "How totalCount counts.", CountMode, texts)


def add_connection_types(types: Types, name: str, layer: Layer, edge_fields: Fields, *, whole: bool = False) -> None:
    """Make `{name}Connection` and `{name}Edge` of rows of `layer`, which is a whole layer's or a relation's."""
    described = f"One of the {layer.verbose_name_plural} of a connection"
    resolvers = _resolvers(layer, share_argument(types) if EDGE_VALUES[EdgeValue.COVERAGE].name in edge_fields else {})
    edge = {field.name: _made(types, name, layer, field, resolvers[field.name]) for field in EDGE}
    make_type(types, f"{name}Edge", f"{described}, with what is true of it there.", {**edge, **edge_fields})
    description = f"A page of {layer.verbose_name_plural} (Relay), and what is true of all rows that the filter keeps."
    if add_edge_aggregate(types, name, edge_fields):
        resolvers = {**resolvers, "edgeAggregate": (edge_aggregate_resolver, {})}
    fields = {
        field.name: _made(types, name, layer, field, resolvers[field.name])
        for field in CONNECTION
        if field.name in resolvers and (whole or not field.layers)
    }
    make_type(types, f"{name}Connection", description, fields)


def _made(
    types: Types, name: str, layer: Layer, field: ConnectionField | EdgeField, resolver: _WithArguments
) -> StrawberryField:
    resolve, arguments = resolver
    returns = field.returns.format(name=name, row=layer.type_name)
    made = resolved(types, resolve, returns, field.description.format(one=layer.verbose_name), **arguments)
    shows = isinstance(field, ConnectionField) and field.members and layer.extra
    return of_column(made, layer, MEMBERS) if shows else made


def _resolvers(layer: Layer, share: Mapping[str, Argument]) -> Mapping[str, _WithArguments]:
    """The resolver of each field of a connection and its edges, and its arguments; `share` is one of sums."""
    count = {
        "mode": Argument("CountMode", "How to count.", CountMode.EXACT),
        "cap": Argument("Int | None", "Where CAPPED stops counting; by default, and at most, the server's limit."),
    }
    return {
        "edges": (_edges, {}),
        "nodes": (_nodes, {}),
        "pageInfo": (_page_info, {}),
        "totalCount": (_total_count, count),
        "extent": (_extent, {}),
        "aggregate": (aggregate_resolver, share),
        "groupBy": (group_resolver(layer), {**group_arguments(layer), **share}),
        **distinct_field(layer),
        "clusters": (cluster_resolver(layer), cluster_arguments(layer)),
        "featureCollection": (_feature_collection(layer), feature_arguments(layer)),
        **link_resolvers(layer),
        "cursor": (_cursor, {}),
        "node": (_node, {}),
        "distance": (_distance, {}),
    }


async def _edges(root: Connection) -> Sequence[Edge]:
    page = await root.page()
    return [Edge(root, row) for row in page.rows]


async def _nodes(root: Connection) -> Sequence[object]:
    return [row.node for row in (await root.page()).rows]


async def _page_info(root: Connection) -> PageInfo:
    page = await root.page()
    first, last = (page.rows[0], page.rows[-1]) if page.rows else (None, None)
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=root.cursor(first) if first else None,
        end_cursor=root.cursor(last) if last else None,
    )


async def _total_count(root: Connection, info: Info, mode: CountMode, cap: int | None = None) -> int:
    return await root.count(mode, info.context.parser.count_cap(cap))


async def _extent(root: Connection) -> Sequence[float] | None:
    return await root.extent()


def _feature_collection(layer: Layer) -> Resolver:
    async def resolve(root: Connection, info: Info, **given: object) -> object:
        context = info.context.at(root.moment)
        wanted = options_of(context.layers, layer, **given)
        rows = [row.node for row in (await root.page()).rows]
        return fragment(await collection_json(context.loaders, layer, wanted, rows))

    return resolve


def _cursor(root: Edge) -> str:
    return root.connection.cursor(root.row)


def _node(root: Edge) -> object:
    return root.row.node


def _distance(root: Edge) -> float | None:
    return root.row.distance


def edge_value_fields(types: Types, source: Layer, relation: Relation) -> Fields:
    """`overlapAreaSqm` or `overlapLengthM`, `coverage` and `isPrimary`; or `sharedBorderM`."""
    target = types.layers[relation.target]
    part, whole = relation.ends(source, target)
    words = {"part": part.verbose_name, "whole": whole.verbose_name, "size": _size(part)}
    return {
        EDGE_VALUES[wanted].name: resolved(
            types,
            _edge_value(source, relation, wanted),
            EDGE_VALUES[wanted].returns,
            EDGE_VALUES[wanted].description.format(**words),
        )
        for wanted in edge_values(relation, source, target)
    }


def _size(part: Layer) -> str:
    """What coverage is a share of."""
    sizes = [name for dimension, name in ((AREAS, "area"), (LINES, "length")) if dimension in part.dimensions]
    return " or ".join(sizes)


def _edge_value(source: Layer, relation: Relation, wanted: EdgeValue) -> Resolver:
    async def resolve(root: Edge, info: Info) -> object:
        assert root.connection.parent is not None  # only relations have edge values
        edge = (root.connection.parent, root.row.node.id)
        context = info.context.at(root.connection.moment)
        return await context.loaders.value_by_edge(source, relation, wanted).load(edge)

    return resolve


def connection_arguments(layer: Layer) -> dict[str, Argument]:
    """The arguments of every connection field of `layer`."""
    name = layer.type_name
    return {
        "filters": Argument(f"{name}Filter | None", "Which rows; without it all of them."),
        "order": Argument(
            f"list[{name}Order] | None",
            "Terms of the order, the first one counts most; without it by integer id, ascending.",
        ),
        "first": Argument(
            "Int | None",
            "Take at most this many rows from the beginning, or after `after`. Without `first` and `last`, the "
            "server's page size counts.",
        ),
        "after": Argument("String | None", "Take rows after the one with this cursor; it must be of the same order."),
        "last": Argument("Int | None", "Take at most this many rows from the end, or before `before`."),
        "before": Argument("String | None", "Take rows before the one with this cursor; it must be of the same order."),
    }


def query_arguments(given: Mapping[str, Plain]) -> tuple[Plain, Plain, PageArguments]:
    """Filters, order and page as plain values."""
    page = PageArguments(*(given.get(name) for name in ("first", "after", "last", "before")))
    return plain(given.get("filters")), plain(given.get("order")), page
