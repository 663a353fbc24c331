"""How the rows of layers are followed; enters tables, leaves the trigger that tells and statements that ask.

Each statement that changes rows of a layer notes its transaction (`layer_changes`), in that transaction. What was read
in a snapshot is still so where no transaction that is seen now, and was not in that snapshot, is noted. Numbers of
transactions are those of one server: a replica, or one that was started again, has other ones.
"""

from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import Executable, Table, TextClause, text
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

from gateway.layers import Layers
from gateway.models.relation_state import RelationMark

# Of each table: which one it is, where its rows lie, and its trigger, which is another one whenever it was switched. In
# a table that another one inherits from, or that is replicated into, rows change without it.
_FOLLOWED: Final = """
    FROM unnest(ARRAY[{names}]) AS each(name)
    JOIN pg_class c ON c.oid = to_regclass(quote_ident(each.name)) AND c.relkind = 'r' AND NOT c.relhassubclass
    JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'tell_change' AND t.tgenabled = 'A'
    WHERE NOT EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = c.oid)
"""
_STATE: Final = """
    SELECT CASE WHEN count(*) = {count} THEN concat(pg_postmaster_start_time(), '|', string_agg(
        concat_ws(' ', c.oid, pg_relation_filenode(c.oid), t.oid, t.xmin), ',' ORDER BY each.name)) END
"""
# Of a replica PostgreSQL does not tell which transactions between the ends of a snapshot are in it: there none counts
# as seen. A function that no parallel worker may call would keep the whole statement from having one.
_SNAPSHOT: Final = """
    CASE WHEN pg_is_in_recovery() THEN concat_ws(':', pg_snapshot_xmin(pg_current_snapshot()),
                                                 pg_snapshot_xmin(pg_current_snapshot()), '')
         ELSE pg_current_snapshot()::text END
"""
# Where a change before the snapshot is still noted, none after it was taken away.
_SAME: Final = """
    SELECT k.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY k(state, snapshot, place)
    CROSS JOIN LATERAL (
        SELECT k.snapshot::pg_snapshot AS seen, pg_snapshot_xmin(k.snapshot::pg_snapshot)::text::bigint AS first
    ) s
    WHERE k.state = ({state}) AND (
        SELECT bool_and(EXISTS (SELECT FROM layer_changes n WHERE n.layer = each.name AND n.xid < s.first)
            AND NOT EXISTS (SELECT FROM layer_changes n WHERE n.layer = each.name AND n.xid >= s.first
                            AND NOT pg_visible_in_snapshot(n.xid::text::xid8, s.seen)))
        FROM unnest(ARRAY[{names}]) AS each(name)
    )
"""
_MARKS: Final = RelationMark.__tablename__  # by which statements fail that would read pairs that are behind


def tables_of(layers: Layers, statement: Executable) -> frozenset[str]:
    """The tables of layers whose rows decide what a statement answers; none where others do, too.

    Pairs are those of the rows of both their layers.
    """
    assert isinstance(statement, ClauseElement)
    read = {each.name for each in visitors.iterate(statement) if isinstance(each, Table)} - {_MARKS}
    known = {name: frozenset(tables) for name, *tables in _known(layers)}
    return frozenset().union(*(known[name] for name in read)) if read <= known.keys() else frozenset()


def _known(layers: Layers) -> Iterator[tuple[str, ...]]:
    for layer in layers.managed:
        own = layer.model.__tablename__
        yield own, own
        for each in layer.relations:
            if each.pairs is not None:
                yield each.pairs, own, layers[each.target].model.__tablename__


NOTED: Final = text("SELECT to_regclass('layer_changes') IS NOT NULL AS noted")

BEGIN: Final = text(
    "INSERT INTO layer_changes (layer, xid) VALUES (:table, CAST(CAST(pg_current_xact_id() AS text) AS bigint))"
)
"""Note what is there: without one change none is known to be the first."""


def followed(tables: Collection[str]) -> TextClause:
    """`name`: the tables among these whose changes are noted whichever client makes them; NOTED must hold.

    None of a cluster: its rows may be changed at other nodes, by transactions with numbers of those.
    """
    more = (
        "AND EXISTS (SELECT FROM pg_proc p WHERE p.oid = t.tgfoid AND strpos(p.prosrc, 'layer_changes') > 0) "
        "AND to_regclass('pg_dist_partition') IS NULL"
    )
    rows = _FOLLOWED.format(names=_names(tables)).replace("::", r"\:\:")
    return text(f"SELECT each.name {rows} {more}")


def with_state(statement: str, tables: Collection[str]) -> str:
    """The statement with two more columns, the last: the state of the tables, and the snapshot that it reads.

    The state is null where nothing is to be relied on. Neither is in a transaction that has written: its own changes
    count as seen, and may yet be taken back.
    """
    return f"SELECT answer.*, ({_state(tables)}) AS state, {_SNAPSHOT} AS snapshot FROM ({statement}) answer"  # noqa: S608


def same(tables: Collection[str]) -> str:
    """A statement of what was read in states $1 and snapshots $2: the places, from 1, of what would be read now."""
    return _SAME.format(state=_state(tables), names=_names(tables))


def _state(tables: Collection[str]) -> str:
    return _STATE.format(count=len(tables)) + _FOLLOWED.format(names=_names(tables))


def _names(tables: Collection[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(tables)) or "NULL::text"
