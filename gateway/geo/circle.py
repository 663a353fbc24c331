"""Circles as input; enters a center and a radius in metres, leaves a Shape.

The polygon has 64 corners on the geodesic circle and lies inside it (0.16% of the area is missing); statements that
can measure distance use `center` and `radius` and are exact.
"""

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from gateway.errors import OutOfRange
from gateway.geo.positions import geojson_point, in_range, number
from gateway.geo.shapes import Shape, split

CORNERS = 64

_WGS84 = Geod(ellps="WGS84")


def circle(longitude: object, latitude: object, radius: object, *, max_radius: float) -> Shape:
    """Make a circle around a point in degrees, radius in metres, measured on the WGS 84 ellipsoid.

    Raises:
        GeometryError, NonFinite: no finite number.
        OutOfRange: the center, a radius not above 0 and up to `max_radius`, or a circle that reaches a pole.
    """
    lon = number(longitude, name="Longitude", path=("center", 0))
    lat = number(latitude, name="Latitude", path=("center", 1))
    metres = number(radius, name="Radius", path=("radius",))
    in_range((lon, lat), ("center", 0), ("center", 1))
    if not 0 < metres <= max_radius:
        raise OutOfRange(
            f"The radius must be above 0 and at most {max_radius:.10g} metres.", path=("radius",), limit=max_radius
        )
    for pole in (90.0, -90.0):
        if _WGS84.inv(lon, lat, lon, pole)[2] <= metres:
            raise OutOfRange(
                "The circle reaches a pole, where no polygon in degrees can follow it. Use dwithin, which measures.",
                path=("radius",),
                point=geojson_point(lon, pole),
            )
    polygon = _ring(lon, lat, metres)
    # A few nanometres are less than a step of a float at 180 degrees: nothing but the center is left.
    pieces = _cut(polygon) if shapely.is_valid(polygon) else [shapely.Point(lon, lat)]
    return split(pieces, center=(lon, lat), radius=metres)


def _ring(longitude: float, latitude: float, radius: float) -> BaseGeometry:
    """The circle as one polygon whose longitudes may run past 180 degrees."""
    azimuths = [-360.0 * corner / CORNERS for corner in range(CORNERS)]
    longitudes, latitudes, _ = _WGS84.fwd([longitude] * CORNERS, [latitude] * CORNERS, azimuths, [radius] * CORNERS)
    unrolled = [longitude + (east - longitude + 180.0) % 360.0 - 180.0 for east in longitudes]
    return shapely.Polygon(list(zip(unrolled, latitudes, strict=True)))


def _cut(polygon: BaseGeometry) -> list[BaseGeometry]:
    """Pieces on each side of the antimeridian, each within -180 to 180 degrees."""
    pieces: list[BaseGeometry] = []
    for turn in (-360.0, 0.0, 360.0):
        world = shapely.box(turn - 180.0, -90.0, turn + 180.0, 90.0)
        parts = shapely.get_parts(shapely.intersection(polygon, world))
        pieces += [_moved(piece, -turn) for piece in parts if shapely.area(piece) > 0]
    return [shapely.orient_polygons(piece) for piece in pieces]


def _moved(polygon: BaseGeometry, degrees: float) -> BaseGeometry:
    return shapely.transform(polygon, lambda positions: np.add(positions, (degrees, 0.0)))
