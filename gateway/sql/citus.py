"""Statements about a Citus cluster and the schemas that it keeps on one of its nodes; enters codes, leaves rows.

A distributed schema has all its tables on one node, where statements that read no other one run as they are. The
coordinator, which the URL names, has them empty.
"""

from typing import Final

from sqlalchemy import Integer, Text, TextClause, bindparam, text

VERSION: Final = text(
    "SELECT (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS extension, "
    "(SELECT count(*) FROM pg_proc WHERE proname = 'citus_schema_move') > 0 AS moves"
)
"""One row: of which version the extension is, or null without it, and whether it moves schemas."""

RELEASE: Final = text("SELECT split_part(citus_version(), ' ', 2)")

NODES: Final = text("""
    SELECT groupid AS number, nodename AS host, nodeport AS port, isactive AS active, shouldhaveshards AS holds,
           count(s.schemaid) AS schemas
    FROM pg_dist_node n
    LEFT JOIN (
        SELECT DISTINCT schemaid, groupid FROM pg_dist_schema JOIN pg_dist_partition USING (colocationid)
        JOIN pg_dist_shard USING (logicalrelid) JOIN pg_dist_placement USING (shardid)
    ) s USING (groupid)
    WHERE noderole = 'primary' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
""")
"""All nodes; the coordinator is number 0. A node `holds` where schemas may be put on it."""

PLACES: Final = text("""
    SELECT DISTINCT c.nspname AS schema, n.nodename AS host, n.nodeport AS port
    FROM pg_dist_schema s JOIN pg_namespace c ON c.oid = s.schemaid JOIN pg_dist_partition USING (colocationid)
    JOIN pg_dist_shard USING (logicalrelid) JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node n USING (groupid)
    WHERE n.noderole = 'primary'
""")
"""Where each distributed schema is."""

_ON_ALL: Final = (
    "SELECT concat(nodename, ':', nodeport) AS node, success, result AS value "
    "FROM run_command_on_all_nodes({}) JOIN pg_dist_node USING (nodeid) ORDER BY 1"
)

SETTING: Final = text(_ON_ALL.format("'SHOW ' || :name")).bindparams(bindparam("name", type_=Text))
"""What a setting is on each node, as a new session has it."""

POSTGIS: Final = text(_ON_ALL.format("'SELECT postgis_lib_version()'"))
"""Which PostGIS each node has."""

JOBS_DISTRIBUTED: Final = text(
    "SELECT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE t.tgrelid = to_regclass('jobs') AND p.proname = 'citus_truncate_trigger')"
)
"""Whether jobs are on a node, which does not know who is at work: locks of processes are those of the coordinator."""

MOVE: Final = text(
    "SELECT citus_schema_move(to_regnamespace(quote_ident(:schema)), :host, :port, 'block_writes')"
).bindparams(bindparam("schema", type_=Text), bindparam("host", type_=Text), bindparam("port", type_=Integer))
"""Writes wait: histories have no key by which a copy could follow what is changed in them meanwhile."""


def spread(*, on: bool) -> TextClause:
    """Have schemas that this transaction makes be distributed, or be ordinary ones."""
    return text(f"SET LOCAL citus.enable_schema_based_sharding = {'on' if on else 'off'}")
