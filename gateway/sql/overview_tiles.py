"""Overviews as vector tiles; enters cells of one tile, leaves its bytes."""

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Float, Integer, LargeBinary, cast, func, literal, literal_column, select

from gateway.geo.cells import PLACES
from gateway.models.overview import DETAIL
from gateway.query.cells import Cells
from gateway.sql.binding import bound
from gateway.sql.places import column_at
from gateway.sql.types import SqlRows, SqlValue

OVERVIEW = "_overview"  # after the name of a layer: cells of the map with numbers of its rows
_EXTENT = 4096
_UNIT = _EXTENT >> DETAIL  # the side of a cell


def encoded(counted: SqlRows, area: Cells, name: str, *, points: bool) -> SqlValue:
    """Each cell as a square, or as the point in the middle of its rows, with `count` and `sum`; null without cells."""
    cells = counted.subquery("cells")
    level = bound(area.level, Integer())
    west, north = (bound(side, BigInteger()) for side in (area.west, area.north))
    if points:
        side = func.power(2.0, PLACES - level, type_=Float) / _UNIT
        middle = (
            func.round((cells.c[name] / cells.c.rows - first) / side)
            for name, first in (("sum_x", west), ("sum_y", north))
        )
        geom = func.ST_Point(*middle)
    else:
        x, y = (cells.c.x - column_at(west, level)) * _UNIT, (cells.c.y - column_at(north, level)) * _UNIT
        # ST_AsMVT takes rings as they are: those of a tile go clockwise where y goes down.
        geom = func.ST_Reverse(func.ST_MakeEnvelope(x, y, x + _UNIT, y + _UNIT), type_=Geometry("POLYGON"))
    # Unlike that of any other cell of any level.
    number = (
        literal_column("1::bigint").op("<<")(2 * level)
        + cast(cells.c.y, BigInteger).op("<<")(level)
        + cast(cells.c.x, BigInteger)
    )
    columns = [number.label("id"), cast(cells.c.rows, BigInteger).label("count"), geom.label("geom")]
    if "total" in cells.c:
        columns.append(cast(cells.c.total, Float).label("sum"))
    shown = select(*columns).order_by(cells.c.y, cells.c.x).subquery("shown")
    made = func.ST_AsMVT(literal_column("shown"), name, literal(_EXTENT), "geom", "id", type_=LargeBinary)
    return select(made).select_from(shown).scalar_subquery()
