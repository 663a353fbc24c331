"""Questions to what PostgreSQL has counted: statements, indexes and tables in use; leaves statements."""

from typing import Final

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, text

from gateway.sql.types import SqlRows

_OWN: Final = "/* gateway: own */"


def own(statement: SqlRows) -> SqlRows:
    """Mark a statement that the gateway asks for itself, such as a sample: what it reads it reads on purpose.

    PostgreSQL keeps comments within the texts that it counts.
    """
    return statement.prefix_with(text(_OWN))


STATEMENTS = text("SELECT to_regclass('pg_stat_statements') IS NOT NULL")

HOTSPOTS = text(
    """
    SELECT query, calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms, rows,
           shared_blks_hit AS hit, shared_blks_read AS read, position(:mark IN query) > 0 AS own,
           total_exec_time / nullif(sum(total_exec_time) OVER (), 0) AS share
      FROM pg_stat_statements
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND query ~* '\\mST_\\w+\\s*\\(' AND query ~* '^\\s*(SELECT|WITH)\\M'
     ORDER BY total_exec_time DESC
     LIMIT :count
    """
).bindparams(bindparam("count", type_=BigInteger), bindparam("mark", _OWN, type_=Text))
"""Statements with functions of PostGIS, the costliest first; `share` is that of all such statements.

`own` are those of the gateway itself.
"""

UNUSED = text(
    """
    SELECT s.indexrelid::regclass::text AS name, s.indexrelname AS plain_name, pg_relation_size(s.indexrelid) AS bytes,
           (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS since
      FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
     WHERE s.relid = CAST(:table AS oid) AND s.idx_scan = 0 AND i.indisvalid AND NOT i.indisunique
     ORDER BY s.indexrelname
    """
).bindparams(bindparam("table", type_=BigInteger))
"""Indexes of a table that no statement has read; `since` is when counting began, null for the beginning."""

SIZES = text(
    """
    SELECT relname AS name, reltuples AS rows FROM pg_class
     WHERE relname = ANY(:names) AND relkind IN ('r', 'p') AND pg_table_is_visible(oid)
    """
).bindparams(bindparam("names", type_=ARRAY(Text)))
"""About how many rows tables have."""
