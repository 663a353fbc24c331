"""Fields without a column as one JSON object a row; enters Arrow columns, leaves JSON in UTF-8.

What JSON can't hold becomes text: dates in ISO 8601, binary in base64, NaN and the infinities by name.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from gateway.ingest import columns
from gateway.sources import members
from gateway.sources.batches import ABSENT

_NOWHERE: Final = object()  # an empty text is a value


def objects(
    source: columns.Cleaned, names: Sequence[str], moved: Mapping[int, Mapping[str, object]], base: str | None = None
) -> list[bytes]:
    """One JSON object a row from the fields `names`; `moved` adds values that did not fit their column.

    The members of the field `base`, which holds objects, are members of that object.
    """
    rows = len(next(iter(source.fields.values())))
    values = [_values(source.fields[name], json=name in source.json) for name in names]
    merged = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)] if names else [{}] * rows
    if source.json.intersection(names):
        merged = [{name: value for name, value in row.items() if value is not _NOWHERE} for row in merged]
    if base is not None:
        given = source.fields[base].to_pylist()
        merged = [_spread(base, value) | row for value, row in zip(given, merged, strict=True)]
    for row, extra in moved.items():
        merged[row] = {**merged[row], **extra}
    return [orjson.dumps(each, default=str) for each in merged]


def _spread(name: str, value: str | None) -> dict[str, object]:
    """The members of the object `value`, which is JSON; what is no object stays under its name."""
    if not value:
        return {}
    try:
        own = members.members(value.encode())
    except ValueError:
        return {name: value}
    return {} if own is None else {key: raw(each.decode()) for key, each in own.raw.items()}


def _values(column: pa.Array, *, json: bool) -> list[object]:
    if json:
        return [None if value is None else raw(value) if value != ABSENT else _NOWHERE for value in column.to_pylist()]
    if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(column)).as_py():
        return [jsonable(value) for value in column.to_pylist()]
    if pa.types.is_primitive(column.type) or columns.is_text(column.type):
        return list(column.to_pylist())
    return [jsonable(value) for value in column.to_pylist()]


def raw(text: str) -> orjson.Fragment:
    """JSON that stands in an object as it is written."""
    return orjson.Fragment(text)


def jsonable(value: object) -> object:
    """`value` as JSON can hold it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and value - value != 0:
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    return value
