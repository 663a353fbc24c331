"""What a database says of tables that someone else made; enters names and oids, leaves statements."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, column, func, select, text
from sqlalchemy import table as named
from sqlalchemy.sql.functions import Function

from gateway.sql.catalog import of_table
from gateway.sql.types import SqlRows

_SAMPLE = 10_000  # rows

TABLES = text(
    """
    SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
           coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND CASE WHEN :names = CAST(ARRAY[] AS text[])
                THEN n.nspname = :schema
                     AND EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                                  WHERE a.attrelid = c.oid AND NOT a.attisdropped
                                    AND t.typname IN ('geometry', 'geography'))
                     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
                ELSE (n.nspname = :schema AND c.relname = ANY(:names))
                     OR n.nspname || '.' || c.relname = ANY(:names)
           END
     ORDER BY n.nspname, c.relname
    """
).bindparams(bindparam("names", type_=ARRAY(Text)), bindparam("schema", type_=Text))
"""Tables and views of these names; without names those of the schema that have a geometry and are no extension's."""

COLUMNS = of_table(
    """
    WITH RECURSIVE typed AS (
        SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier, a.attnotnull AS filled
          FROM pg_attribute a WHERE a.attrelid = CAST(:table AS oid) AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT b.attnum, d.typbasetype, CASE d.typtypmod WHEN -1 THEN b.modifier ELSE d.typtypmod END,
               b.filled OR d.typnotnull
          FROM typed b JOIN pg_type d ON d.oid = b.type AND d.typtype = 'd'
    )
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS declared, t.typname AS type,
           t.typtype::text AS category, t.typelem <> 0 AND t.typlen = -1 AS is_array, b.filled,
           coalesce(col_description(a.attrelid, a.attnum), '') AS comment,
           CASE WHEN t.typname = 'numeric' AND b.modifier >= 4 THEN (b.modifier - 4) >> 16 & 65535 END AS precision,
           CASE WHEN t.typname = 'numeric' AND b.modifier >= 4
                THEN (((b.modifier - 4) & 2047) # 1024) - 1024 END AS scale,
           CASE WHEN t.typname IN ('geometry', 'geography') THEN upper(postgis_typmod_type(b.modifier)) END AS shape,
           CASE WHEN t.typname IN ('geometry', 'geography') THEN postgis_typmod_srid(b.modifier) END AS srid,
           has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable
      FROM typed b
      JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
      JOIN pg_attribute a ON a.attrelid = CAST(:table AS oid) AND a.attnum = b.attnum
     ORDER BY a.attnum
    """
)
"""Each column with the type that its domains lead to."""

KEYS = of_table(
    """
    SELECT a.attname AS name
      FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = CAST(:table AS oid) AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
       AND i.indpred IS NULL AND i.indexprs IS NULL AND a.attnotnull
     ORDER BY i.indisprimary DESC, a.attnum
    """
)
"""Columns that are a key by themselves, the primary one first."""

REFERENCES = of_table(
    """
    SELECT a.attname AS name, n.nspname AS schema, c.relname AS target, t.attname AS target_column
      FROM pg_constraint k
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
      JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1]
      JOIN pg_class c ON c.oid = k.confrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.conrelid = CAST(:table AS oid) AND k.contype = 'f' AND cardinality(k.conkey) = 1
     ORDER BY a.attnum, 2, 3
    """
)
"""Foreign keys of one column."""

SYSTEMS = text("SELECT srid FROM spatial_ref_sys WHERE srid = :srid")


def shapes(schema: str, table: str, name: str) -> SqlRows:
    """Kinds and SRIDs of the geometries of some rows, and whether rings of polygons are right-handed."""
    some = _some(schema, table, func.geometry(column(name)).label("shape")).subquery("some")
    shape = some.c.shape
    kind: ColumnElement[str] = Function("GeometryType", shape)
    srid: ColumnElement[int] = Function("ST_SRID", shape)
    right = func.bool_and(Function("ST_IsPolygonCCW", Function("ST_Force2D", shape)))
    columns = (kind.label("kind"), srid.label("srid"), right.label("right_handed"))
    return select(*columns).where(shape.is_not(None)).group_by(kind, srid).order_by(kind, srid)


def distinct(schema: str, table: str, names: list[str]) -> SqlRows:
    """How many rows there are, and how many different values in each of the columns."""
    counts: list[Any] = [func.count(), *(func.count(column(name).distinct()) for name in names)]
    return select(*counts).select_from(named(table, schema=schema))


def _some(schema: str, table: str, *columns: Any) -> SqlRows:
    return select(*columns).select_from(named(table, schema=schema)).limit(_SAMPLE)
