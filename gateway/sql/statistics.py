"""What estimates of cost are made of; enters nothing or the oid of a table, leaves statements.

All but two come from the catalogue: how many rows there are, what indexes serve, which values are frequent, and
the histogram of boxes that ANALYZE makes for PostGIS. The sample reads a few pages.
"""

from typing import Any

from sqlalchemy import BigInteger, Float, Integer, Text, TextClause, bindparam, cast, func, select, text
from sqlalchemy.orm import aliased

from gateway.layers import Layer
from gateway.sql.catalog import of_table
from gateway.sql.types import SqlRows

_TABLE = bindparam("table", type_=BigInteger)

CELLS = 32  # of the grid, each way
_SAMPLE = 2_000  # rows
_LARGEST = 64
_FEW = 200  # rows whose geometries are made again to be looked at
_SIDES = ((func.ST_XMax, func.ST_XMin), (func.ST_YMax, func.ST_YMin))

TABLES = text(
    """
    WITH parts AS (
        SELECT p.oid, p.reltuples FROM pg_class p LEFT JOIN pg_inherits i ON i.inhrelid = p.oid
         WHERE to_regclass(:name) IN (p.oid, i.inhparent) AND p.relkind <> 'p')
    SELECT c.oid::bigint AS oid, (SELECT sum(greatest(p.reltuples, 0)) FROM parts p) AS rows,
           c.reltuples < 0 AS unknown,
           EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                   WHERE t.tgrelid = c.oid AND p.proname = 'citus_truncate_trigger') AS distributed,
           (SELECT sum(pg_stat_get_tuples_inserted(p.oid) + pg_stat_get_tuples_updated(p.oid)
                       + pg_stat_get_tuples_deleted(p.oid)) FROM parts p)::bigint AS changes,
           coalesce((SELECT sum(greatest(p.reltuples, 0)) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
                      WHERE i.inhparent = to_regclass(:history)), 0)::float AS revisions
      FROM pg_class c WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p', 'm')
    """
).bindparams(bindparam("name", type_=Text), bindparam("history", type_=Text))
"""One row or none; it knows no rows of a table that is `distributed`: a node of a Citus cluster has them."""

ON_NODE = of_table(
    """
    SELECT coalesce(sum(greatest(result::float, 0)), 0) AS rows
      FROM run_command_on_shards(CAST(CAST(:table AS oid) AS regclass),
                                 $$SELECT reltuples FROM pg_class WHERE oid = '%s'::regclass$$) WHERE success
    """
)
"""How many rows such a table has, as its node knows."""

INDEXED = of_table(
    """
    SELECT m.amname AS method, pg_get_indexdef(i.indexrelid, 1, true) AS key, o.opcname AS class, c.relname AS name,
           i.indexrelid::bigint AS oid, a.attname AS column,
           EXISTS (SELECT FROM pg_stats s JOIN pg_namespace n ON n.nspname = s.schemaname
                   WHERE s.tablename = c.relname AND n.oid = c.relnamespace) AS analysed
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam
      JOIN pg_opclass o ON o.oid = i.indclass[0]
      JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = 1
     WHERE i.indrelid = CAST(:table AS oid) AND i.indisvalid AND i.indpred IS NULL
    """
)
"""The first key of each index."""

VALUES = of_table(
    """
    SELECT s.attname AS name, s.avg_width AS size, s.null_frac AS missing, s.n_distinct AS kinds,
           CASE WHEN t.typname NOT IN ('geometry', 'geography', 'jsonb')
                THEN CAST(CAST(s.most_common_vals AS text) AS text[]) END AS frequent,
           s.most_common_freqs AS shares,
           CASE WHEN t.typname IN ('text', 'numeric', 'float8', 'int4', 'int8')
                THEN CAST(CAST(s.histogram_bounds AS text) AS text[]) END AS sample
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
      JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.oid = CAST(:table AS oid)
    """
)

EXTENT = text(
    """
    SELECT (histogram #>> '{extent,min,0}')::float AS west, (histogram #>> '{extent,min,1}')::float AS south,
           (histogram #>> '{extent,max,0}')::float AS east, (histogram #>> '{extent,max,1}')::float AS north
      FROM CAST(_postgis_stats(CAST(CAST(:table AS oid) AS regclass), :column) AS json) AS histogram
    """
).bindparams(_TABLE, bindparam("column", type_=Text))
"""The extent that ANALYZE saw; an error where it saw none."""

SHARES = text(
    """
    SELECT x, y, _postgis_selectivity(CAST(CAST(:table AS oid) AS regclass), :column, ST_MakeEnvelope(
               :west + x * :width, :south + y * :height, :west + (x + 1) * :width, :south + (y + 1) * :height)) AS share
      FROM generate_series(0, :cells - 1) AS x, generate_series(0, :cells - 1) AS y
    """
).bindparams(
    _TABLE,
    bindparam("column", type_=Text),
    bindparam("cells", CELLS, type_=Integer),
    *(bindparam(name, type_=Float) for name in ("west", "south", "width", "height")),
)
"""The share of rows in each cell of a grid, by the histogram of boxes."""


def sample(name: str, rows: float) -> TextClause:
    """Means of a few pages; `name` is that of a layer's table, which is no text of a client's."""
    percent = min(100.0, 100.0 * _SAMPLE / max(rows, 1.0))
    return text(
        f"""
        SELECT count(*) AS rows, avg(ST_NPoints(geom))::float AS vertices,
               avg(ST_XMax(geom) - ST_XMin(geom)) AS width, avg(ST_YMax(geom) - ST_YMin(geom)) AS height
          FROM "{name}" TABLESAMPLE SYSTEM ({percent:.6f}) REPEATABLE (1)
        """  # noqa: S608 - a table of a model
    )


def sample_of(layer: Layer) -> SqlRows:
    """The same of a table or view that someone else made."""
    rows: Any = aliased(layer.model, select(layer.model.__table__).limit(_FEW).subquery())
    width, height = (high(rows.geom) - low(rows.geom) for high, low in _SIDES)
    vertices = cast(func.avg(func.ST_NPoints(rows.geom)), Float).label("vertices")
    return select(
        func.count().label("rows"), vertices, func.avg(width).label("width"), func.avg(height).label("height")
    ).select_from(rows)


def largest(name: str) -> TextClause:
    """The rows that take most room: of a geometry that is stored elsewhere only the place is read."""
    return text(
        f"""
        SELECT id, ST_NPoints(geom)::float AS vertices,
               ST_XMax(geom) - ST_XMin(geom) AS width, ST_YMax(geom) - ST_YMin(geom) AS height
          FROM (SELECT id, geom FROM "{name}" ORDER BY pg_column_size(geom) DESC LIMIT {_LARGEST}) AS large
        """  # noqa: S608 - a table of a model
    )
