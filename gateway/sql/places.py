"""Where a row lies: in the middle of its box; enters geometries, leaves columns and lines of the map.

A middle, not a centroid: it is read off the box, and a row that changes moves as little as its box. Every box has a
place, or the write of its row would fail: PostgreSQL refuses to halve the smallest numbers and to add the largest.
"""

import math
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Float, Integer, Numeric, and_, case, cast, func, literal_column

from gateway.geo.cells import NORTHMOST, PLACES
from gateway.models import antimeridian
from gateway.models.base import SRID
from gateway.query.filters import InCell
from gateway.sql.binding import bound
from gateway.sql.types import Geom, SqlValue

_SIDES: Final = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
_SIDE: Final = 2.0**PLACES
_FARTHEST: Final = 540.0  # degrees
_FINITE: Final[Any] = literal_column("1e100::numeric")  # what has no end, or is no number, could not be taken off a sum


def box(geom: Geom) -> SqlValue:
    """A geometry's box, with longitudes of 0 to 360 where it crosses the antimeridian."""
    return func.box3d(antimeridian.turned(geom))


def place(sides: SqlValue) -> tuple[SqlValue, SqlValue]:
    """The column and the line of level 31 in which the middle of a box lies."""
    west, south, east, north = (_between(side(sides, type_=Float), _FARTHEST) for side in _SIDES)
    x = (west + east + 360.0) / 720.0
    x = case((x > 1.0, x - 1.0), else_=x)
    doubled = _between(south + north, 2 * NORTHMOST)
    y = 0.5 - func.ln(func.tan((doubled + 180.0) * (math.pi / 720))) / (2.0 * func.pi())
    return _finest(x), _finest(y)


def _between(value: SqlValue, most: float) -> SqlValue:
    return func.greatest(func.least(value, most), -most, type_=Float)


def _finest(share: SqlValue) -> SqlValue:
    return cast(func.least(func.greatest(func.floor(share * _SIDE), 0.0), _SIDE - 1.0), BigInteger)


def finite(value: SqlValue) -> SqlValue:
    """A number as it is added; null where it is none, or has no end."""
    number = cast(value, Numeric)
    return case((func.abs(number) < _FINITE, number))


def column_at(finest: SqlValue, level: SqlValue) -> SqlValue:
    """The column of a level in which one of level 31 lies."""
    return finest.op(">>", return_type=BigInteger())(PLACES - level)


def in_cell(wanted: InCell, geom: Geom) -> ColumnElement[bool]:
    """Whether a geometry lies in a cell."""
    sides = (bound(side, Float()) for side in wanted.sides)
    level, x, y = (bound(number, Integer()) for number in wanted.cell)
    column, line = place(box(geom))
    near = geom.bool_op("&&")(func.ST_MakeEnvelope(*sides, SRID))
    return and_(near, column_at(column, level) == x, column_at(line, level) == y)
