"""The types of `groupBy`, derived from layers and the tables of keys and functions; enters a layer, leaves types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from strawberry.types.field import StrawberryField

from gateway.db.reader import Row
from gateway.execution.loaders.connection import Connection
from gateway.execution.values import Plain
from gateway.layers import Layer
from gateway.planner.aggregates import ROWS
from gateway.planner.grouping import parse_groups
from gateway.planner.keys import KEYS, PARTS_OF, column_place, columns, places
from gateway.planner.keys import related as related_keys
from gateway.query.groups import COUNTS, EDGES, KEYS_AT, RANK, SHARES, WEIGHT, Groups
from gateway.query.values import Measure
from schema.annotations import (
    MEMBERS,
    Argument,
    Fields,
    Resolver,
    Types,
    apart,
    make_type,
    of_column,
    plain,
    resolved,
)
from schema.group_inputs import add_shared_group_inputs
from schema.info import Info
from schema.inputs import SCALAR_OF
from schema.scalars import fragment

_ENDS = {"start": "The least number of the range.", "end": "The number before which the range ends."}


@dataclass(frozen=True, slots=True)
class OfConnection:
    """All rows of a connection; `share` says how one of a relation counts, or that its edges are measured."""

    rows: Connection
    share: str

    async def measure(self, measure: Measure) -> object:
        """What the rows have together."""
        return await self.rows.measure(measure, self.share)


def aggregate_resolver(root: Connection, share: object = SHARES[0]) -> OfConnection:
    """The resolver of `aggregate`."""
    return OfConnection(root, str(plain(share)))


def edge_aggregate_resolver(root: Connection) -> OfConnection:
    """The resolver of `edgeAggregate`."""
    return OfConnection(root, EDGES)


@dataclass(frozen=True, slots=True)
class OfGroups:
    """What the fields of groups resolve from."""

    connection: Connection
    wanted: Groups
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Group:
    """One group: the number of its row, from which its fields resolve."""

    of: OfGroups
    place: int

    @property
    def row(self) -> Row:
        """Its row."""
        return self.of.rows[self.place]

    def told(self, name: str, part: int = 0) -> object:
        """What the key tells; None where the groups have no such key."""
        at = places(self.of.wanted.keys).get(name)
        return None if at is None else self.row[at + part]

    async def measure(self, measure: Measure) -> object:
        """What the rows of the group have together."""
        rows = await self.of.connection.groups(self.of.wanted, measure)
        # Another statement may have seen other rows: the same group has the same key.
        return next((row[-1] for row in rows if row[KEYS_AT:-1] == self.row[KEYS_AT:-1]), None)


def add_shared_group_types(types: Types) -> None:
    """Make what groups of every layer share."""
    add_shared_group_inputs(types)
    ends = {
        name: resolved(types, part("bin", place), "Float", text) for place, (name, text) in enumerate(_ENDS.items())
    }
    make_type(types, "Bin", "A range of numbers; of quantiles, the last one has its end too.", ends)
    cell = {
        "id": resolved(types, part("cell"), "String", "Column and row of the cell, or its geohash, or its id in H3."),
        "geometry": resolved(types, part("cell", 1, embed=True), "Polygon", "Boundary of the cell."),
    }
    make_type(types, "Cell", "A cell of a grid.", cell)


def part(name: str, number: int = 0, *, embed: bool = False) -> Resolver:
    """The resolver of what a key tells."""

    def resolve(root: Group) -> object:
        value = root.told(name, number)
        return fragment(value) if embed and value is not None else value

    return resolve


def add_group_types(types: Types, layer: Layer) -> None:
    """Make `ParcelGroups`, `ParcelGroup` and `ParcelKey`."""
    name = layer.type_name
    key = apart(
        f"The key of {layer.verbose_name_plural}",
        _key_columns(types, layer),
        _key_places(types, layer),
        _key_rows(types, layer),
    )
    make_type(types, f"{name}Key", "The key of a group: a field is null where groups have no such key.", key)
    group = {
        "key": resolved(types, lambda root: root, f"{name}Key", "What its rows have in common."),
        "weight": resolved(
            types,
            lambda root: root.row[WEIGHT],
            "Float",
            "Number of its rows; where a key shares rows out, the sum of their shares.",
        ),
        "aggregate": resolved(types, lambda root: root, f"{name}Aggregate", "What its rows have together."),
    }
    make_type(types, f"{name}Group", f"{layer.verbose_name_plural.capitalize()} that have a key in common.", group)
    groups = {
        "groups": resolved(types, listed, f"list[{name}Group]", "The groups, in order."),
        "totalCount": resolved(
            types, counted("totalCount"), "Int", "Number of groups that `having` keeps, listed or not."
        ),
        "withheld": resolved(
            types,
            counted("withheld"),
            "Int",
            "Number of groups that are left out since they have too few rows to be shown.",
        ),
    }
    make_type(types, f"{name}Groups", f"{layer.verbose_name_plural.capitalize()} in groups.", groups)


def _key_columns(types: Types, layer: Layer) -> Fields:
    fields: dict[str, StrawberryField] = {}
    for each in columns(layer).values():
        place = column_place(each)
        made = resolved(types, part(place), f"{SCALAR_OF[each.kind]} | None", each.description)
        fields[place] = of_column(made, layer, each.attribute)
    return fields


def _key_places(types: Types, layer: Layer) -> Fields:
    fields: dict[str, StrawberryField] = {}
    for each in KEYS:
        if each.place and each.takes(layer) is not None and each.place not in fields:
            texts = [other.description for other in KEYS if other.place == each.place]
            resolver = _present(each.place) if each.place in PARTS_OF else part(each.place, embed=each.embed)
            fields[each.place] = resolved(types, resolver, f"{each.returns} | None", " Or: ".join(texts))
            if each.embed:
                of_column(fields[each.place], layer, MEMBERS)
    return fields


def _present(name: str) -> Resolver:
    return lambda root: None if root.told(name) is None else root


def _key_rows(types: Types, layer: Layer) -> Fields:
    return {
        name: resolved(
            types,
            _row(relation.target, name),
            f"{types.layers[relation.target].type_name} | None",
            relation.description,
        )
        for name, relation in related_keys(layer).items()
    }


def _row(target: str, name: str) -> Resolver:
    async def resolve(root: Group, info: Info) -> object:
        context, number = info.context.at(root.of.connection.moment), root.told(name)
        assert number is None or isinstance(number, int)
        return None if number is None else await context.loaders.feature_by_id(context.layers[target]).load(number)

    return resolve


def listed(root: OfGroups) -> Sequence[Group]:
    """The groups."""
    return [Group(root, place) for place, row in enumerate(root.rows) if row[RANK] is not None]


def counted(name: str) -> Resolver:
    """The resolver of a number of groups."""
    return lambda root: root.rows[0][COUNTS[name]]


def group_arguments(layer: Layer) -> Mapping[str, Argument]:
    """The arguments of `groupBy`."""
    name = layer.type_name
    return {
        "keys": Argument(f"list[{name}GroupKey]", "What rows are grouped by: one group for each combination of keys."),
        "having": Argument(f"{name}Having | None", "Which groups; without it all of them."),
        "order": Argument(
            f"list[{name}GroupOrder] | None",
            "Terms of the order, the first one counts most; without it groups of more rows come first.",
        ),
        "first": Argument("Int | None", "At most so many groups; without it the server's page size counts."),
    }


def share_argument(types: Types) -> Mapping[str, Argument]:
    """The argument of `aggregate` and `groupBy` of a relation whose edges have a `coverage`."""
    made = types["GroupShare"]
    assert isinstance(made, type)
    assert issubclass(made, Enum)
    text = "How a row counts: whole, by the `coverage` of its edge, or only where that is 1 or its edge `isPrimary`."
    return {"share": Argument("GroupShare", text, made(SHARES[0]))}


def group_resolver(layer: Layer) -> Resolver:
    """The resolver of `groupBy`."""

    async def resolve(root: Connection, info: Info, **given: Plain) -> OfGroups:
        context = info.context.at(root.moment)
        wanted = parse_groups(context.parser, layer, {name: plain(value) for name, value in given.items()})
        return OfGroups(root, wanted, await root.groups(wanted, ROWS))

    return resolve
