"""Statements that make pairs again where a relation is behind; enters the relation, leaves text.

A rebuild takes the marks that are there when it begins, and remakes the sources of their places in the order of their
ids. What changes meanwhile either waits for the cells that a chunk takes, or leaves a mark of its own for the next run.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CompoundSelect,
    Insert,
    Select,
    TextClause,
    bindparam,
    column,
    insert,
    select,
    table,
    text,
    union_all,
)

from gateway.layers import Layers
from gateway.models.declaration import Side
from gateway.models.pairs import pairs_name
from gateway.sql.keeping import SETTINGS as KEEPING
from gateway.sql.keeping import KeptPairs

MANY_CELLS = 100_000  # of the rows of a chunk: to take more would take longer than to hold off all writers

_OF_TRIGGERS = """
    SELECT substr(p.proname, length('relate_') + 1) AS relation FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname LIKE 'relate\\_%' AND NOT t.tgisinternal AND pg_function_is_visible(p.oid)
    GROUP BY p.proname HAVING
"""
# Of the relations that are kept: the triggers of others are switched off.
KEPT = text(f"{_OF_TRIGGERS} bool_or(t.tgenabled <> 'D')")
# Of those that reads may take from pairs. A trigger that somebody switched off and on again does not fire always. Those
# that read say themselves whether there is a mark.
CURRENT = text(f"{_OF_TRIGGERS} bool_and(t.tgenabled = 'A') EXCEPT SELECT relation FROM relation_marks")  # noqa: S608 - ours
BEHIND = text("SELECT relation, count(*) AS marks, min(made_at) AS since FROM relation_marks GROUP BY relation")
# A rebuild waits for another one of the relation, and its transaction stays open for as long as the lanes take.
ALONE = (text("SET LOCAL idle_in_transaction_session_timeout = 0"), text("SET LOCAL lock_timeout = 0"))
TURN = text("""
    SELECT pg_advisory_xact_lock(
        hashtext(concat('relation_marks', nullif(current_schema(), 'public'))), hashtext(:relation))
""")
# A run that was interrupted goes on with the marks that it had; the first of them says how far it came.
BEGIN = text("""
    UPDATE relation_marks SET done = '-9223372036854775808' WHERE relation = :relation
    AND NOT EXISTS (SELECT FROM relation_marks WHERE relation = :relation AND done IS NOT NULL)
""")
DONE = text("SELECT max(done) FROM relation_marks WHERE relation = :relation")
ADVANCE = text("""
    UPDATE relation_marks SET done = :last
    WHERE id = (SELECT min(id) FROM relation_marks WHERE relation = :relation AND done IS NOT NULL)
""")
END = text("DELETE FROM relation_marks WHERE relation = :relation AND done IS NOT NULL")
SETTINGS = text("SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in KEEPING.items()))
LATER = text("SELECT set_config('gateway.relations', 'later', true)")

_IN_PLACE = """
    WITH marks AS MATERIALIZED (SELECT place FROM relation_marks WHERE relation = '{name}' AND done IS NOT NULL),
    sources AS (
        SELECT s.id, s.geom FROM {source} s
        WHERE s.id > :done AND EXISTS (SELECT FROM marks WHERE place IS NULL OR place && s.geom)
    )
"""
_ENDS = """
    SELECT max(id) AS last, count(*) AS sources
    FROM (SELECT id, ntile(:lanes) OVER (ORDER BY id) AS lane FROM sources) each GROUP BY lane ORDER BY lane
"""
_CHUNK = """
    SELECT array_agg(id ORDER BY id), sum(
        (ST_XMax(geom) - ST_XMin(geom) + 0.0078) * (ST_YMax(geom) - ST_YMin(geom) + 0.0078)
    ) * 16384 FROM (SELECT id, geom FROM sources WHERE id <= :last ORDER BY id LIMIT :most) each
"""
_HOLD = """
    WITH spans AS (SELECT DISTINCT span.* FROM {source} s, gateway_spans(s.geom) span WHERE s.id = ANY (:ids)),
    held AS (SELECT array_agg(DISTINCT cell) AS cells FROM spans, gateway_cells(west, south, east, north) cell)
    SELECT ({as_they_are}) FROM held, gateway_hold(cells)
"""
# Whoever changes a row leaves another xmin, and to read that takes a fifth of what it takes to find the cells again.
_AS_THEY_ARE = "SELECT md5(array_agg(xmin ORDER BY id)::text) FROM {source} WHERE id = ANY (:ids)"
_LOCK = "LOCK TABLE {source}, {target} IN SHARE ROW EXCLUSIVE MODE"
_EMPTY = "DELETE FROM {name} WHERE source_id = ANY (:ids)"
_EMPTY_WITHIN = """
    WITH gone AS (
        DELETE FROM {name} WHERE source_id = ANY (:ids) AND target_id >= :low RETURNING source_id, target_id
    ) DELETE FROM {name} p USING gone WHERE p.source_id = gone.target_id AND p.target_id = gone.source_id
"""
_REMAKE = "SELECT remake_{name}(:ids, 'source', :low)"
_MARK = """
    INSERT INTO relation_marks (relation, place)
    SELECT '{name}', ST_SetSRID(box2d(geom)::geometry, 4326) FROM {source} WHERE id = :id
"""
_ORPHANS = """
    DELETE FROM {name} p WHERE NOT EXISTS (SELECT FROM {source} WHERE id = p.source_id)
    OR NOT EXISTS (SELECT FROM {target} WHERE id = p.target_id)
"""
_ANALYZE = "ANALYZE {name}"
_COLUMNS = ("source_id", "target_id", "shared", "coverage")


@dataclass(frozen=True)
class Rebuilding:
    """The statements that remake the pairs of one relation; each takes its parameters by name."""

    pairs: KeptPairs

    def _text(self, form: str) -> TextClause:
        about = {"name": self.pairs.name, "source": self.pairs.source, "target": self.pairs.target}
        return text(form.format(**about, as_they_are=_AS_THEY_ARE.format(**about)))

    @property
    def ends(self) -> TextClause:
        """How many sources are to be remade in each lane, and the last id of each."""
        return self._text(_IN_PLACE + _ENDS)

    @property
    def chunk(self) -> TextClause:
        """Ids of the next sources to remake, and in about how many cells they lie."""
        return self._text(_IN_PLACE + _CHUNK)

    @property
    def hold(self) -> TextClause:
        """Take the cells that some sources lie in, and tell which versions of them do."""
        return self._text(_HOLD)

    @property
    def as_they_are(self) -> TextClause:
        """Which versions of some sources are there now."""
        return self._text(_AS_THEY_ARE)

    @property
    def lock(self) -> TextClause:
        """Hold off all writers."""
        return self._text(_LOCK)

    @property
    def empty(self) -> TextClause:
        """Delete the pairs of some sources, but for those with sources before the first of them."""
        return self._text(_EMPTY_WITHIN if self.pairs.within else _EMPTY)

    @cached_property
    def fill(self) -> Insert:
        """Make those pairs, none of which may be there: to expect some takes a sixth longer."""
        ids, low = bindparam("ids", type_=ARRAY(BigInteger)), bindparam("low", type_=BigInteger)
        pairs = self.pairs.pairs(Side.SOURCE, ids, low)
        rows = _both_ways(pairs) if self.pairs.within else pairs
        return insert(table(self.pairs.name, *map(column, _COLUMNS))).from_select(_COLUMNS, rows)

    @property
    def remake(self) -> TextClause:
        """Make the pairs of some sources again, whatever pairs are there."""
        return self._text(_REMAKE)

    @property
    def mark(self) -> TextClause:
        """Mark the place of a source whose pairs cannot be made."""
        return self._text(_MARK)

    @property
    def orphans(self) -> TextClause:
        """Delete the pairs of rows that are gone."""
        return self._text(_ORPHANS)

    @property
    def analyze(self) -> TextClause:
        """Let the planner know the pairs."""
        return self._text(_ANALYZE)


def _both_ways(pairs: Select[Any]) -> CompoundSelect[*tuple[Any, ...]]:
    pair = pairs.cte("pair").c
    return union_all(
        select(pair.source_id, pair.target_id, pair.shared, pair.coverage),
        select(pair.target_id, pair.source_id, pair.shared, pair.coverage),
    )


def kept_pairs(layers: Layers) -> list[KeptPairs]:
    """The relations of layers whose pairs are kept."""
    pairs = []
    for layer in layers:
        for relation in layer.model.__layer__.relations:
            if relation.kept and relation.target in layers.by_name:
                source, target = layer.model.__table__, layers[relation.target].model.__table__
                kinds: Any = (source.c.geom.type, target.c.geom.type)
                name = pairs_name(layer.type_name, relation.name)
                types = (kinds[0].geometry_type, kinds[1].geometry_type)
                pairs.append(KeptPairs(name, source.name, target.name, relation.kind, relation.part, types))
    return pairs
