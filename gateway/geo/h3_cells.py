"""Cells of H3 (https://h3geo.org); enters positions as PostgreSQL packs them, leaves cells, and the boundary of one."""

from dataclasses import dataclass
from typing import Final

import h3
import numpy as np
import orjson
from h3.api import basic_int

FINEST: Final = 15  # resolution, whose cells have 0.9 square metres; of 0 they have 4,357,449 square kilometres
_POSITION: Final = np.dtype([("id", ">i8"), ("longitude", ">f8"), ("latitude", ">f8")])
BYTES: Final = _POSITION.itemsize  # of one position


@dataclass(frozen=True, eq=False, slots=True)
class Placed:
    """Ids of rows, each once, and the cell of each."""

    ids: list[int]
    cells: list[int]


def placed(positions: bytes, resolution: int) -> Placed:
    """The cells of positions, each an id, longitude and latitude in degrees (WGS 84) of 8 bytes, big endian.

    It takes half a microsecond a row, in which Python's other threads run.
    """
    rows = np.frombuffer(positions, _POSITION)
    rows = rows[np.unique(rows["id"], return_index=True)[1]]
    places = zip(rows["latitude"].tolist(), rows["longitude"].tolist(), strict=True)
    return Placed(rows["id"].tolist(), [basic_int.latlng_to_cell(*place, resolution) for place in places])


def boundary(cell: str) -> str:
    """A cell as GeoJSON, counterclockwise (RFC 7946, 3.1.6); across the antimeridian longitudes go on beyond 180."""
    ring = [[longitude, latitude] for latitude, longitude in h3.cell_to_boundary(cell)]
    if max(x for x, _ in ring) - min(x for x, _ in ring) > 180:
        ring = [[x + 360 if x < 0 else x, y] for x, y in ring]
    rounded = [[round(x, 7), round(y, 7)] for x, y in [*ring, ring[0]]]
    return orjson.dumps({"type": "Polygon", "coordinates": [rounded]}).decode()
