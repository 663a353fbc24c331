"""Well-known binary before any geometry library reads it; enters an Arrow array, leaves types and depth.

Deeply nested collections crash the parsers of GEOS, so depth is counted here, without recursion. Layout: OGC 06-103r4
§8.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

POINT, LINE, POLYGON = 1, 2, 3
MULTI_POINT, MULTI_LINE, MULTI_POLYGON, COLLECTION = 4, 5, 6, 7
CURVED = (8, 9, 10, 11, 12)
_CONTAINERS = (MULTI_POINT, MULTI_LINE, MULTI_POLYGON, COLLECTION)
_Z, _M, _SRID = 0x80000000, 0x40000000, 0x20000000
_HEADER = 5
# Each level takes 9 bytes, so smaller values can't hold enough of them to hurt; parsers crash at some 30,000.
_HARMLESS = 16_384
MOST_DEPTH = 4


def types(values: pa.Array) -> NDArray[np.int64]:
    """The geometry type of each value (1 to 17), 0 for null or too short; Z and M are left out."""
    codes = np.zeros(len(values), dtype=np.int64)
    offsets, data = _buffers(values)
    there = np.flatnonzero(np.diff(offsets) >= _HEADER)
    starts = offsets[there]
    if not len(there):
        return codes
    octets = data[starts[:, None] + np.arange(_HEADER)].astype(np.int64)
    little = octets[:, 1] | octets[:, 2] << 8 | octets[:, 3] << 16 | octets[:, 4] << 24
    big = octets[:, 4] | octets[:, 3] << 8 | octets[:, 2] << 16 | octets[:, 1] << 24
    codes[there] = (np.where(octets[:, 0] == 1, little, big) & 0x0FFFFFFF) % 1000
    return codes


def _buffers(values: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    large = values.cast(pa.large_binary())
    _, offsets, data = large.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[large.offset : large.offset + len(large) + 1]
    return bounds, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)


def curved(values: pa.Array) -> bool:
    """Whether any value has a circular arc or another type that must be made of straight lines first."""
    return bool(np.isin(types(values), CURVED).any())


def bent(values: pa.Array, codes: NDArray[np.int64]) -> list[int]:
    """Rows that are, or hold, circular arcs, which the geometry library can't compute with."""
    suspects = np.flatnonzero(np.isin(codes, (*CURVED, COLLECTION)))
    return [int(row) for row in suspects if any(kind in CURVED for kind, _ in _walk(values[row].as_py()))]


def too_deep(values: pa.Array, codes: NDArray[np.int64]) -> list[int]:
    """Rows whose collections are nested deeper than `MOST_DEPTH`."""
    sizes = np.diff(_buffers(values)[0])
    suspects = (codes == COLLECTION) | (np.isin(codes, _CONTAINERS) & (sizes > _HARMLESS))
    return [int(row) for row in np.flatnonzero(suspects) if depth(values[int(row)].as_py()) > MOST_DEPTH]


def depth(value: bytes) -> int:
    """How deep the collections of `value` are nested, counted to one level more than may be."""
    deepest = 0
    for kind, level in _walk(value):
        deepest = max(deepest, level) if kind in _CONTAINERS else deepest
        if deepest > MOST_DEPTH:
            break
    return deepest


def _walk(value: bytes) -> Iterator[tuple[int, int]]:
    """The type of each geometry in `value` with its level, 1 for the whole; ends where `value` can't be followed."""
    pending, place = [1], 0
    with suppress(struct.error, IndexError):
        while pending:
            if pending[-1] == 0:
                pending.pop()
                continue
            pending[-1] -= 1
            (code,) = struct.unpack_from(_order(value, place) + "I", value, place + 1)
            yield _kind(code)[0], len(pending)
            place, parts = _step(value, place)
            if parts is not None:
                pending.append(parts)


def _order(value: bytes, place: int) -> str:
    return "<" if value[place] == 1 else ">"


def _step(value: bytes, place: int) -> tuple[int, int | None]:
    """Read one geometry header at `place`: where to go on, and the number of parts if it is a container."""
    order = _order(value, place)
    (code,) = struct.unpack_from(order + "I", value, place + 1)
    kind, dimensions = _kind(code)
    place += _HEADER + (4 if code & _SRID else 0)
    if kind == POINT:
        return place + 8 * dimensions, None
    (count,) = struct.unpack_from(order + "I", value, place)
    place += 4
    if kind in _CONTAINERS:
        return place, count
    if kind == LINE:
        return place + 8 * dimensions * count, None
    for _ in range(count):
        (vertices,) = struct.unpack_from(order + "I", value, place)
        place += 4 + 8 * dimensions * vertices
    return place, None


def _kind(code: int) -> tuple[int, int]:
    thousands, kind = divmod(code & 0x0FFFFFFF, 1000)
    extra = {0: 0, 1: 1, 2: 1, 3: 2}.get(thousands, 0) + bool(code & _Z) + bool(code & _M)
    return kind, 2 + extra
