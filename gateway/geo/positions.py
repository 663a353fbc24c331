"""Positions of input geometries; enters ordinates of unknown worth, leaves numbers or an error."""

from collections.abc import Mapping, Sequence
from itertools import chain
from math import isfinite, isnan
from typing import Any

from gateway.errors import BadDimension, GeometryError, NonFinite, OutOfRange

Path = tuple[str | int, ...]
JsonObject = Mapping[str, Any]  # what its members are has to be looked at
Unchecked = Sequence[Any]  # a list of input, likewise
Details = Mapping[str, Any]  # of an error

_WORDS: Mapping[type, str] = {dict: "an object", list: "a list", tuple: "a list", str: "text", bool: "true or false"}
_ORDINATES = ("longitude", "latitude")


def kind_of(value: object) -> str:
    """What a JSON value is, in words; never the value, which may be huge."""
    if value is None:
        return "null"
    return _WORDS.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)


def geojson_point(longitude: float, latitude: float) -> dict[str, object]:
    """A GeoJSON point for the details of an error."""
    return {"type": "Point", "coordinates": [longitude, latitude]}


def number(value: object, *, name: str, path: Path, **details: Any) -> float:
    """A finite number.

    Raises:
        GeometryError: `value` is no number (text and booleans are none).
        NonFinite: it is NaN or infinite.
        OutOfRange: it is an integer that no float can hold.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GeometryError(f"{name} must be a number, not {kind_of(value)}.", path=path, **details)
    try:
        converted = float(value)
    except OverflowError:
        raise OutOfRange(f"{name} is far too large.", path=path, **details) from None
    if not isfinite(converted):
        raise NonFinite(f"{name} must be a finite number, not {converted}.", path=path, **details)
    return converted


def all_in_range(values: Unchecked) -> bool:
    """Whether all of many positions pass `position`; False too where only that knows.

    Ten thousand are checked per request, and passes in C take a third of the time of a call for each.
    """
    if not {*map(type, values)} <= {list, tuple} or not {*map(len, values)} <= {2}:
        return False
    ordinates = [*chain.from_iterable(values)]
    if not ordinates or not {*map(type, ordinates)} <= {float, int}:
        return False
    longitudes, latitudes = ordinates[::2], ordinates[1::2]
    if min(longitudes) < -180 or max(longitudes) > 180 or min(latitudes) < -90 or max(latitudes) > 90:
        return False
    return not any(map(isnan, ordinates))  # which is neither less nor more


def position(value: object, path: Path, **details: Any) -> None:
    """Check one position of a geometry in EPSG:4326: two numbers, longitude first.

    Raises:
        BadDimension: three or more ordinates.
        GeometryError, NonFinite, OutOfRange: as `number` and `in_range`.
    """
    if isinstance(value, list | tuple) and len(value) == 2:
        longitude, latitude = value
        if (
            type(longitude) in {float, int}
            and type(latitude) in {float, int}
            and -180 <= longitude <= 180
            and -90 <= latitude <= 90
        ):
            return
    _refuse_position(value, path, details)


def _refuse_position(value: object, path: Path, details: Details) -> None:
    if not isinstance(value, list | tuple):
        raise GeometryError(
            f"A position must be a list of longitude and latitude, not {kind_of(value)}.", path=path, **details
        )
    if len(value) > 2:
        raise BadDimension(
            f"A position must have two ordinates, longitude and latitude; this one has {len(value)}. Leave out "
            "altitude and measure.",
            path=path,
            ordinates=len(value),
            **details,
        )
    if len(value) < 2:
        raise GeometryError(
            f"A position must have two ordinates, longitude and latitude; this one has {len(value)}.",
            path=path,
            **details,
        )
    ordinates = [
        number(ordinate, name=name.capitalize(), path=(*path, index), **details)
        for index, (name, ordinate) in enumerate(zip(_ORDINATES, value, strict=True))
    ]
    in_range(ordinates, (*path, 0), (*path, 1), **details)


def in_range(ordinates: Sequence[float], longitude_path: Path, latitude_path: Path, **details: Any) -> None:
    """Check finite degrees.

    Raises:
        OutOfRange: longitude beyond 180 or latitude beyond 90 degrees; says so if the two look swapped.
    """
    longitude, latitude = ordinates
    if abs(longitude) <= 180 and abs(latitude) <= 90:
        return
    swapped = abs(latitude) <= 180 and abs(longitude) <= 90
    if abs(latitude) > 90:
        said, path = f"Latitude {latitude:.10g} is outside -90 to 90.", latitude_path
    else:
        said, path = f"Longitude {longitude:.10g} is outside -180 to 180.", longitude_path
    if swapped:
        hint = " Are longitude and latitude swapped? Longitude comes first."
    elif abs(latitude) <= 90 and abs(longitude) <= 540:
        hint = " Cut what crosses the antimeridian in two, each half within -180 to 180."
    else:
        hint = " Coordinates must be degrees in WGS 84 (EPSG:4326)."
    raise OutOfRange(said + hint, path=path, swapped=swapped, point=geojson_point(longitude, latitude), **details)
