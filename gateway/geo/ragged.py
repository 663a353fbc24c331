"""Many multipolygons as flat arrays; enters coordinates and offsets, leaves EWKB in EPSG:4326."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import GeometryType, from_ragged_array, set_srid, to_ragged_array, to_wkb

SRID = 4326


@dataclass(frozen=True, slots=True)
class Ragged:
    """Multipolygons laid end to end, GeoArrow's layout.

    `coordinates` (point, 2) are degrees; `rings` are offsets into them, `polygons` into rings, `features` into
    polygons; each begins with 0 and ends with the length of what it points into.
    """

    coordinates: NDArray[np.float64]
    rings: NDArray[np.int64]
    polygons: NDArray[np.int64]
    features: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.features) - 1

    def ewkb(self) -> NDArray[np.object_]:
        """EWKB of each multipolygon, little endian, with the SRID."""
        offsets = (self.rings, self.polygons, self.features)
        shapes = from_ragged_array(GeometryType.MULTIPOLYGON, self.coordinates, offsets)
        found: NDArray[np.object_] = to_wkb(set_srid(shapes, SRID), include_srid=True, byte_order=1)
        return found


def ragged(shapes: NDArray[Any]) -> Ragged:
    """The flat arrays of shapely multipolygons."""
    _, coordinates, (rings, polygons, features) = to_ragged_array(shapes)
    return Ragged(coordinates, rings, polygons, features)
