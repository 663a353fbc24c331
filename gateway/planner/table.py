"""Rows on their way to JSON; enters rows of a statement, leaves lists of objects.

What a row becomes is written as one Python expression when an operation is compiled, and all rows are made by one
comprehension of it: a call for each value, or a pass for each column, takes as long as the values themselves.
"""

import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final, TypeAlias

import orjson

from gateway import errors
from gateway.layers import Layer
from gateway.planner.flaws import Flaw
from gateway.query import ids
from gateway.query.page import CursorCodec

Row: TypeAlias = Sequence[Any]  # of a statement: each value has the type of its column


@dataclass(slots=True)
class Table:
    """The rows of one statement, and what was read for them besides."""

    rows: Sequence[Row]
    terms: Sequence[object]
    codec: CursorCodec
    scope: bytes = b""
    related: list[Sequence[object]] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)

    def column(self, place: int) -> list[Any]:
        """One value of each row."""
        return list(map(itemgetter(place), self.rows))

    def unknown(self, crs: str) -> Flaw:
        """What stands in place of a geometry whose CRS the database does not know."""
        self.flaws.append(Flaw([errors.BadCrs(f"{crs} is not known to this database.", path=("crs",))]))
        return self.flaws[-1]


@dataclass(frozen=True, slots=True)
class Maker:
    """A Python expression of one value: of the row `r`, the table `t`, and `o0`, `o1`, ... of other statements."""

    source: str
    others: frozenset[int] = frozenset()


ObjectsMaker: TypeAlias = Callable[[Table], list[dict[str, object]]]


def objects(makers: Mapping[str, Maker]) -> ObjectsMaker:
    """One object for each row, with the keys of `makers`, which are response keys."""
    return compiled(nested(makers))


def compiled(maker: Maker) -> Callable[[Table], list[Any]]:
    """What makes the values of all rows."""
    others = sorted(maker.others)
    targets = ", ".join(["r", *(f"o{number}" for number in others)])
    rows = ", ".join(["t.rows", *(f"t.related[{number}]" for number in others)])
    source = f"lambda t: [{maker.source} for {targets} in {f'zip({rows}, strict=True)' if others else rows}]"
    # Of literals, places and response keys, which are names: nothing that a client wrote stands in it as code.
    make: Callable[[Table], list[Any]] = eval(source, dict(_NAMES))  # noqa: S307
    return make


def constant(value: str | None) -> Maker:
    """The same value in each row."""
    return Maker(repr(value))


def column(place: int) -> Maker:
    """A column as it is."""
    return Maker(f"r[{place}]")


def embedded(place: int) -> Maker:
    """A column of JSON text, written as it is."""
    return Maker(f"(None if r[{place}] is None else Fragment(r[{place}]))")


def global_id(layer: Layer, place: int) -> Maker:
    """Global ids of a column of ids: what `ids.encode` gives, written out."""
    return Maker(f"base64({ids.form(layer)!r} % r[{place}], newline=False).decode()")


def share(part: int, whole: int) -> Maker:
    """One column's share of another, at most 1.

    It is what `gateway.sql.overlaps.Overlap.coverage` is; a point, which has no size, lies wholly in what it meets.
    """
    return Maker(f"(min(r[{part}] / r[{whole}], 1.0) if r[{whole}] else 1.0)")


def quotient(place: int, term: int) -> Maker:
    """A column divided by the number that a term is."""
    return Maker(f"(r[{place}] / t.terms[{term}])")


def present(place: int, maker: Maker) -> Maker:
    """What is made where a column is not null."""
    return Maker(f"(None if r[{place}] is None else {maker.source})", maker.others)


def required(place: int, crs: str, maker: Maker) -> Maker:
    """What is made of a column that is null where PostGIS does not know the CRS."""
    return Maker(f"(t.unknown({crs!r}) if r[{place}] is None else {maker.source})", maker.others)


def nested(makers: Mapping[str, Maker]) -> Maker:
    """An object in each row."""
    members = ", ".join(f"{key!r}: {maker.source}" for key, maker in makers.items())
    return Maker(f"{{{members}}}", frozenset[int]().union(*(maker.others for maker in makers.values())))


def related(index: int) -> Maker:
    """What was read for each row by another statement."""
    return Maker(f"o{index}", frozenset({index}))


def cursor(positions: Sequence[int]) -> Maker:
    """The cursor of each row; `positions` are the places of the values of its position."""
    values = "".join(f"r[{place}], " for place in positions)
    return Maker(f"t.codec.encode(t.scope, ({values}))")


def feature(identity: int, geometry: int, properties: Mapping[str, Maker]) -> Maker:
    """Each row as a GeoJSON Feature."""
    members = {
        "type": constant("Feature"),
        "id": column(identity),
        "geometry": Maker(f"Fragment(r[{geometry}])"),
        "properties": nested(properties),
    }
    return nested(members)


_NAMES: Final[Mapping[str, object]] = {
    "Fragment": orjson.Fragment,
    "base64": binascii.b2a_base64,
}
