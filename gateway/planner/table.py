"""Floor 3. Rows on their way to JSON, column by column; enters rows of a statement, leaves lists of objects.

A maker turns columns into the values of one response key for all rows at once, so that Python's work is a few passes in
C over each column and not a call for each value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, TypeAlias

import orjson

from gateway import errors
from gateway.layers import Layer
from gateway.query import ids
from gateway.query.page import CursorCodec


@dataclass(slots=True)
class Table:
    """The rows of one statement as columns, and what was read for them besides."""

    columns: Sequence[Sequence[Any]]
    count: int
    terms: Sequence[Any]
    codec: CursorCodec
    scope: bytes = b""
    related: list[Sequence[Any]] = field(default_factory=list)

    def cursors(self, places: Sequence[int]) -> list[str]:
        """The cursor of each row; `places` are those of its position."""
        positions = zip(*(self.columns[place] for place in places), strict=True)
        return [self.codec.encode(self.scope, position) for position in positions]


Maker: TypeAlias = Callable[[Table], Sequence[Any]]
ObjectsMaker: TypeAlias = Callable[[Table], list[dict[str, Any]]]


def table(rows: Sequence[Any], width: int, terms: Sequence[Any], codec: CursorCodec, scope: bytes = b"") -> Table:
    """Turn rows on their side."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    return Table(columns, len(rows), terms, codec, scope)


def objects(makers: Mapping[str, Maker]) -> ObjectsMaker:
    """One object for each row, with the keys of `makers`."""
    if not makers:
        return lambda rows: [{} for _ in range(rows.count)]
    compose, parts = composer(tuple(makers)), tuple(makers.values())
    return lambda rows: compose([make(rows) for make in parts])


def composer(keys: Sequence[str]) -> Callable[[Sequence[Sequence[Any]]], list[dict[str, Any]]]:
    """Columns, one for each key, to objects; `keys` are response keys, which are names.

    The literal `{"a": v0, "b": v1}` is written out and compiled: dict(zip(keys, row)) takes three times as long.
    """
    values = [f"v{number}" for number in range(len(keys))]
    members = ", ".join(f"{key!r}: {value}" for key, value in zip(keys, values, strict=True))
    source = f"lambda columns: [{{{members}}} for {', '.join(values)}, in zip(*columns, strict=True)]"
    compose: Callable[[Sequence[Sequence[Any]]], list[dict[str, Any]]] = eval(source)  # noqa: S307 - names alone
    return compose


def constant(value: Any) -> Maker:
    """The same value in each row."""
    return lambda rows: list(repeat(value, rows.count))


def column(place: int) -> Maker:
    """A column as it is."""
    return lambda rows: rows.columns[place]


def embedded(place: int) -> Maker:
    """A column of JSON text, written as it is."""
    return lambda rows: [None if text is None else orjson.Fragment(text) for text in rows.columns[place]]


def global_id(layer: Layer, place: int) -> Maker:
    """Global ids of a column of ids."""
    encode = ids.encoder(layer)
    return lambda rows: list(map(encode, rows.columns[place]))


def quotient(place: int, ask: int) -> Maker:
    """A column divided by a term."""
    return lambda rows: [value / rows.terms[ask] for value in rows.columns[place]]


def share(part: int, whole: int) -> Maker:
    """One column's share of another, at most 1."""
    return lambda rows: list(map(_share, rows.columns[part], rows.columns[whole]))


def required(place: int, crs: str) -> Maker:
    """A column of JSON text that is null where PostGIS does not know the CRS."""

    def make(rows: Table) -> Sequence[Any]:
        if None in rows.columns[place]:
            raise errors.BadCrs(f"{crs} is not known to this database.", path=("crs",))
        return [orjson.Fragment(text) for text in rows.columns[place]]

    return make


def nested(makers: Mapping[str, Maker]) -> Maker:
    """An object in each row."""
    return objects(makers)


def related(index: int) -> Maker:
    """What was read for each row by another statement."""
    return lambda rows: rows.related[index]


def _share(part: float, whole: float) -> float:
    """What `gateway.sql.relations.coverage` is; a point, which has no area, lies wholly in what it meets."""
    return min(part / whole, 1.0) if whole else 1.0
