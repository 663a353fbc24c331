"""Where rows are, for what is not computed in the database; enters terms of a read, leaves one value of bytes.

Each row is its id and the longitude and latitude of its centroid in 8 bytes each: 200,000 are one value, which the
driver takes as it is.
"""

from sqlalchemy import BigInteger, Float, LargeBinary, Select, cast, func, literal_column, select

from gateway.layers import Layers
from gateway.query.connection import Query
from gateway.sql.filters import where
from gateway.sql.moments import rows_of
from gateway.sql.parents import Related
from gateway.sql.types import Entity, SqlRows


def positions(layers: Layers, query: Query, most: int) -> SqlRows:
    """Those of the rows that the filter keeps, `most` at most."""
    entity = rows_of(query.layer)
    return _packed(_position(entity).where(where(layers, query.filter, entity)), most)


def related_positions(layers: Layers, of: Related, query: Query, most: int) -> SqlRows:
    """Those of the rows that are related to any parent; of several it may be there several times."""
    return _packed(of.each(layers, of.rows(layers, query, lambda row, _: _position(row))), most)


def _position(row: Entity) -> SqlRows:
    return select(row.id.label("id"), row.centroid.label("point"))


def _packed(rows: Select[tuple[object, ...]], most: int) -> SqlRows:
    found = rows.limit(most).subquery("found")  # within the limit a centroid is computed once
    ends = func.ST_X(found.c.point), func.ST_Y(found.c.point)
    x, y = (func.float8send(cast(end, Float), type_=LargeBinary) for end in ends)
    each = func.int8send(cast(found.c.id, BigInteger), type_=LargeBinary).op("||")(x).op("||")(y)
    return select(func.string_agg(each, literal_column("''::bytea"), type_=LargeBinary)).select_from(found)
