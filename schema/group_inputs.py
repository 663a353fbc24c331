"""The inputs of `groupBy`, derived from layers and the tables of keys and functions; enters a layer, leaves inputs."""

from collections.abc import Iterable, Mapping
from enum import Enum

from gateway.layers import Layer
from gateway.planner.aggregates import Columns, functions
from gateway.planner.grouping import compared_as
from gateway.planner.keys import KEYS, PARTS, SHAPES, UNITS, columns, dates, numbers
from gateway.planner.keys import related as related_keys
from gateway.query.groups import SHARES
from schema.annotations import Member, Types, apart, make_enum, make_input
from schema.inputs import SCALAR_OF

_SHARES = {
    "ANY": "Each of the rows that it is related to counts it whole.",
    "PRIMARY": "The row that covers most of it counts it, no other; of equals, the one with the lower id.",
    "OVERLAP": "Each row counts the share that it covers: sums, means, areas and `weight` are of shares.",
    "WITHIN": "Rows that cover all of it count it, others do not.",
}
_UNITS = {unit: f"The {unit.lower()}." for unit in UNITS} | {"WEEK": "The week; it begins on Monday."}
_PARTS = {
    "YEAR": "The year.",
    "MONTH": "1 to 12.",
    "DAY": "1 to 31, the day of the month.",
    "DAY_OF_WEEK": "1 to 7, Monday is 1.",
    "HOUR": "0 to 23.",
}
_SHAPES = {"SQUARE": "Squares (ST_SquareGrid).", "HEXAGON": "Hexagons (ST_HexagonGrid)."}


def add_shared_group_inputs(types: Types) -> None:
    """Make the inputs that groups of every layer share."""
    make_enum(types, "GroupShare", "How a row counts that is related to several.", _same(SHARES), _SHARES)
    make_enum(types, "DateUnit", "A span of time of the calendar.", _same(UNITS), _UNITS)
    make_enum(types, "DatePart", "A part of a time.", _same(PARTS), _PARTS)
    make_enum(types, "GridShape", "The shape of cells.", _same(SHAPES), _SHAPES)
    size = "Length of a side of a cell, in the unit of the CRS."
    crs = (
        "The plane in which the cells lie. Metres of EPSG:3857 are shorter on the ground: 0.74 m at 42 degrees north. "
        "Give the CRS of the place for metres or feet that are true."
    )
    members = {
        "shape": Member("GridShape", "The shape of its cells.", required=True),
        "size": Member("Float", size, required=True),
        "crs": Member("String", crs, default="EPSG:3857"),
    }
    make_input(types, "GridKey", "A grid over a plane, from its origin on.", members)


def _same(names: Iterable[str]) -> type[Enum]:
    return _enum({name: name for name in names})


def _enum(members: Mapping[str, str]) -> type[Enum]:
    made: type[Enum] = Enum("Names", members)  # type: ignore[misc]
    return made


def add_group_inputs(types: Types, layer: Layer) -> None:
    """Make `ParcelGroupKey`, `ParcelHaving` and `ParcelGroupOrder`, and what stands in them."""
    name = layer.type_name
    for suffix, fields, text in (
        ("Column", columns(layer), "A column that"),
        ("Number", numbers(layer), "A number by which"),
        ("Date", dates(layer), "A time by which"),
    ):
        if fields:
            texts = {member: field.description for member, field in fields.items()}
            made = _enum({member: field.name for member, field in fields.items()})
            make_enum(types, f"{name}{suffix}", f"{text} {layer.verbose_name_plural} are grouped by.", made, texts)
    _add_keys(types, layer)
    _add_comparisons(types, layer)


def _add_keys(types: Types, layer: Layer) -> None:
    name = layer.type_name
    if dates(layer):
        time = Member(f"{name}Date", "The time.", required=True)
        unit = {"column": time, "unit": Member("DateUnit", "The span of time.", required=True)}
        part = {"column": time, "part": Member("DatePart", "The part of the time.", required=True)}
        make_input(types, f"{name}DateKey", "The span of time in which a time lies.", unit)
        make_input(types, f"{name}PartKey", "A part of a time, whatever the rest of it.", part)
    if numbers(layer):
        ranges = {
            "column": Member(f"{name}Number", "The number.", required=True),
            "width": Member("Float", "Width of each range; ranges begin at 0."),
            "quantiles": Member("Int", "So many ranges with about as many rows each, 2 to 100."),
        }
        make_input(types, f"{name}BinKey", "Ranges of a number: `width` or `quantiles`, one of both.", ranges)
    kinds = {each.name: Member(takes, each.description) for each in KEYS if (takes := each.takes(layer)) is not None}
    relations = {each.field: Member("GroupShare", f"By: {each.description}") for each in related_keys(layer).values()}
    description = f"What {layer.verbose_name_plural} are grouped by: exactly one of the members."
    make_input(types, f"{name}GroupKey", description, apart(name, kinds, relations), one_of=True)


def _add_comparisons(types: Types, layer: Layer) -> None:
    """Conditions and orders of groups by each function without arguments."""
    having: dict[str, Member] = {}
    order = {"key": Member("Ordering", "By the keys, in their order.")}
    for columns_of in dict.fromkeys(each.columns for each in functions(layer).values()):
        if columns_of is not None:
            _add_columns(types, layer, columns_of)
    for name, function in functions(layer).items():
        if function.columns is not None and not function.arguments:
            base = f"{layer.type_name}{function.columns.suffix}"
            having[name] = Member(f"{base}Having", function.description)
            order[name] = Member(f"{base}Order", f"By: {function.description}")
        elif function.columns is None and (kind := compared_as(function, layer)) is not None:
            having[name] = Member(f"{SCALAR_OF[kind]}Lookup", function.description)
            order[name] = Member("Ordering", f"By: {function.description}")
    description = "Which groups: what stands side by side must hold together."
    make_input(types, f"{layer.type_name}Having", description, having)
    description = (
        "One term of an order of groups: exactly one of the members. Of groups that tie, those of more rows come first."
    )
    make_input(types, f"{layer.type_name}GroupOrder", description, order, one_of=True)


def _add_columns(types: Types, layer: Layer, of: Columns) -> None:
    fields = of.of(layer)
    lookups = {each.name: Member(f"{of.returns[each.kind]}Lookup", each.description) for each in fields}
    orders = {each.name: Member("Ordering", f"By: {each.description}") for each in fields}
    base = f"{layer.type_name}{of.suffix}"
    make_input(types, f"{base}Having", f"{of.description} that groups must have.", lookups)
    make_input(
        types, f"{base}Order", f"{of.description} by which groups are ordered: one of them.", orders, one_of=True
    )
