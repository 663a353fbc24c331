"""Floor 0. An input geometry that may go to the database; enters a checked shapely geometry, leaves frozen EWKB."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Shape:
    """A checked input geometry in EPSG:4326: finite, in range, valid, exteriors counter-clockwise; hashable.

    `parts` holds pieces of which none crosses the antimeridian: the whole itself, or the halves of a split box or
    circle. `center` (longitude, latitude) and `radius` (metres) are set for circles alone: the polygon of a circle is
    an approximation, so that a statement that can measure distance should use those two instead.
    """

    geometry_type: str
    ewkb: bytes
    parts: tuple[bytes, ...]
    vertices: int
    center: tuple[float, float] | None = None
    radius: float | None = None


def ewkb(geometry: BaseGeometry) -> bytes:
    """EWKB with SRID 4326, little endian."""
    return bytes(shapely.to_wkb(shapely.set_srid(geometry, 4326), include_srid=True, byte_order=1))


def whole(geometry: BaseGeometry) -> Shape:
    """The shape of a geometry that is its own only part."""
    data = ewkb(geometry)
    return Shape(geometry.geom_type, data, (data,), int(shapely.get_num_coordinates(geometry)))


def split(
    pieces: Sequence[BaseGeometry], *, center: tuple[float, float] | None = None, radius: float | None = None
) -> Shape:
    """The shape of pieces of one type, one on each side of the antimeridian or just one."""
    geometry = pieces[0] if len(pieces) == 1 else _multi(pieces)
    return Shape(
        geometry.geom_type,
        ewkb(geometry),
        tuple(map(ewkb, pieces)),
        int(shapely.get_num_coordinates(geometry)),
        center,
        radius,
    )


def _multi(pieces: Sequence[BaseGeometry]) -> BaseGeometry:
    build = {
        "Point": shapely.multipoints,
        "LineString": shapely.multilinestrings,
        "Polygon": shapely.multipolygons,
    }[pieces[0].geom_type]
    return build(list(pieces))
