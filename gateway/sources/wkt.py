"""Shapes as text in cells; enters WKT, WKB in hexadecimal or GeoJSON, leaves an Arrow array of WKB."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.sources import gdal, shapes

_SRID: Final = re.compile(rb"^SRID=\d+;", re.IGNORECASE)
_ARCS: Final = re.compile("CURVE|CIRCULAR|SURFACE", re.IGNORECASE)  # shapely fails at the first of them
_HEX: Final = re.compile(rb"^0[01][0-9A-Fa-f]{8,}$")


def wkb(texts: Sequence[bytes | None]) -> pa.Array:
    """The shapes of cells, null where there is none or none that can be read."""
    given = [_SRID.sub(b"", (text or b"").strip()) for text in texts]
    read: list[bytes | None] = [bytes.fromhex(text.decode()) if _whole(text) else None for text in given]
    json = [row for row, text in enumerate(given) if text.startswith(b"{")]
    for row, shape in zip(json, shapes.wkb([given[row] for row in json]).to_pylist(), strict=True):
        read[row] = shape
    rest = [row for row, text in enumerate(given) if text and read[row] is None and not text.startswith(b"{")]
    for row, shape in zip(rest, _wkt([given[row] for row in rest]), strict=True):
        read[row] = shape
    return pa.array(read, pa.binary())


def _whole(text: bytes) -> bool:
    return len(text) % 2 == 0 and _HEX.match(text) is not None


def _wkt(texts: Sequence[bytes]) -> Sequence[bytes | None]:
    words = np.array([text.decode("latin-1") for text in texts], dtype=object)
    straight = np.array([None if _ARCS.search(text) else text for text in words], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        read = shapely.to_wkb(shapely.from_wkt(straight, on_invalid="ignore"))
    left = [row for row, shape in enumerate(read) if shape is None]
    if left:  # arcs, open rings
        read[left] = _kindly([words[row].replace('"', "") for row in left])
    shapes: Sequence[bytes | None] = read.tolist()
    return shapes


def _kindly(texts: Sequence[str]) -> Sequence[bytes | None]:
    """The same by GDAL, which reads more. It knows a table by the ending of its name, so it gets one in memory."""
    table = "number,WKT\n" + "".join(f'{row},"{text}"\n' for row, text in enumerate(texts))
    with gdal.listening(gdal.Remarks()), gdal.in_memory("shapes.csv", table.encode()) as name:  # of what is null then
        read: Sequence[bytes | None] = gdal.pyogrio().raw.read(name, columns=[])[2]
        return read


def points(east: Sequence[bytes | None], north: Sequence[bytes | None]) -> pa.Array:
    """Points of longitudes and latitudes, null where one of them is no number."""
    read: list[bytes | None] = []
    for pair in zip(east, north, strict=True):
        try:
            x, y = (float(text or b"") for text in pair)
        except ValueError:
            read.append(None)
        else:
            read.append(shapely.to_wkb(shapely.Point(x, y)))
    return pa.array(read, pa.binary())


def crs_beside(path: Path) -> CRS | None:
    """The CRS that a file `.prj` beside `path` says, if there is one that says it."""
    beside = path.with_suffix(".prj")
    try:
        return CRS.from_user_input(beside.read_text(errors="replace")) if beside.is_file() else None
    except CRSError:
        return None
