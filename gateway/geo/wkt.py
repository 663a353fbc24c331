"""Well-known text as input; enters text of unknown worth, leaves a Shape.

shapely reads the syntax once a scan has shown that the text is short, plain and shallow; positions and rings are then
checked where GeoJSON's are.
"""

import re

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from gateway.errors import (
    ArgumentError,
    BadCrs,
    BadDimension,
    BadText,
    GeometryDepth,
    GeometryError,
    NonFinite,
    RingNotClosed,
)
from gateway.geo.geojson import LEVELS, NAMES, from_geojson
from gateway.geo.positions import geojson_point, kind_of
from gateway.geo.shapes import Shape

_SRID = re.compile(r"\s*SRID\s*=\s*(\d{1,10})\s*;", re.IGNORECASE)
_FOREIGN = re.compile(r"[^A-Za-z0-9+\-.,()\s]|[^\x00-\x7f]")
_WORD = re.compile(r"(?<![0-9.])[A-Za-z]+")
_EMPTY = re.compile(r"\bEMPTY\b", re.IGNORECASE)
_RING = re.compile(r"(?P<kind>[A-Za-z]{5,})|\((?P<ring>[^()]+)\)")


def from_wkt(text: object, *, max_vertices: int, max_depth: int, max_text: int) -> Shape:
    """Read WKT or EWKT of at most `max_text` characters, longitude and latitude in WGS 84.

    A prefix `SRID=4326;` may stand before it. Paths of errors are empty, for a text has no members; details give the
    position in the text, or ring and vertex as for GeoJSON.

    Raises:
        BadText: longer than `max_text`, or with characters that WKT does not have.
        BadCrs: another SRID.
        GeometryError and its kin: as `from_geojson`.
    """
    if not isinstance(text, str):
        raise GeometryError(f"WKT must be text, not {kind_of(text)}.")
    geometry = _read(_plain(text, max_text, max_depth))
    try:
        return from_geojson(mapping(geometry), max_vertices=max_vertices, max_depth=max_depth)
    except ArgumentError as error:
        error.path = ()
        raise


def _plain(text: str, max_text: int, max_depth: int) -> str:
    if len(text) > max_text:
        raise BadText(
            f"The WKT has {len(text)} characters, and {max_text} is the limit. Simplify the geometry, or send GeoJSON.",
            limit=max_text,
        )
    if prefix := _SRID.match(text):
        if int(prefix[1]) != 4326:
            raise BadCrs(f"SRID {prefix[1]} cannot be used here. Transform the geometry to EPSG:4326.")
        text = " " * prefix.end() + text[prefix.end() :]
    if foreign := _FOREIGN.search(text):
        raise BadText(
            f"The character {foreign[0]!a} at position {foreign.start()} does not belong in WKT.",
            position=foreign.start(),
        )
    for word in {match.upper() for match in _WORD.findall(text)}:
        _refuse_word(word)
    _refuse_deep(text, max_depth)
    return text


def _refuse_word(word: str) -> None:
    if word in {"NAN", "INF", "INFINITY"}:
        raise NonFinite("Every coordinate must be a finite number.")
    if word not in {"EMPTY", "Z", "M", "ZM"} and word.rstrip("ZM") not in NAMES:
        raise GeometryError(f"{word[:40]} cannot be used here. A geometry must be one of {', '.join(NAMES)}.")


def _refuse_deep(text: str, max_depth: int) -> None:
    # The deepest single geometry, a multipolygon, takes three parentheses: past that, each is one more collection.
    depth = 0
    for bracket in re.finditer(r"[()]", text):
        depth += 1 if bracket[0] == "(" else -1
        if depth > max_depth + max(LEVELS.values()):
            raise GeometryDepth(
                f"Geometry collections are nested more than {max_depth} deep. Flatten them.",
                limit=max_depth,
                position=bracket.start(),
            )


def _read(text: str) -> BaseGeometry:
    try:
        with np.errstate(over="ignore"):  # 1e400 is read as infinity, and refused below
            geometry = shapely.from_wkt(text)
    except (ShapelyError, ValueError) as error:
        if "closed linestring" in str(error):
            _refuse_open_rings(text)
        reason = str(error).removeprefix("ParseException: ").removeprefix("IllegalArgumentException: ")[:120]
        raise GeometryError(f"This is not WKT: {reason}.") from error
    if shapely.has_z(geometry) or shapely.has_m(geometry):
        raise BadDimension(
            "A position must have two ordinates, longitude and latitude. Leave out altitude and measure."
        )
    if _EMPTY.search(text):
        raise GeometryError("The geometry, or a part of it, is empty. Leave it out, or give it positions.")
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise NonFinite("Every coordinate must be a finite number.")
    return geometry


def _refuse_open_rings(text: str) -> None:
    """Say which ring is open where shapely only says that one is."""
    kind = ""
    for match in _RING.finditer(text):
        kind = (match["kind"] or kind).upper()
        if not kind.endswith("POLYGON") or match["ring"] is None:
            continue
        positions = match["ring"].split(",")
        first, last = ([float(ordinate) for ordinate in positions[end].split()[:2]] for end in (0, -1))
        if first != last:
            raise RingNotClosed(
                "The last position of a ring must be its first. Repeat the first position at the end.",
                position=match.start(),
                vertex=len(positions) - 1,
                point=geojson_point(*last),
            )
