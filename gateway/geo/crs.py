"""Floor 0. Coordinate reference systems; enters text, leaves an EPSG code that a plane geometry can be put in."""

from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import BadCrs


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
