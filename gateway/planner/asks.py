"""Arguments of fields as terms; enters coerced arguments, leaves what they ask for or an error."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from graphql import GraphQLError

from gateway import errors
from gateway.layers import Layer, LayerField
from gateway.planner.aggregates import Function
from gateway.planner.grouping import parse_distinct, parse_groups
from gateway.planner.keys import by_h3
from gateway.query.connection import Query, QueryParser
from gateway.query.features import FeatureOptions, parse_features
from gateway.query.geometry import parse_options
from gateway.query.groups import Groups
from gateway.query.ids import NodeRef
from gateway.query.keys import RowKey, parse_ids, parse_key
from gateway.query.links import at_moment, check_now, parse_parameters
from gateway.query.operands import instant
from gateway.query.page import PageArguments
from gateway.query.values import Column, Count, GeometryText, Given, Measure

LATER: Final = object()
Read: TypeAlias = Callable[[QueryParser, Given], object]


def query(layer: Layer) -> Read:
    """The arguments of a connection."""

    def read(parser: QueryParser, given: Given) -> Query:
        page = PageArguments(*map(given.get, ("first", "after", "last", "before")))
        least = given.get("minCoverage", 0.0)
        return parser.parse(layer, given.get("filters"), given.get("order"), page, min_coverage=least)

    return read


def one(layer: Layer) -> Read:
    """The arguments of a field for one row."""

    def read(parser: QueryParser, given: Given) -> RowKey:
        return parse_key(parser.layers[layer.name], parser.layers, parser.limits, given)

    return read


def later(layer: Layer) -> Read:
    """One row whose id is not known before it is written."""

    def read(_: QueryParser, __: Given) -> RowKey:
        return RowKey(layer, "id", LATER)

    return read


def moment(_: QueryParser, given: Given) -> datetime | None:
    """The time of `asOf`."""
    time = given.get("asOf")
    return None if time is None else instant(time, ("asOf",))


def node(parser: QueryParser, given: Given) -> tuple[NodeRef, ...]:
    """The id of `node`; its path is not in a list."""
    try:
        return parse_ids(parser.layers, parser.limits, [given["id"]])
    except errors.BadId as error:
        error.path = ("id",)
        raise


def nodes(parser: QueryParser, given: Given) -> tuple[NodeRef, ...]:
    """The ids of `nodes`."""
    return parse_ids(parser.layers, parser.limits, given["ids"])


def geometry(field: LayerField) -> Read:
    """The options of a geometry."""

    def read(_: QueryParser, given: Given) -> GeometryText:
        return GeometryText(field, parse_options(**given))

    return read


def column(field: LayerField) -> Read:
    """A column that is JSON."""

    def read(_: QueryParser, __: Given) -> Column:
        return Column(field)

    return read


def count(parser: QueryParser, given: Given) -> Count:
    """How to count."""
    return Count(given["mode"], parser.count_cap(given.get("cap")))


def measure(function: Function, field: LayerField | None) -> Read:
    """A function of all rows, and of a column."""

    def read(_: QueryParser, given: Given) -> Measure:
        return function.measure(field, given)

    return read


def groups(layer: Layer) -> Read:
    """The arguments of `groupBy`."""

    def read(parser: QueryParser, given: Given) -> Groups:
        wanted = parse_groups(parser, layer, given)
        if by_h3(wanted.keys) is not None:
            raise GraphQLError("Cells of H3 take two statements: resolvers read them.")
        return wanted

    return read


def distinct(layer: Layer) -> Read:
    """The arguments of `distinct`."""

    def read(parser: QueryParser, given: Given) -> Groups:
        return parse_distinct(parser, layer, given)

    return read


def tiles(layer: Layer) -> Read:
    """URLs of the tiles of a connection, by its arguments and those of the field."""

    def read(parser: QueryParser, given: Given) -> Mapping[str, str]:
        filters, parameters = _link_arguments(parser, layer, given)
        return parser.links.tiles(layer, filters, at_moment(parameters, moment(parser, given)))

    return read


def exports(layer: Layer) -> Read:
    """URLs of the exports of a connection, by its arguments and those of the field."""

    def read(parser: QueryParser, given: Given) -> Mapping[str, str]:
        check_now("Exports", parser.layers[layer.name].moment)
        return parser.links.exports(layer, *_link_arguments(parser, layer, given))

    return read


def _link_arguments(parser: QueryParser, layer: Layer, given: Given) -> tuple[Given | None, Mapping[str, str]]:
    own = {name: given.get(name) for name in ("properties", "crs", "precision")}
    return given.get("filters"), parse_parameters(parser.layers[layer.name], **own)


def features(layer: Layer) -> Read:
    """What features show."""

    def read(parser: QueryParser, given: Given) -> FeatureOptions:
        return parse_features(parser.layers[layer.name], **given)

    return read
