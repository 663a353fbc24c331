"""The kinds of keys that `groupBy` takes, each declared once; enters what a client gave, leaves keys of groups.

The schema, the planner and the prices read this table. A kind is a member of the input, and `place` a field of the key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Final

from gateway import errors
from gateway.geo.crs import parse_crs
from gateway.geo.h3_cells import FINEST
from gateway.geo.positions import Path
from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation, RelationKind, Side
from gateway.models.kinds import Kind
from gateway.planner.aggregates import DISTINCT, STATISTICS
from gateway.query import operands
from gateway.query.groups import KEYS_AT, GroupKey
from gateway.query.seen import check_members, check_seen
from gateway.query.values import Given
from gateway.query.weights import Weight
from gateway.settings import LimitSettings
from gateway.sql import group_keys as sql

UNITS: Final = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR")
PARTS: Final = {"YEAR": "year", "MONTH": "month", "DAY": "day", "DAY_OF_WEEK": "isodow", "HOUR": "hour"}
SHAPES: Final = {"SQUARE": sql.SQUARES, "HEXAGON": sql.HEXAGONS}
MOST_BINS: Final = 100
LEAST: Final = 0.001  # width of bins and size of cells
MOST: Final = 1e9
MOST_GEOHASH: Final = 12


@dataclass(frozen=True, eq=False)
class KeyKind:
    """A kind of key; `takes` is the type of its member by layer, None where that has none; `returns` that of its place.

    Names of types are those of the schema.
    """

    name: str
    place: str
    description: str
    takes: Callable[[Layer], str | None]
    returns: str
    read: Callable[[Layer, LimitSettings, Any, Path], GroupKey]
    weight: Weight
    embed: bool = False  # whether its value is JSON text, of `attributes`


def columns(layer: Layer) -> Mapping[str, LayerField]:
    """What a `column` may be, by its name in the enum."""
    return {each.attribute.upper(): each for each in DISTINCT.of(layer)}


def numbers(layer: Layer) -> Mapping[str, LayerField]:
    """What `bin` may be of."""
    return {each.attribute.upper(): each for each in STATISTICS.of(layer)}


def dates(layer: Layer) -> Mapping[str, LayerField]:
    """What `date` and `part` may be of."""
    return {name: each for name, each in columns(layer).items() if each.kind is Kind.DATETIME}


def related(layer: Layer) -> Mapping[str, Relation]:
    """Relations by whose rows a layer is grouped: its rows are parts of them.

    Those that no model declares stand back where a key has their name already.
    """
    declared = {
        each.field: each for each in layer.relations if each.kind is RelationKind.OVERLAP and each.part is Side.SOURCE
    }
    taken = {*declared, *KINDS, *_PLACES, *map(column_place, columns(layer).values())}
    return declared | {each.field: each for each in layer.around if each.field not in taken}


def column_place(field: LayerField) -> str:
    """The field of `key` that has the value of a column."""
    return f"{field.name}Column" if field.name in _PLACES else field.name


def _field(layer: Layer, name: str, path: Path) -> LayerField:
    field = layer.fields[name]
    check_seen(field, path)
    return field


def _column(layer: Layer, _: LimitSettings, given: str, path: Path) -> GroupKey:
    field = _field(layer, given, path)
    return GroupKey(sql.COLUMN, column_place(field), field)


def _member(layer: Layer, limits: LimitSettings, given: str, path: Path) -> GroupKey:
    field = _field(layer, "attributes", path)
    name = operands.text(given, limits.text_length, path)
    check_members(field, name, path)
    return GroupKey(sql.MEMBER, "attribute", field, given=(name,))


def distinct_key(layer: Layer, limits: LimitSettings, given: Given) -> GroupKey:
    """The values of a column or a member of `attributes`, those that have the text `match` if there is one."""
    ((name, value),) = given["field"].items()
    key, kind = (_column, sql.VALUE) if name == "column" else (_member, sql.MEMBER_VALUE)
    made = key(layer, limits, value, ("field", name))
    match = operands.text(given.get("match") or "", limits.text_length, ("match",))
    return replace(made, sql=kind, place="value", given=(*made.given, match) if match else made.given)


def _date(layer: Layer, _: LimitSettings, given: Given, path: Path) -> GroupKey:
    return GroupKey(sql.DATE, "date", _field(layer, given["column"], path), word=given["unit"].lower())


def _part(layer: Layer, _: LimitSettings, given: Given, path: Path) -> GroupKey:
    return GroupKey(sql.PART, "part", _field(layer, given["column"], path), word=PARTS[given["part"]])


def _bin(layer: Layer, _: LimitSettings, given: Given, path: Path) -> GroupKey:
    field = _field(layer, given["column"], path)
    width: float | None = given.get("width")
    quantiles: int | None = given.get("quantiles")
    if (width is None) is (quantiles is None):
        raise errors.ArgumentError("Give width or quantiles, one of both.", path=path)
    if width is not None:
        return GroupKey(sql.WIDTH, "bin", field, given=(_within(width, LEAST, MOST, (*path, "width")),))
    count = int(_within(quantiles or 0, 2, MOST_BINS, (*path, "quantiles")))
    return GroupKey(sql.QUANTILES, "bin", field, given=(tuple(end / count for end in range(count + 1)),))


def _grid(_: Layer, __: LimitSettings, given: Given, path: Path) -> GroupKey:
    size = _within(given["size"], LEAST, MOST, (*path, "size"))
    try:
        srid = parse_crs(given["crs"])
    except errors.BadCrs as error:
        raise error.at(*path) from error
    return GroupKey(SHAPES[given["shape"]], "cell", word=str(srid), given=(size,))


def _geohash(_: Layer, __: LimitSettings, given: int, path: Path) -> GroupKey:
    return GroupKey(sql.GEOHASH, "cell", given=(int(_within(given, 1, MOST_GEOHASH, path)),))


def _h3(_: Layer, __: LimitSettings, given: int, path: Path) -> GroupKey:
    return GroupKey(sql.H3, "cell", given=(int(_within(given, 0, FINEST, path)),))


def by_h3(keys: Sequence[GroupKey]) -> int | None:
    """The number of the key whose cells are not computed by the database."""
    return next((number for number, key in enumerate(keys) if key.sql is sql.H3), None)


def _within(given: float, least: float, most: float, path: Path) -> float:
    if not least <= given <= most:
        raise errors.OutOfRange(f"{path[-1]} must be {least:g} to {most:g}, not {given:g}.", path=path)
    return given


def relation_key(layer: Layer, name: str, share: str) -> GroupKey:
    """The rows of a relation."""
    return GroupKey(sql.RELATED[share], name, relation=related(layer)[name])


KEYS: Final = (
    KeyKind(
        "column",
        "",
        "The value of a column.",
        lambda layer: f"{layer.type_name}Column" if columns(layer) else None,
        "",
        _column,
        Weight(0.1),
    ),
    KeyKind(
        "attribute",
        "attribute",
        "The value of a member of `attributes`; rows without it are one group.",
        lambda layer: "String" if layer.extra else None,
        "JSON",
        _member,
        Weight(1.0),
        embed=True,
    ),
    KeyKind(
        "date",
        "date",
        "The beginning of the year, month or the like in which a time lies, in UTC.",
        lambda layer: f"{layer.type_name}DateKey" if dates(layer) else None,
        "DateTime",
        _date,
        Weight(0.3),
    ),
    KeyKind(
        "part",
        "part",
        "The number of a part of a time in UTC, for example the day of the week.",
        lambda layer: f"{layer.type_name}PartKey" if dates(layer) else None,
        "Int",
        _part,
        Weight(0.4),
    ),
    KeyKind(
        "bin",
        "bin",
        "The range in which a number lies: of a width, or one of so many with about as many rows each.",
        lambda layer: f"{layer.type_name}BinKey" if numbers(layer) else None,
        "Bin",
        _bin,
        Weight(1.0),
    ),
    KeyKind(
        "grid",
        "cell",
        "The square or hexagon in which the centroid lies.",
        lambda _: "GridKey",
        "Cell",
        _grid,
        Weight(8.0, 0.15),
    ),
    KeyKind(
        "geohash",
        "cell",
        "The cell of the geohash of the centroid with so many characters, 1 to 12: 6 are about a kilometre.",
        lambda _: "Int",
        "Cell",
        _geohash,
        Weight(2.0, 0.15),
    ),
    KeyKind(
        "h3",
        "cell",
        "The cell of H3 in which the centroid lies, of a resolution of 0 to 15: 8 are about 0.7 square kilometres.",
        lambda _: "Int",
        "Cell",
        _h3,
        Weight(6.0, 0.15),
    ),
)
_PLACES: Final = frozenset(each.place for each in KEYS)
KINDS: Final = {each.name: each for each in KEYS}
PARTS_OF: Final = {"bin": ("start", "end"), "cell": ("id", "geometry")}  # places whose value is an object


def places(keys: Sequence[GroupKey]) -> Mapping[str, int]:
    """Where the values of each key begin in a row of groups."""
    at = accumulate((len(PARTS_OF.get(key.place, ("",))) for key in keys), initial=KEYS_AT)
    return {key.place: place for key, place in zip(keys, at, strict=False)}


def width(keys: Sequence[GroupKey]) -> int:
    """How many values come before the measures in a row of groups."""
    return KEYS_AT + sum(len(PARTS_OF.get(key.place, ("",))) for key in keys)
