"""An input geometry that may go to the database; enters a checked shapely geometry, leaves frozen EWKB."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from struct import Struct, pack
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Shapes = NDArray[np.object_]
MULTI: Final = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}
# EWKB, little endian: byte order, type with the flag of an SRID, SRID; of a polygon how many rings and positions, of a
# collection how many members, each with byte order and type.
_SRID = 0x20000000
_TYPE = Struct("<BI")
_HEADER = Struct("<BII")
_COLLECTION = Struct("<BIII")
_TO_MULTI = 3  # MultiPoint is 4 where Point is 1, and so on
_POINT = Struct("<BIIdd")
_RECTANGLE = Struct("<BIIII10d")


@dataclass(frozen=True, slots=True)
class Shape:
    """A checked input geometry in EPSG:4326: finite, in range, valid, exteriors counter-clockwise; hashable.

    `parts` holds pieces of which none crosses the antimeridian: the whole itself, or the halves of a split box or
    circle. `center` (longitude, latitude) and `radius` (metres) are set for circles alone: the polygon of a circle is
    an approximation, so that a statement that can measure distance should use those two instead. Of a `sized` one it is
    known that every ring has an area.
    """

    geometry_type: str
    ewkb: bytes
    parts: tuple[bytes, ...]
    vertices: int
    center: tuple[float, float] | None = None
    radius: float | None = None
    sized: bool = field(default=False, compare=False, repr=False)  # it does not make it another shape


def point(longitude: float, latitude: float) -> Shape:
    """The shape of a checked position; written out, since to make a geometry of it takes twenty times as long."""
    data = _POINT.pack(1, _SRID | 1, 4326, longitude, latitude)
    return Shape("Point", data, (data,), 1)


def rectangle(west: float, south: float, east: float, north: float) -> Shape:
    """The shape of a checked box with width and height; written out too, counter-clockwise from south-east."""
    corners = (east, south, east, north, west, north, west, south, east, south)
    data = _RECTANGLE.pack(1, _SRID | 3, 4326, 1, 5, *corners)
    return Shape("Polygon", data, (data,), 5)


def polygon(ring: Sequence[Iterable[float]]) -> Shape:
    """The shape of a checked counter-clockwise ring that has an area; written out as well."""
    count = len(ring)
    data = pack(f"<BIIII{2 * count}d", 1, _SRID | 3, 4326, 1, count, *chain.from_iterable(ring))
    return Shape("Polygon", data, (data,), count, sized=True)


def collected(shape: Shape) -> Shape:
    """A point, line or polygon as the collection that has it alone; written out, its own bytes within."""
    kind = _TYPE.unpack_from(shape.ewkb)[1] & ~_SRID
    data = _COLLECTION.pack(1, _SRID | kind + _TO_MULTI, 4326, 1) + _TYPE.pack(1, kind) + shape.ewkb[_HEADER.size :]
    return Shape(f"Multi{shape.geometry_type}", data, (data,), shape.vertices, sized=shape.sized)


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
    geometry = pieces[0] if len(pieces) == 1 else gathered(pieces)
    return Shape(
        geometry.geom_type,
        ewkb(geometry),
        tuple(map(ewkb, pieces)),
        int(shapely.get_num_coordinates(geometry)),
        center,
        radius,
    )


def gathered(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """One collection of parts of one type."""
    return MULTI[parts[0].geom_type](list(parts))


def leaves(geometries: Iterable[BaseGeometry]) -> Shapes:
    """Whatever the geometries hold that holds nothing else."""
    level = np.array(list(geometries), dtype=object)
    while (shapely.get_type_id(level) >= shapely.GeometryType.MULTIPOINT).any():
        level = shapely.get_parts(level)
    return level
