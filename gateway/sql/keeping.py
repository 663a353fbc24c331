"""The triggers that keep the pairs of a relation; enters what is related, leaves functions and triggers as SQL.

Once a statement, from transition tables, the pairs of the rows that it changed are made again by the expressions that a
read computes them by. Before that the transaction takes the cells of the map that the rows lay and lie in: rows that
meet share a cell, so of two transactions that change both, the second waits and then sees what the first did.

What would take too long, or has a geometry that PostGIS refuses to compare, is left to `manage.py relations`: the
transaction marks the place instead, and while there is a mark the relation is computed at read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Select, TextClause

from gateway.models.base import SRID
from gateway.models.declaration import RelationKind, Side
from gateway.sql import cells, new_row
from gateway.sql.computed_pairs import ComputedPairs
from gateway.sql.triggers import EVENTS, in_text, plain

_ROWS: Final = 1_000  # rows that a statement may change
_MOST_CELLS: Final = 4_096  # that they may lie in, 55 km of 55 km at the equator
_WORK: Final = 2_000_000  # vertices of changed rows, times the rows around

# FULL JOIN, though every row has its partner: see gateway.sql.triggers.
_CHANGED: Final[Mapping[str, str]] = {
    "INSERT": "new_rows each",
    "DELETE": "old_rows each",
    "UPDATE": """(
                SELECT v.id, v.geom FROM old_rows o FULL JOIN new_rows n ON n.id = o.id
                CROSS JOIN LATERAL (VALUES (o.id, o.geom), (n.id, n.geom)) v(id, geom)
                WHERE o.geom IS DISTINCT FROM n.geom AND v.id IS NOT NULL
            ) each""",
}
_GATHER = """
                SELECT array_agg(DISTINCT each.id), ST_Extent(each.geom), sum(ST_NPoints(each.geom))
                INTO ids, place, points FROM {rows};
                IF cardinality(ids) > {most} OR later THEN
                    known := false;
                ELSIF {west} = {east}
                AND {south} = {north} THEN
                    held := ARRAY[{south}::bigint * {around}
                                  + ({west}::bigint + {around}) % {around}];
                ELSE
                    SELECT array_agg(DISTINCT cell), count(*) < {cells} INTO held, known FROM (
                        SELECT cell FROM (SELECT DISTINCT span.* FROM {rows}, gateway_spans(each.geom) span) span,
                                         gateway_cells(west, south, east, north) cell
                        LIMIT {cells}
                    ) cells;
                END IF;
"""
# Without these settings the plan that a session keeps may be that of an empty table or of ten thousand rows, and one
# that is made for each call takes longer than its work.
SETTINGS: Final[Mapping[str, str]] = {
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}
_RELATE = """
    CREATE OR REPLACE FUNCTION relate_{name}() RETURNS trigger LANGUAGE plpgsql {settings} AS $$
    DECLARE
        later boolean := coalesce(current_setting('gateway.relations', true) = 'later', false);
        ids bigint[]; place box2d; points bigint; held bigint[]; known boolean := true; around bigint;
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE {name};
            RETURN NULL;
        END IF;{one}
        BEGIN
            IF TG_OP = 'INSERT' THEN {inserted}
            ELSIF TG_OP = 'DELETE' THEN {deleted}
            ELSE {updated}
            END IF;
            IF ids IS NULL THEN
                RETURN NULL;
            END IF;
            IF known AND (points > 1000 OR cardinality(held) > 16) AND TG_OP <> 'DELETE' THEN
                IF TG_ARGV[0] = 'source' THEN
                    SELECT count(*) INTO around
                    FROM {source} s JOIN {target} t ON t.geom && s.geom WHERE s.id = ANY (ids);
                ELSE
                    SELECT count(*) INTO around
                    FROM {target} t JOIN {source} s ON t.geom && s.geom WHERE t.id = ANY (ids);
                END IF;
                known := around * (points / cardinality(ids) + 100) <= {work};
            END IF;
            IF known THEN
                PERFORM gateway_hold(held);
                PERFORM remake_{name}(ids, TG_ARGV[0]);
                RETURN NULL;
            END IF;
        EXCEPTION WHEN internal_error OR data_exception OR program_limit_exceeded THEN
            NULL; -- a geometry that cannot be compared
        END;
        INSERT INTO relation_marks (relation, place)
        SELECT '{name}', CASE WHEN ST_XMin(place) > -179.99 AND ST_XMax(place) < 179.99
                              THEN ST_SetSRID(place::geometry, {srid}) END;
        RETURN NULL;
    END $$
"""
# `low` leaves alone pairs with sources before it.
_REMAKE = """
    CREATE OR REPLACE FUNCTION remake_{name}(ids bigint[], side text, low bigint DEFAULT '-9223372036854775808')
    RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF side = 'source' THEN
            {from_source}
        ELSE
            {from_target}
        END IF;
    END $$
"""
# A new row has no pairs, and to know it takes less than to delete none.
_ANEW = """IF EXISTS (SELECT FROM {name} WHERE {side}_id = ANY (ids)) THEN
                DELETE FROM {name} WHERE {side}_id = ANY (ids);
            END IF;
            {insert}
            ON CONFLICT (source_id, target_id) DO UPDATE SET shared = excluded.shared, coverage = excluded.coverage;"""
_ANEW_WITHIN = """IF EXISTS (SELECT FROM {name} WHERE source_id = ANY (ids)) THEN
                WITH gone AS (
                    DELETE FROM {name} WHERE source_id = ANY (ids) AND target_id >= low RETURNING source_id, target_id
                ) DELETE FROM {name} p USING gone WHERE p.source_id = gone.target_id AND p.target_id = gone.source_id;
            END IF;
            {insert}
            ON CONFLICT (source_id, target_id) DO UPDATE SET shared = excluded.shared, coverage = excluded.coverage;"""
_INSERT = """INSERT INTO {name} (source_id, target_id, shared, coverage)
            {pairs}"""
_INSERT_WITHIN = """INSERT INTO {name} (source_id, target_id, shared, coverage)
            SELECT ends.one, ends.other, shared, coverage FROM ({pairs}) pair
            CROSS JOIN LATERAL (VALUES (source_id, target_id), (target_id, source_id)) ends(one, other)"""
_MARK = "INSERT INTO relation_marks (relation) VALUES ('{name}')"


class KeptPairs(ComputedPairs):
    """A relation whose pairs are kept."""

    __slots__ = ()

    @property
    def sides(self) -> Mapping[Side, str]:
        """The tables that have triggers."""
        both = {Side.SOURCE: self.source, Side.TARGET: self.target}
        return {Side.SOURCE: self.source} if self.within else both

    def statements(self) -> Iterator[TextClause]:
        """Make the functions and the triggers."""
        yield from self.remade()
        for side, layer in self.sides.items():
            for event, on in EVENTS.items():
                trigger, head = self.trigger(side, event), on.format(table=layer)
                yield plain(
                    f"CREATE OR REPLACE TRIGGER {trigger} {head} FOR EACH STATEMENT "
                    f"EXECUTE FUNCTION relate_{self.name}('{side}')"
                )

    def remade(self) -> Iterator[TextClause]:
        """Make the functions again."""
        yield from map(plain, (*cells.FUNCTIONS, *self.functions))

    def trigger(self, side: Side, event: str) -> str:
        """The name of one of the triggers."""
        return f"relate_{self.name}_{side}_{event}"

    @property
    def functions(self) -> tuple[str, str]:
        """Those that make pairs again and see what changed."""
        body = _ANEW_WITHIN if self.within else _ANEW
        made = (
            body.format(name=self.name, side=side, insert=self._insert(self.pairs(side)))
            if side in self.sides
            else "NULL;"
            for side in Side
        )
        remake = _REMAKE.format(name=self.name, **dict(zip(("from_source", "from_target"), made, strict=True)))
        gathered = {
            done: _GATHER.format(rows=rows, most=_ROWS, cells=_MOST_CELLS, **cells.sides("place"))
            for done, rows in zip(("inserted", "deleted", "updated"), _CHANGED.values(), strict=True)
        }
        one = new_row.made(self.name, self._insert(self.of_one), outlined=self.kind is RelationKind.BORDER)
        about = {
            "name": self.name,
            "one": one,
            "source": self.source,
            "target": self.target,
            "work": _WORK,
            "srid": SRID,
        }
        settings = " ".join(f"SET {setting} = {value}" for setting, value in SETTINGS.items())
        return remake, _RELATE.format(**about, **gathered, settings=settings)

    def _insert(self, pairs: Select[Any]) -> str:
        form = _INSERT_WITHIN if self.within else _INSERT
        return form.format(name=self.name, pairs=in_text(pairs))

    def switched(self, *, on: bool) -> Iterator[TextClause]:
        """Switch the triggers on or off, and have all pairs be behind until they are made again."""
        # ALWAYS: also in sessions that load what others have checked (session_replication_role).
        state = "ENABLE ALWAYS" if on else "DISABLE"
        for side, layer in self.sides.items():
            for event in EVENTS:
                yield plain(f"ALTER TABLE {layer} {state} TRIGGER {self.trigger(side, event)}")
        yield plain(_MARK.format(name=self.name))

    def dropped(self) -> Iterator[TextClause]:
        """Take the triggers and their functions away."""
        for side, layer in self.sides.items():
            for event in EVENTS:
                yield plain(f"DROP TRIGGER IF EXISTS {self.trigger(side, event)} ON {layer}")
        yield plain(f"DROP FUNCTION IF EXISTS relate_{self.name}()")
        yield plain(f"DROP FUNCTION IF EXISTS remake_{self.name}(bigint[], text, bigint)")
