"""Floor 5. Connections (Relay), derived from layers and relations; enters a layer or relation, leaves its types.

Root connections have edges with a cursor and a distance; those of relations carry the data of the edge besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from gateway.layers import Layer, Relation
from gateway.loaders import PageRow
from gateway.loaders.connection import Connection, CountMode
from gateway.query.page import PageArguments
from gateway.query.values import EDGE_VALUES, EdgeValue
from schema.annotations import Argument, Types, make_type, plain, resolved
from schema.features_json import collection_json, feature_arguments, wanted_of
from schema.info import Info
from schema.scalars import BBox, FeatureCollection, fragment

strawberry.enum(
    CountMode,
    description="EXACT counts all rows. ESTIMATED asks PostgreSQL's statistics, at once and roughly; related rows are "
    "counted exactly. CAPPED stops at `cap`.",
)


@strawberry.type(description="Where a page lies in its connection (Relay).")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether rows come after this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row; null when there is none.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row; null when there is none.")


@dataclass(frozen=True, slots=True)
class Edge:
    """What the fields of an edge type resolve from; `parent` is the id of the row on the other side of a relation."""

    connection: Connection
    row: PageRow
    parent: int | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the fields of a connection type resolve from."""

    connection: Connection
    parent: int | None = None


_EDGE_TYPES: Mapping[EdgeValue, tuple[type, str]] = {
    EdgeValue.OVERLAP_AREA_SQM: (float, "Area that both share, in square metres, geodesic."),
    EdgeValue.COVERAGE: (float, "Share of the {part}'s area that lies in the {whole}, 0 to 1."),
    EdgeValue.IS_PRIMARY: (bool, "Whether no other {whole} covers more of the {part}; of equals, the lowest id."),
    EdgeValue.SHARED_BORDER_M: (float, "Length of the shared border in metres, geodesic."),
}


def add_connection_types(types: Types, name: str, layer: Layer, edge_fields: Mapping[str, StrawberryField]) -> None:
    """Make `{name}Connection` and `{name}Edge` of rows of `layer`."""
    edge: dict[str, Any] = {
        "cursor": resolved(types, _cursor, str, "Cursor of the row, for after and before."),
        "node": resolved(types, _node, layer.type_name, "The row."),
        "distance": resolved(
            types,
            _distance,
            float | None,
            "Geodesic distance in metres to the geometry of order's distanceTo, else to that of a dwithin filter; "
            "null without either.",
        ),
        **edge_fields,
    }
    make_type(types, f"{name}Edge", f"One of the {layer.plural} of a connection.", edge)
    description = f"A page of {layer.plural} (Relay), and what is true of all rows that the filter keeps."
    make_type(types, f"{name}Connection", description, _connection_fields(types, name, layer))


def _connection_fields(types: Types, name: str, layer: Layer) -> Mapping[str, StrawberryField]:
    return {
        "edges": resolved(types, _edges, f"list[{name}Edge]", "The rows of the page, with cursors."),
        "nodes": resolved(types, _nodes, f"list[{layer.type_name}]", "The rows of the page."),
        "page_info": resolved(types, _page_info, PageInfo, "Where the page lies."),
        "total_count": resolved(
            types,
            _total_count,
            int,
            "Number of all rows that the filter keeps.",
            mode=Argument(CountMode, "How to count.", CountMode.EXACT),
            cap=Argument(int | None, "Where CAPPED stops; by default the server's limit.", None),
        ),
        "extent": resolved(types, _extent, BBox | None, "Box around all rows that the filter keeps; null for none."),
        "feature_collection": resolved(
            types,
            _feature_collection(layer),
            FeatureCollection,
            "The rows of the page as GeoJSON, ready for a map library, with a bbox member.",
            **feature_arguments(types, layer),
        ),
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
    return await root.connection.count(given["mode"], info.context.parser.count_cap(given["cap"]))


async def _extent(root: Resolution) -> Any:
    return await root.connection.extent()


def _feature_collection(layer: Layer) -> Callable[..., Any]:
    async def resolve(root: Resolution, info: Info, **given: Any) -> Any:
        wanted = wanted_of(layer, **given)
        rows = [row.node for row in (await root.connection.page()).rows]
        return fragment(await collection_json(info.context.loaders, layer, wanted, rows))

    return resolve


def _cursor(root: Edge) -> str:
    return root.connection.cursor(root.row)


def _node(root: Edge) -> Any:
    return root.row.node


def _distance(root: Edge) -> float | None:
    return root.row.distance


def edge_value_fields(types: Types, source: Layer, relation: Relation) -> Mapping[str, StrawberryField]:
    """`overlapAreaSqm`, `coverage` and `isPrimary`, or `sharedBorderM`."""
    part, whole = source.singular, types["layers"][relation.target].singular
    if relation.part.value == "target":
        part, whole = whole, part
    found = {}
    for wanted in EDGE_VALUES[relation.kind]:
        annotation, text = _EDGE_TYPES[wanted]
        description = text.format(part=part, whole=whole)
        found[wanted.value] = resolved(types, _edge_value(source, relation, wanted), annotation, description)
    return found


def _edge_value(source: Layer, relation: Relation, wanted: EdgeValue) -> Callable[..., Any]:
    async def resolve(root: Edge, info: Info) -> Any:
        assert root.parent is not None  # only relations have edge values
        edge = (root.parent, root.row.node.id)
        return await info.context.loaders.value_by_edge(source, relation, wanted).load(edge)

    return resolve


def connection_arguments(types: Types, layer: Layer) -> dict[str, Argument]:
    """The arguments of every connection field of `layer`."""
    term: Any = types[f"{layer.type_name}Order"]
    return {
        "filters": Argument(types[f"{layer.type_name}Filter"] | None, "Which rows.", None),
        "order": Argument(list[term] | None, "In what order; by default by integer id.", None),
        "first": Argument(int | None, "Take at most this many rows from the beginning, or after `after`.", None),
        "after": Argument(str | None, "Rows after this cursor.", None),
        "last": Argument(int | None, "Take at most this many rows from the end, or before `before`.", None),
        "before": Argument(str | None, "Rows before this cursor.", None),
    }


def page_arguments(given: Mapping[str, Any]) -> PageArguments:
    """The four arguments of a page among those of a connection field."""
    return PageArguments(*(given.get(name) for name in ("first", "after", "last", "before")))


def query_arguments(given: Mapping[str, Any]) -> tuple[Any, Any, PageArguments]:
    """Filters, order and page as plain values."""
    return plain(given.get("filters")), plain(given.get("order")), page_arguments(given)
