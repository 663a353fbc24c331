"""Kinds of geometry; enters the type of a column, leaves what its rows have a measure of."""

from typing import Final

LINES: Final = 1
AREAS: Final = 2

_NAMES: Final = ("POINT", "LINESTRING", "POLYGON")


def dimensions(geometry_type: str | None) -> frozenset[int]:
    """The dimensions that rows may have: 0 of points, 1 of lines, 2 of polygons; all three in a column of GEOMETRY."""
    named = frozenset(number for number, name in enumerate(_NAMES) if name in (geometry_type or "").upper())
    return named or frozenset(range(len(_NAMES)))
