"""Values of a source as text that PostgreSQL reads; enters an Arrow column, leaves text and misfits.

A value fits if PostgreSQL would store the same value in a column of that kind. Nothing is guessed: `$350,000` is no
number. Whole columns are converted at once; single values are looked at only where some do not fit.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gateway.models.kinds import Kind
from gateway.sources import members
from gateway.sources.batches import storage

_INTEGER = r"^\s*[+-]?[0-9]{1,19}\s*$"
_NUMBER = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")
_NUMBERS = {Kind.INTEGER, Kind.BIGINT, Kind.FLOAT, Kind.DECIMAL}
_BITS = {"true": "1", "false": "0"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:\D|$)")
_BEYOND_MICROSECONDS = re.compile(r"[.,]\d{6}\d*[1-9]")
_MOST_DIGITS = 40
_LIMITS = {Kind.INTEGER: 2**31, Kind.BIGINT: 2**63}


@dataclass(frozen=True, slots=True)
class Column:
    """Text for COPY, null where there is none, and the rows whose value does not fit."""

    text: pa.Array
    misfits: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A batch's fields without extension types, in UTF-8 without NUL."""

    fields: Mapping[str, pa.Array]
    json: frozenset[str]  # fields whose text the source marks as JSON
    changed: Mapping[int, tuple[str, ...]]  # fields by row whose text had to be changed


def clean(fields: Mapping[str, pa.Array], json: Collection[str] = ()) -> Cleaned:
    """Make every column one that the converters know; those called `json` hold clean JSON already."""
    columns: dict[str, pa.Array] = {}
    marked: set[str] = set(json)
    changed: dict[int, tuple[str, ...]] = {}
    for name, column in fields.items():
        columns[name], rows = (column, ()) if name in marked else _cleaned(column)
        if isinstance(column, pa.ExtensionArray) and column.type.extension_name == "arrow.json":
            marked.add(name)
            columns[name], rows = _json_of(column.storage)
        for row in rows:
            changed[row] = (*changed.get(row, ()), name)
    return Cleaned(columns, frozenset(marked), changed)


def _cleaned(column: pa.Array) -> tuple[pa.Array, Sequence[int]]:
    column = storage(column)
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return _readable(column) if is_text(column.type) else (column, ())


def _json_of(column: pa.Array) -> tuple[pa.Array, Sequence[int]]:
    """JSON that a format only says is JSON, value by value: what is none becomes a text."""
    values: list[str | None] = []
    changed = []
    raw = column.view(pa.binary() if column.type == pa.string() else pa.large_binary())
    for row, value in enumerate(raw.to_pylist()):
        if value is None:
            values.append("null")
            continue
        text, remarks = members.value(value)
        values.append(text)
        changed += [row] if remarks else []
    return pa.array(values, pa.string()), changed


def _readable(column: pa.Array) -> tuple[pa.Array, Sequence[int]]:
    """The column as UTF-8 without NUL, and the rows that were changed."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raw = column.view(pa.binary() if column.type == pa.string() else pa.large_binary()).to_pylist()
        text = [None if value is None else value.decode(errors="replace") for value in raw]
        rows = [row for row, value in enumerate(raw) if value is not None and value != (text[row] or "").encode()]
        column = pa.array(text, pa.string())
    else:
        rows = []
    dirty = np.flatnonzero(pc.match_substring(column, "\0").fill_null(False))
    if len(dirty):
        column = pc.replace_substring(column, "\0", "")
    return column, [*rows, *map(int, dirty)]


def is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def convert(column: pa.Array, kind: Kind, *, json: bool = False) -> Column:
    """Convert `column`, which is clean, for a column of `kind`; `json` says that its text is JSON."""
    if json:
        column = pa.array([_plain(value, kind) for value in column.to_pylist()], pa.string())
    text = column if json and kind is Kind.JSON else _CONVERTERS[kind](column)
    return Column(text, np.flatnonzero(np.asarray(column.is_valid()) & ~np.asarray(text.is_valid())))


def _plain(value: str | None, kind: Kind) -> str | None:
    """A value of JSON as the text that says the same in a column of `kind`."""
    if not value or value == "null":
        return None
    if kind is Kind.JSON:
        return value
    if value[0] == '"':
        return str(orjson.loads(value))
    if kind in _NUMBERS and value in _BITS:
        return _BITS[value]
    return value if kind in {Kind.FLOAT, Kind.DECIMAL, Kind.DATETIME} or value[0] in "{[tf" else _digits(value)


def _digits(number: str) -> str:
    """A number as it is written, or without the point and exponent that a whole one does not need."""
    if number.isdecimal() or not (exact := Decimal(number)).is_finite() or exact != exact.to_integral_value():
        return number
    return f"{exact:f}".partition(".")[0] if exact.adjusted() <= _MOST_DIGITS else number


def _text(column: pa.Array) -> pa.Array:
    if is_text(column.type):
        return column
    if pa.types.is_floating(column.type):
        # Keys that a file format keeps as 1234.0 are 1234.
        return pa.array([None if value is None else _number(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return _each(
            column, lambda value: value.hex() if isinstance(value, bytes) else orjson.dumps(value, default=str).decode()
        )
    return column.cast(pa.string())


def _number(value: float) -> str | None:
    """A number as text, where it is surely the one that was written: beyond 2^53 several are one float."""
    if not math.isfinite(value) or abs(value) >= 2**53:
        return None
    return str(int(value)) if value.is_integer() else repr(value)


def _integer(bits: Kind) -> Callable[[pa.Array], pa.Array]:
    limit = _LIMITS[bits]

    def convert(column: pa.Array) -> pa.Array:
        if pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        if pa.types.is_floating(column.type):
            whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), float(limit)))
            return pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
        if pa.types.is_integer(column.type):
            if column.type == pa.uint64():
                column = pc.if_else(pc.less(column, pa.scalar(2**63, pa.uint64())), column, None)
            column = column.cast(pa.int64())
            inside = pc.and_(pc.less_equal(column, limit - 1), pc.greater_equal(column, -limit))
            return pc.if_else(inside, column, None).cast(pa.string())
        if is_text(column.type):
            return _each(_matching(column, _INTEGER), lambda value: _inside(int(value), limit))
        return _none(column)

    return convert


def _inside(value: int, limit: int) -> str | None:
    return str(value) if -limit <= value < limit else None


def _float(column: pa.Array) -> pa.Array:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_finite(column), column, None).cast(pa.string())
    if pa.types.is_integer(column.type) or pa.types.is_decimal(column.type):
        return column.cast(pa.string())
    if is_text(column.type):
        return pc.utf8_trim_whitespace(_matching(column, _NUMBER)).cast(pa.string())
    return _none(column)


def _boolean(column: pa.Array) -> pa.Array:
    if not pa.types.is_boolean(column.type):
        words = pc.utf8_lower(pc.utf8_trim_whitespace(_text(column)))
        known = pc.is_in(words, pa.array(_TRUE + _FALSE))
        return pc.if_else(known, pc.if_else(pc.is_in(words, pa.array(_TRUE)), "true", "false"), None)
    return column.cast(pa.string())


def _datetime(column: pa.Array) -> pa.Array:
    if pa.types.is_temporal(column.type) and not pa.types.is_time(column.type):
        return _each(column, lambda value: _iso(value.isoformat()))
    return _each(column, _iso) if is_text(column.type) else _none(column)


def _iso(value: str) -> str | None:
    """The instant with its offset; without one it is taken as UTC."""
    if not _DAY.match(value) or _BEYOND_MICROSECONDS.search(value):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).isoformat()


def _uuid(column: pa.Array) -> pa.Array:
    """As PostgreSQL writes it, so that keys are equal as texts."""
    made = (lambda value: UUID(bytes=value)) if column.type == pa.binary(16) else UUID

    def text(value: Any) -> str | None:
        try:
            return str(made(value))
        except ValueError:
            return None

    return _each(column, text) if is_text(column.type) or column.type == pa.binary(16) else _none(column)


def _json(column: pa.Array) -> pa.Array:
    return _each(column, lambda value: orjson.dumps(value, default=str).decode())


def _matching(column: pa.Array, pattern: str) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(column, pattern), column, None)


def _each(column: pa.Array, work: Callable[[Any], str | None]) -> pa.Array:
    return pa.array([None if value is None else work(value) for value in column.to_pylist()], pa.string())


def _none(column: pa.Array) -> pa.Array:
    return pa.nulls(len(column), pa.string())


_CONVERTERS: Mapping[Kind, Callable[[pa.Array], pa.Array]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer(Kind.INTEGER),
    Kind.BIGINT: _integer(Kind.BIGINT),
    Kind.FLOAT: _float,
    Kind.DECIMAL: _float,
    Kind.BOOLEAN: _boolean,
    Kind.DATETIME: _datetime,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
}
