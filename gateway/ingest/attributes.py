"""Floor 3. Fields without a column as one JSON object a row; enters Arrow columns, leaves JSON in UTF-8.

What JSON can't hold becomes text: dates in ISO 8601, binary in base64, NaN and the infinities by name.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from gateway.ingest import columns

_ESCAPED_NUL = b"\\u0000"


def objects(source: columns.Cleaned, names: Sequence[str], moved: Mapping[int, dict[str, Any]]) -> list[bytes]:
    """One JSON object a row from the fields `names`; `moved` adds values that did not fit their column."""
    rows = len(next(iter(source.fields.values())))
    values = [_values(source.fields[name], json=name in source.json) for name in names]
    found = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)] if names else [{}] * rows
    for row, extra in moved.items():
        found[row] = found[row] | extra
    return [_dump(each) for each in found]


def _dump(value: dict[str, Any]) -> bytes:
    text = orjson.dumps(value, default=str)
    # PostgreSQL's jsonb has no NUL; the text is looked at, since an escaped backslash may stand before u0000.
    return orjson.dumps(_without_nul(orjson.loads(text))) if _ESCAPED_NUL in text else text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


def _values(column: pa.Array, *, json: bool) -> list[Any]:
    if json:
        return [None if value is None else _parsed(value) for value in column.to_pylist()]
    if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(column)).as_py():
        return [jsonable(value) for value in column.to_pylist()]
    if pa.types.is_primitive(column.type) or columns.is_text(column.type):
        return list(column.to_pylist())
    return [jsonable(value) for value in column.to_pylist()]


def _parsed(text: str) -> Any:
    """A value that the source marks as JSON; what is not JSON after all stays text."""
    try:
        return jsonable(orjson.loads(text))
    except orjson.JSONDecodeError:
        return text


def jsonable(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and value - value != 0:
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, list):
        return [jsonable(item) for item in value]
    return value
