"""What a server, a layer and the jobs do now; enters nothing or names, leaves statements.

Sessions of other roles count, and only with pg_read_all_stats are they known to be busy or idle.
"""

from sqlalchemy import ARRAY, Text, bindparam, text

NODE = text(
    """
    SELECT pg_is_in_recovery() AS recovery,
           current_setting('server_version') AS version,
           pg_postmaster_start_time() AS started,
           (SELECT system_identifier FROM pg_control_system()) AS system,
           CASE WHEN pg_is_in_recovery()
                THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
                              (SELECT timeline_id FROM pg_control_checkpoint()))
                ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline,
           (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END
            - '0/0')::bigint AS position,
           current_setting('max_connections')::int AS connections,
           activity.*
      FROM (SELECT count(*) AS sessions,
                   count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid()) AS active,
                   count(*) FILTER (WHERE wait_event_type = 'Lock') AS locked,
                   coalesce(extract(epoch FROM max(clock_timestamp() - query_start)
                       FILTER (WHERE state = 'active' AND pid <> pg_backend_pid())), 0)::float AS longest,
                   count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle,
                   coalesce(extract(epoch FROM max(clock_timestamp() - state_change)
                       FILTER (WHERE state LIKE 'idle in transaction%')), 0)::float AS idle_for
              FROM pg_stat_activity WHERE backend_type = 'client backend') AS activity
    """
)
"""One row, on a primary and on a standby; `position` is that of its log, in bytes."""

LAYERS = text(
    """
    SELECT name AS layer, CASE WHEN max(c.reltuples) < 0 THEN -1 ELSE sum(greatest(c.reltuples, 0)) END::bigint AS rows,
           sum(pg_total_relation_size(c.oid))::bigint AS bytes,
           coalesce(sum(s.n_live_tup), 0)::bigint AS live, coalesce(sum(s.n_dead_tup), 0)::bigint AS dead,
           min(greatest(s.last_vacuum, s.last_autovacuum)) AS vacuumed
      FROM unnest(:names) AS name
      LEFT JOIN pg_inherits i ON i.inhparent = to_regclass(quote_ident(name))
      JOIN pg_class c ON c.oid = coalesce(i.inhrelid, to_regclass(quote_ident(name)))
      LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
     GROUP BY name ORDER BY name
    """
).bindparams(bindparam("names", type_=ARRAY(Text)))
"""One row for each table: estimated rows, size with indexes, and rows that VACUUM has yet to remove."""

JURISDICTIONS = text(
    """
    SELECT j.code,
           sum(greatest(c.reltuples, 0)) FILTER (WHERE coalesce(p.relname, c.relname) = ANY (:names))::bigint AS rows,
           sum(pg_total_relation_size(c.oid))::bigint AS bytes,
           coalesce(sum(s.seq_scan + coalesce(s.idx_scan, 0)), 0)::bigint AS scans,
           coalesce(sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0)::bigint AS changes
      FROM jurisdictions j JOIN pg_namespace n ON n.nspname = j.code
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'm')
      LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
      LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
     GROUP BY j.code ORDER BY scans DESC, j.code
    """
).bindparams(bindparam("names", type_=ARRAY(Text)))
"""One row for each jurisdiction, the most read first: scans and changed rows since the statistics were reset."""

JOBS = text(
    """
    SELECT kind, state, count(*) AS jobs, min(created_at) AS since
      FROM (SELECT 'bulk load' AS kind, state, created_at FROM jobs WHERE finished_at IS NULL
             UNION ALL
            SELECT 'analysis', state, created_at FROM analysis_jobs WHERE finished_at IS NULL) AS found
     GROUP BY kind, state ORDER BY kind, state
    """
)
"""Jobs that are not at their end, by kind and state."""

SIZE = text("SELECT current_database() AS name, pg_database_size(current_database()) AS bytes")
