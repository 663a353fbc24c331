"""Geometries that reach around the world and have no measures on the ellipsoid.

On the Earth an edge is the shortest way between its ends. The edge from -180 to 180 degrees, straight around the world
in the plane of RFC 7946, has no length there. An area is known by its outline, which is the rest of the world's, too.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gateway.geo.validate import edges, lines_of

_HALF = 180.0  # degrees
_HALF_OF_THE_WORLD = 2 * np.pi  # of a sphere with radius 1


def unmeasurable(geometry: BaseGeometry) -> str | None:
    """Why a geometry in EPSG:4326 has no length or area on the ellipsoid, and what to do; None for nearly all."""
    west, _, east, _ = shapely.bounds(geometry)
    if not east - west >= _HALF:
        return None
    starts, ends = edges(np.concatenate(lines_of(geometry)))
    steps = np.abs(ends[:, 0] - starts[:, 0])
    if len(steps) and steps.max() >= _HALF:
        return (
            f"An edge reaches over {steps.max():.10g} degrees of longitude, and the way between its ends is not known. "
            "Put positions in between."
        )
    if shapely.area(shapely.transform(geometry, _equal_area)) > _HALF_OF_THE_WORLD:
        return "The geometry covers more than half of the world, so that its area is not known. Split it."
    return None


def _equal_area(coordinates: np.ndarray) -> np.ndarray:
    """Lambert's cylindrical projection of a sphere."""
    return np.column_stack([np.radians(coordinates[:, 0]), np.sin(np.radians(coordinates[:, 1]))])
