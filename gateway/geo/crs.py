"""Coordinate reference systems; enters text, leaves an EPSG code that a plane geometry can be put in."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import BadCrs

# How far outside of its area of use a CRS is still used, in degrees. States put all of their rows in one zone of UTM,
# which is six degrees wide. Much further out PROJ raises an error for some CRSs and returns wrong places for others.
_MARGIN = 10.0


@lru_cache(maxsize=1024)
def reach(srid: int) -> Sequence[tuple[float, float, float, float]]:
    """Boxes of west, south, east, north in degrees, in one of which a geometry must lie to be put in the CRS.

    They are the area of use in the EPSG registry and ten degrees around it; two where it crosses the antimeridian, none
    where the registry names no area.
    """
    area = CRS.from_epsg(srid).area_of_use
    if area is None:
        return ()
    south, north = max(area.south - _MARGIN, -90.0), min(area.north + _MARGIN, 90.0)
    west, east = area.west - _MARGIN, area.east + _MARGIN + (360.0 if area.west > area.east else 0.0)
    if east - west >= 360.0:
        return ((-180.0, south, 180.0, north),)
    turned = ((west + turn, east + turn) for turn in (-360.0, 0.0, 360.0))
    parts = ((max(w, -180.0), min(e, 180.0)) for w, e in turned)
    return tuple((w, south, e, north) for w, e in parts if w < e)


def parse_crs(text: str) -> int:
    """`EPSG:2249` -> 2249.

    Raises:
        BadCrs: not of that form, unknown to the EPSG registry, or neither projected nor geographic in two dimensions.
    """
    authority, _, code = text.upper().partition(":")
    if authority != "EPSG" or not (code.isascii() and code.isdecimal() and 4 <= len(code) <= 6):
        raise BadCrs(f"{text[:40]!r} is no CRS. Write it as EPSG:2249.", path=("crs",))
    try:
        crs = CRS.from_epsg(int(code))
    except CRSError:
        raise BadCrs(f"EPSG:{code} is not known.", path=("crs",)) from None
    if not (crs.is_projected or crs.is_geographic) or len(crs.axis_info) != 2:
        raise BadCrs(
            f"EPSG:{code} ({crs.name}) is not a CRS of two dimensions. Give one that is, such as EPSG:2249.",
            path=("crs",),
        )
    return int(code)


@lru_cache(maxsize=64)
def projjson(srid: int) -> Mapping[str, object]:
    """The CRS as JSON (https://proj.org/specifications/projjson.html)."""
    return CRS.from_epsg(srid).to_json_dict()
