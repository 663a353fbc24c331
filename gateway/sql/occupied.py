"""Tiles in which rows lie; enters rows and a zoom, leaves a select of columns and rows of the tile grid."""

import math
from typing import Any

from sqlalchemy import Integer, cast, column, func, select, true

from gateway.layers import Layer, Layers
from gateway.query.filters import Filter
from gateway.sql.encode import sides
from gateway.sql.filters import where
from gateway.sql.moments import rows_of
from gateway.sql.types import SqlRows

_NORTHMOST = 85.06  # degrees that Web Mercator shows


def occupied(layers: Layers, layer: Layer, wanted: Filter | None, zoom: int) -> SqlRows:
    """`x` and `y` of each tile that the box of a row reaches into, or that of one of its parts."""
    entity, count = rows_of(layer), 2**zoom
    parts = select(func.ST_Dump(entity.geom).geom.label("geom")).where(where(layers, wanted, entity)).subquery("parts")
    west, south, east, north = sides(parts.c.geom)
    columns = func.generate_series(_column(west, count), _column(east, count))
    rows = func.generate_series(_row(north, count), _row(south, count))
    x = columns.table_valued(column("x", Integer), name="columns").render_derived().lateral()
    y = rows.table_valued(column("y", Integer), name="rows").render_derived().lateral()
    return select(x.c.x, y.c.y).select_from(parts.join(x, true()).join(y, true())).distinct()


def _column(longitude: Any, count: int) -> Any:
    return _within(func.floor((longitude + 180) / 360 * count), count)


def _row(latitude: Any, count: int) -> Any:
    shown = func.radians(func.greatest(func.least(latitude, _NORTHMOST), -_NORTHMOST))
    return _within(func.floor((1 - func.asinh(func.tan(shown)) / math.pi) / 2 * count), count)


def _within(place: Any, count: int) -> Any:
    return cast(func.greatest(func.least(place, count - 1), 0), Integer)
