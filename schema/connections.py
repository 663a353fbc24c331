"""Connections (Relay), derived from layers and relations; enters a layer or relation, leaves its types.

Root connections have edges with a cursor and a distance; those of relations carry the data of the edge besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from gateway.execution.loaders import PageRow
from gateway.execution.loaders.connection import Connection, CountMode
from gateway.geo.kinds import AREAS, LINES
from gateway.layers import Layer
from gateway.models.declaration import Relation
from gateway.planner.fields import CONNECTION, EDGE, EDGE_VALUES, ConnectionField, EdgeField
from gateway.query.page import PageArguments
from gateway.query.values import EdgeValue, edge_values
from schema.annotations import Argument, Types, make_enum, make_type, plain, resolved
from schema.features_json import collection_json, feature_arguments, options_of
from schema.info import Info
from schema.links import Resolver, link_resolvers
from schema.scalars import BBox, FeatureCollection, fragment


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


@dataclass(frozen=True, slots=True)
class Edge:
    """What the fields of an edge type resolve from; `parent` is the id of the row on the other side of a relation."""

    connection: Connection
    row: PageRow
    parent: int | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the fields of a connection type resolve from; `filters` are those of a whole layer, as they were given."""

    connection: Connection
    parent: int | None = None
    filters: Mapping[str, Any] | None = None

    @property
    def moment(self) -> datetime | None:
        """The time that the connection is read as of; None is now."""
        found: datetime | None = self.connection.query.layer.moment
        return found


def add_count_mode(types: Types) -> None:
    """Make `CountMode`."""
    estimated = "Ask PostgreSQL's statistics: fast, but rough, above all for spatial filters. Related rows are counted."
    texts = {
        "EXACT": "Count every row.",
        "ESTIMATED": estimated,
        "CAPPED": "Count no further than `cap`: an answer equal to `cap` means that many or more.",
    }
    make_enum(types, "CountMode", "How totalCount counts.", CountMode, texts)


def add_connection_types(
    types: Types, name: str, layer: Layer, edge_fields: Mapping[str, StrawberryField], *, whole: bool = False
) -> None:
    """Make `{name}Connection` and `{name}Edge` of rows of `layer`, which is a whole layer's or a relation's."""
    described = f"One of the {layer.verbose_name_plural} of a connection"
    resolvers = _resolvers(types, layer)
    edge = {field.name: _made(types, name, layer, field, resolvers[field.name]) for field in EDGE}
    make_type(types, f"{name}Edge", f"{described}, with what is true of it there.", {**edge, **edge_fields})
    description = f"A page of {layer.verbose_name_plural} (Relay), and what is true of all rows that the filter keeps."
    fields = {
        field.name: _made(types, name, layer, field, resolvers[field.name])
        for field in CONNECTION
        if whole or not field.layers
    }
    make_type(types, f"{name}Connection", description, fields)


def _made(
    types: Types, name: str, layer: Layer, field: ConnectionField | EdgeField, resolver: Resolver
) -> StrawberryField:
    known = {"PageInfo": PageInfo, "BBox | None": BBox | None, "FeatureCollection": FeatureCollection}
    returns = field.returns.format(name=name, row=layer.type_name)
    resolve, arguments = resolver
    description = field.description.format(one=layer.verbose_name)
    return resolved(types, resolve, known.get(returns, returns), description, **arguments)


def _resolvers(types: Types, layer: Layer) -> Mapping[str, Resolver]:
    """The resolver of each field of a connection and its edges, and its arguments."""
    count = {
        "mode": Argument(types["CountMode"], "How to count.", CountMode.EXACT),
        "cap": Argument(int | None, "Where CAPPED stops counting; by default, and at most, the server's limit."),
    }
    return {
        "edges": (_edges, {}),
        "nodes": (_nodes, {}),
        "pageInfo": (_page_info, {}),
        "totalCount": (_total_count, count),
        "extent": (_extent, {}),
        "featureCollection": (_feature_collection(layer), feature_arguments(types, layer)),
        **link_resolvers(types, layer),
        "cursor": (_cursor, {}),
        "node": (_node, {}),
        "distance": (_distance, {}),
    }


async def _edges(root: Resolution) -> Any:
    page = await root.connection.page()
    return [Edge(root.connection, row, root.parent) for row in page.rows]


async def _nodes(root: Resolution) -> Any:
    return [row.node for row in (await root.connection.page()).rows]


async def _page_info(root: Resolution) -> PageInfo:
    page = await root.connection.page()
    first, last = (page.rows[0], page.rows[-1]) if page.rows else (None, None)
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=root.connection.cursor(first) if first else None,
        end_cursor=root.connection.cursor(last) if last else None,
    )


async def _total_count(root: Resolution, info: Info, **given: Any) -> int:
    return await root.connection.count(given["mode"], info.context.parser.count_cap(given.get("cap")))


async def _extent(root: Resolution) -> Any:
    return await root.connection.extent()


def _feature_collection(layer: Layer) -> Callable[..., Any]:
    async def resolve(root: Resolution, info: Info, **given: Any) -> Any:
        context = info.context.at(root.moment)
        wanted = options_of(context.layers, layer, **given)
        rows = [row.node for row in (await root.connection.page()).rows]
        return fragment(await collection_json(context.loaders, layer, wanted, rows))

    return resolve


def _cursor(root: Edge) -> str:
    return root.connection.cursor(root.row)


def _node(root: Edge) -> Any:
    return root.row.node


def _distance(root: Edge) -> float | None:
    return root.row.distance


def edge_value_fields(types: Types, source: Layer, relation: Relation) -> Mapping[str, StrawberryField]:
    """`overlapAreaSqm` or `overlapLengthM`, `coverage` and `isPrimary`; or `sharedBorderM`."""
    target = types["layers"][relation.target]
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
    found = [name for dimension, name in ((AREAS, "area"), (LINES, "length")) if dimension in part.dimensions]
    return " or ".join(found)


def _edge_value(source: Layer, relation: Relation, wanted: EdgeValue) -> Callable[..., Any]:
    async def resolve(root: Edge, info: Info) -> Any:
        assert root.parent is not None  # only relations have edge values
        edge = (root.parent, root.row.node.id)
        context = info.context.at(root.connection.query.layer.moment)
        return await context.loaders.value_by_edge(source, relation, wanted).load(edge)

    return resolve


def connection_arguments(types: Types, layer: Layer) -> dict[str, Argument]:
    """The arguments of every connection field of `layer`."""
    term: Any = types[f"{layer.type_name}Order"]
    return {
        "filters": Argument(types[f"{layer.type_name}Filter"] | None, "Which rows; without it all of them."),
        "order": Argument(
            list[term] | None, "Terms of the order, the first one counts most; without it by integer id, ascending."
        ),
        "first": Argument(
            int | None,
            "Take at most this many rows from the beginning, or after `after`. Without `first` and `last`, the "
            "server's page size counts.",
        ),
        "after": Argument(str | None, "Take rows after the one with this cursor; it must be of the same order."),
        "last": Argument(int | None, "Take at most this many rows from the end, or before `before`."),
        "before": Argument(str | None, "Take rows before the one with this cursor; it must be of the same order."),
    }


def page_arguments(given: Mapping[str, Any]) -> PageArguments:
    """The four arguments of a page among those of a connection field."""
    return PageArguments(*(given.get(name) for name in ("first", "after", "last", "before")))


def query_arguments(given: Mapping[str, Any]) -> tuple[Any, Any, PageArguments]:
    """Filters, order and page as plain values."""
    return plain(given.get("filters")), plain(given.get("order")), page_arguments(given)
