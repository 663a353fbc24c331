"""Questions to PostgreSQL's own catalogs; enters nothing or the oid of a table, leaves statements.

No identifier is ever written into a statement: tables come as oids, names come back quoted (`regclass`, quote_ident).
"""

from sqlalchemy import ARRAY, BigInteger, Float, Integer, Text, TextClause, bindparam, text

_TABLE = bindparam("table", type_=BigInteger)

VERSIONS = text(
    """
    SELECT current_setting('server_version_num')::int AS number,
           current_setting('server_version') AS postgresql,
           current_setting('server_encoding') AS encoding,
           (SELECT extversion FROM pg_extension WHERE extname = 'postgis') AS postgis
    """
)
"""One row; postgis is null where the extension is missing."""

LIBRARIES = text("SELECT postgis_lib_version() AS postgis, split_part(postgis_geos_version(), '-', 1) AS geos")

CONNECTIONS = text(
    """
    SELECT current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) AS server,
           nullif(rolconnlimit, -1) AS role,
           quote_ident(rolname) AS name
      FROM pg_roles WHERE rolname = current_user
    """
)
"""One row: connections that the server has for ordinary roles, and the role's own limit or null."""

PRIMARY = text(
    """
    SELECT (SELECT system_identifier FROM pg_control_system()) AS system,
           CASE WHEN pg_is_in_recovery() THEN 0 ELSE (pg_current_wal_lsn() - '0/0')::bigint END AS position
    """
)
"""One row: which cluster it is, and where its log ends."""

REPLICA = text(
    """
    SELECT pg_is_in_recovery() AS recovery,
           (SELECT system_identifier FROM pg_control_system()) AS system,
           :position - (coalesce(pg_last_wal_replay_lsn(), '0/0') - '0/0')::bigint AS behind,
           current_setting('hot_standby_feedback') AS feedback,
           current_setting('max_standby_streaming_delay') AS delay,
           pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS statistics,
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS server
    """
).bindparams(bindparam("position", type_=BigInteger))
"""One row: what a replica is, and how many bytes it has yet to replay of a log that ends at `position`."""

POWERS = text(
    """
    SELECT quote_ident(rolname) AS name, array_remove(ARRAY[
               CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
               CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
               CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL)
           || ARRAY(SELECT granted.rolname::text FROM pg_roles granted
                     WHERE NOT own.rolsuper AND granted.rolname IN
                           ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
                       AND pg_has_role(own.oid, granted.oid, 'MEMBER')) AS powers
      FROM pg_roles own WHERE rolname = current_user
    """
)
"""One row: what the role may do beyond its database."""

ACTIVITY_VISIBLE = text("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")

NO_SCHEMAS = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) name WHERE to_regnamespace(quote_ident(name)) IS NULL"
)

IDLE_IN_TRANSACTION = text(
    """
    SELECT pid, quote_ident(usename) AS role, application_name AS application,
           extract(epoch FROM clock_timestamp() - state_change)::float AS seconds
      FROM pg_stat_activity
     WHERE datname = current_database()
       AND state LIKE 'idle in transaction%'
       AND clock_timestamp() - state_change > make_interval(secs => :seconds)
     ORDER BY state_change
     LIMIT 20
    """
).bindparams(bindparam("seconds", type_=Float))

SETTINGS = text("SELECT name, setting, unit FROM pg_settings WHERE name = ANY(:names)").bindparams(
    bindparam("names", type_=ARRAY(Text))
)
"""Rows (name, setting, unit); unit is null for plain numbers, switches and words."""

EXTENSIONS = text("SELECT extname FROM pg_extension WHERE extname = ANY(:names)").bindparams(
    bindparam("names", type_=ARRAY(Text))
)

REVISIONS_KEPT = text("SELECT to_regclass('alembic_version') IS NOT NULL")
REVISIONS = text("SELECT version_num FROM alembic_version")

TABLE = text(
    """
    SELECT c.oid::bigint AS oid, c.oid::regclass::text AS name, coalesce(parts.rows, c.reltuples) AS rows,
           coalesce(parts.bytes, pg_relation_size(c.oid), 0) AS bytes, c.relkind IN ('v', 'f') AS view,
           coalesce(parts.oids, '{}') AS parts
      FROM pg_class c
     CROSS JOIN LATERAL (
           SELECT sum(greatest(p.reltuples, 0)) AS rows, sum(pg_relation_size(p.oid))::bigint AS bytes,
                  array_agg(p.oid::bigint ORDER BY p.relname) AS oids
             FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid WHERE i.inhparent = c.oid) parts
     WHERE c.oid = to_regclass(:name) AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
    """
).bindparams(bindparam("name", type_=Text))
"""One row or none; rows is the planner's estimate, -1 where it has none. `parts` are the oids of partitions."""


KNOWN_CRS = text("SELECT EXISTS (SELECT FROM spatial_ref_sys WHERE srid = :srid)").bindparams(
    bindparam("srid", type_=Integer)
)
"""Whether PostGIS has a CRS: its table may be older than the EPSG registry that arguments are checked against."""


def of_table(sql: str) -> TextClause:
    """A question to the catalogs with the parameter `table`, an oid."""
    return text(sql).bindparams(_TABLE)


COLUMNS = of_table(
    """
    SELECT attname AS name, format_type(atttypid, atttypmod) AS type
      FROM pg_attribute
     WHERE attrelid = CAST(:table AS oid) AND attnum > 0 AND NOT attisdropped
    """
)

CONSTRAINTS = of_table(
    """
    SELECT quote_ident(conname) AS name, conname AS plain_name, pg_get_constraintdef(oid) AS definition,
           convalidated AS validated
      FROM pg_constraint WHERE conrelid = CAST(:table AS oid) AND contype = 'c'
    """
)

OPTIONS = of_table(
    """
    WITH parts AS (
        SELECT c.reloptions FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
         WHERE CAST(:table AS oid) IN (c.oid, i.inhparent) AND c.relkind <> 'p')
    SELECT option FROM parts, unnest(reloptions) AS option
     GROUP BY option HAVING count(*) = (SELECT count(*) FROM parts)
    """
)
"""Storage parameters, one a row: `autovacuum_analyze_scale_factor=0.01`; those that all partitions have."""

INDEXES = of_table(
    """
    SELECT i.indexrelid::bigint AS oid, i.indexrelid::regclass::text AS name, c.relname AS plain_name,
           m.amname AS method, i.indisvalid AS valid, i.indisunique AND i.indpred IS NULL AS is_unique,
           EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid) AS constrains,
           coalesce((SELECT sum(pg_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = i.indexrelid),
                    pg_relation_size(i.indexrelid))::bigint AS bytes,
           ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(1, i.indnkeyatts) n) AS keys,
           concat_ws('|', c.relam, i.indkey, i.indclass, i.indcollation, i.indoption, i.indnkeyatts,
                     pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)) AS shape
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
     WHERE i.indrelid = CAST(:table AS oid)
     ORDER BY c.relname
    """
)
"""Every index of a table; two with equal `shape` do the same work."""

READ_BY_VIEW = of_table(
    """
    SELECT DISTINCT d.refobjid::bigint AS oid
      FROM pg_rewrite r
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'm')
     WHERE r.ev_class = CAST(:table AS oid)
    """
)
"""The tables that a view reads."""

GEOMETRY_COLUMNS = of_table(
    """
    SELECT g.f_geometry_column AS name, g.srid
      FROM geometry_columns g
      JOIN pg_namespace n ON n.nspname = g.f_table_schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = g.f_table_name
     WHERE c.oid = CAST(:table AS oid)
    """
)

TRIGGERS = of_table(
    """
    SELECT tgname AS name FROM pg_trigger
     WHERE tgrelid = CAST(:table AS oid) AND NOT tgisinternal AND tgenabled <> 'D'
    """
)

KEEPER = of_table(
    """
    SELECT p.prosrc AS body FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = CAST(:table AS oid) AND t.tgname = 'keep_updates' AND NOT t.tgisinternal
    """
)
"""One row or none: the body of the function that keeps the rows of a table."""

COLUMNS_BY_NAME = text(
    """
    SELECT a.attname AS name FROM pg_attribute a
     WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped
    """
)

NOW = text("SELECT clock_timestamp()")

STATISTICS = of_table(
    """
    SELECT coalesce(parts.live, s.n_live_tup) AS live, coalesce(parts.dead, s.n_dead_tup) AS dead,
           coalesce(greatest(parts.changed, abs(parts.rows - c.reltuples)), s.n_mod_since_analyze)::bigint AS changed,
           extract(epoch FROM clock_timestamp() - greatest(s.last_analyze, s.last_autoanalyze))::float AS age,
           c.reltuples >= 0 AND EXISTS (
               SELECT FROM pg_stats p WHERE p.schemaname = s.schemaname AND p.tablename = s.relname
           ) AS analysed
      FROM pg_stat_all_tables s JOIN pg_class c ON c.oid = s.relid
     CROSS JOIN LATERAL (
           SELECT sum(p.n_live_tup)::bigint AS live, sum(p.n_dead_tup)::bigint AS dead,
                  sum(p.n_mod_since_analyze) AS changed, sum(greatest(t.reltuples, 0)) AS rows
             FROM pg_inherits i JOIN pg_stat_all_tables p ON p.relid = i.inhrelid JOIN pg_class t ON t.oid = p.relid
            WHERE i.inhparent = c.oid) parts
     WHERE s.relid = CAST(:table AS oid)
    """
)
"""One row; age is in seconds since the last ANALYZE, null where the server does not remember one.

Of a partitioned table, which autovacuum never analyses, `changed` is also how many rows its partitions have more or
fewer than it had then.
"""

PGSTATTUPLE = text(
    "SELECT coalesce(has_function_privilege(to_regprocedure('pgstattuple(regclass)'), 'EXECUTE'), false)"
)
DEAD_SPACE = text("SELECT free_percent FROM pgstattuple(CAST(CAST(:index AS oid) AS regclass))").bindparams(
    bindparam("index", type_=BigInteger)
)
"""Free space of an index, in percent. Not pgstatindex: that one reads B-trees only and refuses GiST."""
