"""Geometries of GeoJSON as well-known binary; enters JSON of geometries, leaves an Arrow array.

GEOS reads what is regular, whole batches at once. What it refuses (open rings, four ordinates, NaN) GDAL reads,
which is kinder and slower: such shapes are reported, or repaired, by what comes after.
"""

import struct
import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import shapely

from gateway.geo.shapes import Shapes
from gateway.sources import gdal
from gateway.sources.records import deepest
from gateway.sources.wkb import COLLECTION, MOST_DEPTH

_MOST_BRACKETS: Final = 2 * MOST_DEPTH + 8
# What stands for collections that are nested deeper than parsers that recurse should see.
_LEVEL: Final = b"\x01" + struct.pack("<II", COLLECTION, 1)
_TOO_DEEP: Final = _LEVEL * (MOST_DEPTH + 1) + shapely.to_wkb(shapely.Point(0, 0))


def wkb(texts: Sequence[bytes | None]) -> pa.Array:
    """The geometries `texts`, null where there is none or none that can be read."""
    deep = [row for row, text in enumerate(texts) if text is not None and deepest(text) > _MOST_BRACKETS]
    given = np.empty(len(texts), dtype=object)
    given[:] = texts
    given[deep] = None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        read = shapely.to_wkb(shapely.from_geojson(given, on_invalid="ignore"))
        left = [row for row, text in enumerate(given) if text is not None and read[row] is None]
        if left:
            read[left] = _read([given[row] for row in left])
    read[deep] = _TOO_DEEP
    return pa.array(read, pa.binary())


def _read(texts: Sequence[bytes]) -> Shapes:
    """The same by GDAL; a lone feature is read more kindly than one of a collection, which falls with the first."""
    features = [b'{"type":"Feature","properties":{},"geometry":' + text + b"}" for text in texts]
    whole = b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"
    try:
        with gdal.listening(gdal.Remarks()):  # which are of what is null then
            text = features[0] if len(features) == 1 else whole
            read: Shapes = gdal.pyogrio().raw.read(text, columns=[])[2]
    except RuntimeError:
        if len(texts) > 1:
            return np.concatenate([_read([text]) for text in texts])
        return np.array([None], dtype=object)
    return read
