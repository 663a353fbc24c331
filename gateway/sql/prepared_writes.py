"""INSERTs as the driver takes them; enters a layer and rows, leaves SQL text, its parameters and its rows.

A statement is compiled once for each set of columns and number of rows, up to a few rows: to compile one takes longer
than all else that the server does for a new row.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from gateway.geo.shapes import Shape
from gateway.layers import Layer
from gateway.models.members import Members
from gateway.models.slots import slots
from gateway.sql import writes
from gateway.sql.statement import Statement, compiled

_KEPT: Final = 256
_FEW: Final = 10  # rows


class WrittenRow(NamedTuple):
    """What RETURNING gives of a row; `created` is what an upsert adds."""

    id: int
    version: int
    key: Any
    west: float
    south: float
    east: float
    north: float
    created: bool = True


RETURNED: Final = len(WrittenRow._fields) - 1  # columns that an insert has


def insert(layer: Layer, rows: Sequence[writes.Values]) -> tuple[str, Sequence[Any]]:
    """`writes.insert_rows`."""
    return _bound(writes.insert_rows, layer, rows)


def upsert(layer: Layer, rows: Sequence[writes.Values]) -> tuple[str, Sequence[Any]]:
    """`writes.upsert_rows`."""
    return _bound(writes.upsert_rows, layer, rows)


def _bound(build: Callable[..., Any], layer: Layer, rows: Sequence[writes.Values]) -> tuple[str, Sequence[Any]]:
    names = tuple(rows[0])
    make = _compiled if len(rows) <= _FEW else _compiled.__wrapped__
    statement = make((build, layer, layer.members), names, len(rows))
    return statement.text, statement.bind([given(row[name]) for row in rows for name in names])


@lru_cache(_KEPT)
def _compiled(made: tuple[Callable[..., Any], Layer, Members | None], names: Sequence[str], count: int) -> Statement:
    """`made` has what is withheld apart: layers are equal for every principal."""
    build, layer, _ = made
    places = slots(0, count * len(names))
    rows = [{name: next(places) for name in names} for _ in range(count)]
    return compiled(build(layer, rows))


def given(value: Any) -> Any:
    """A value of a row as its parameter has it."""
    return value.ewkb if isinstance(value, Shape) else value
