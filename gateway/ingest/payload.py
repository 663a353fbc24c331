"""Columns as the text format of COPY; enters Arrow arrays, leaves lines whose buffer is the text.

Arrow joins the columns at once, so the data buffer of the joined column is the text of all rows.
https://www.postgresql.org/docs/current/sql-copy.html
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

_HEX = np.frombuffer(b"".join(b"%02X" % octet for octet in range(256)), dtype=np.uint16)
_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))


def geometry(shapes: NDArray[np.object_]) -> pa.Array:
    """Shapes as WKB in hexadecimal, which the geometry type reads as text and gives the SRID of its column."""
    binary = pa.array(shapely.to_wkb(shapes), pa.large_binary())
    _, offsets, data = binary.buffers()
    # GEOS writes hexadecimal itself, at a third of this speed.
    digits = _HEX[np.frombuffer(data, dtype=np.uint8)] if data else np.zeros(0, dtype=np.uint16)
    doubled = np.frombuffer(offsets, dtype=np.int64)[: len(binary) + 1] * 2
    return pa.LargeStringArray.from_buffers(len(binary), pa.py_buffer(doubled), pa.py_buffer(digits))


def lines(columns: Sequence[pa.Array]) -> pa.Array:
    r"""Rows of tab-separated, escaped values, each ended by a newline; null is \N."""
    *head, last = [_escaped(column) for column in columns]
    ended = pc.binary_join_element_wise(
        last, _scalar("\n"), _scalar(""), null_handling="replace", null_replacement="\\N"
    )
    return _tabbed([*head, ended])


def labelled(labels: Sequence[NDArray[np.int64]], rows: pa.Array) -> pa.Array:
    """The same `rows` with whole numbers before their columns."""
    return _tabbed([*(pa.array(label).cast(pa.large_string()) for label in labels), rows])


def text(rows: pa.Array) -> pa.Buffer:
    """The text of all rows, which shares their memory."""
    if not len(rows):
        return pa.py_buffer(b"")
    _, offsets, data = rows.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[rows.offset : rows.offset + len(rows) + 1]
    return data.slice(int(bounds[0]), int(bounds[-1] - bounds[0]))


def _tabbed(columns: Sequence[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*columns, _scalar("\t"), null_handling="replace", null_replacement="\\N")


def _escaped(column: pa.Array) -> pa.Array:
    text = column.cast(pa.large_string())
    data = text.buffers()[2]
    octets = data.to_pybytes() if data else b""  # a copy, which Python searches in a tenth of Arrow's time
    if not any(character.encode() in octets for character, _ in _ESCAPES):
        return text
    for character, escape in _ESCAPES:
        text = pc.replace_substring(text, character, escape)
    return text


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())
