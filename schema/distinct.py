"""The types of `distinct`; enters a layer, leaves types and resolvers. Values are groups with one key."""

from collections.abc import Mapping

from gateway.execution.loaders.connection import Connection
from gateway.execution.values import Plain
from gateway.layers import Layer
from gateway.planner.aggregates import ROWS
from gateway.planner.grouping import parse_distinct
from gateway.planner.keys import columns
from schema.annotations import Argument, Member, Resolver, Types, make_input, make_type, plain, resolved
from schema.groups import OfGroups, counted, listed, part
from schema.info import Info


def add_distinct_types(types: Types) -> None:
    """Make `DistinctValues` and `DistinctValue`."""
    value = {
        "value": resolved(types, part("value", embed=True), "JSON | None", "The value, as filters take it."),
        "count": resolved(types, lambda root: root.row[-1], "Int", "How many rows have it."),
    }
    make_type(types, "DistinctValue", "A value that rows have.", value)
    values = {
        "values": resolved(
            types,
            listed,
            "list[DistinctValue]",
            "The values: those that begin with `match` first, then those that more rows have.",
        ),
        "totalCount": resolved(types, counted("totalCount"), "Int", "Number of values, listed or not."),
        "withheld": resolved(
            types,
            counted("withheld"),
            "Int",
            "Number of values that are left out since too few rows have them to be shown.",
        ),
    }
    make_type(types, "DistinctValues", "Values that rows have.", values)


def _members(layer: Layer) -> Mapping[str, Member]:
    members = {"column": Member(f"{layer.type_name}Column", "A column.")} if columns(layer) else {}
    if layer.extra:
        members["attribute"] = Member("String", "The name of a member of `attributes`.")
    return members


def add_distinct_inputs(types: Types, layer: Layer) -> None:
    """Make `ParcelDistinctField`, where a layer has values to tell."""
    if members := _members(layer):
        description = f"Whose values {layer.verbose_name_plural} have: exactly one of the members."
        make_input(types, f"{layer.type_name}DistinctField", description, members, one_of=True)


def distinct_field(layer: Layer) -> Mapping[str, tuple[Resolver, Mapping[str, Argument]]]:
    """The resolver and the arguments of `distinct`, where a layer has values to tell."""

    async def resolve(root: Connection, info: Info, **given: Plain) -> OfGroups:
        parser = info.context.at(root.moment).parser
        wanted = parse_distinct(parser, layer, {name: plain(value) for name, value in given.items()})
        return OfGroups(root, wanted, await root.groups(wanted, ROWS))

    arguments = {
        "field": Argument(f"{layer.type_name}DistinctField", "Whose values."),
        "match": Argument("String | None", "Only values that have this text in them, in any case."),
        "first": Argument("Int | None", "At most so many values; without it the server's page size counts."),
    }
    return {"distinct": (resolve, arguments)} if _members(layer) else {}
