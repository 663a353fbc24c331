"""The trigger that keeps the overview of a layer; enters its table and columns, leaves a function and triggers as SQL.

Once a statement, from transition tables, it adds to each cell what the statement changed. No writer waits for another:
where a transaction holds the entry of a cell, the next one leaves it and makes an entry beside it, and a later one
makes one of the two. So a cell has as many entries as transactions changed it at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from geoalchemy2 import Geometry
from sqlalchemy import TextClause, column, select, table, text

from gateway.geo.cells import PLACES
from gateway.models.base import SRID
from gateway.models.overview import levels
from gateway.sql import places
from gateway.sql.triggers import EVENTS, in_text, plain

# Those that are to be read: a trigger that somebody switched off and on again does not fire always.
CURRENT = text("""
    SELECT substr(p.proname, length('count_') + 1) AS overview FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname LIKE 'count\\_%\\_overview' AND NOT t.tgisinternal AND pg_function_is_visible(p.oid)
    AND NOT EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = t.tgrelid) -- these fire for no row
    GROUP BY p.proname HAVING bool_and(t.tgenabled = 'A') AND count(*) = 4
""")
# FULL JOIN, though every row has its partner: see gateway.sql.triggers.
_CHANGED: Final[Mapping[str, str]] = {
    "INSERT": "(SELECT 1 AS sign, n.* FROM new_rows n)",
    "DELETE": "(SELECT -1 AS sign, o.* FROM old_rows o)",
    "UPDATE": """(
                SELECT v.* FROM old_rows o FULL JOIN new_rows n ON n.id = o.id
                CROSS JOIN LATERAL (VALUES (-1, {old}), (1, {new})) v(sign, {names})
                WHERE ({old}) IS DISTINCT FROM ({new})
            )""",
}
_GATHER: Final = """
            WITH boxes AS MATERIALIZED ({boxes}), places AS MATERIALIZED ({places})
            SELECT {gathered} INTO {changed} FROM (
                SELECT level, x >> {top} - level AS x, y >> {top} - level AS y, sum(sign) AS rows,
                       sum(sign * x) AS sum_x, sum(sign * y) AS sum_y{sums}
                FROM places CROSS JOIN unnest(ARRAY[{levels}]) AS level GROUP BY 1, 2, 3
            ) change;"""
# In two steps, by arrays: PostgreSQL plans for few elements, where of the rows of a common table expression it expected
# as many as there may be, and joined every one with all. Without a lock in REPEATABLE READ: an entry that changed since
# the snapshot would abort the transaction. A search path of its own, since replication looks in no schema.
_FUNCTION: Final = """
    CREATE OR REPLACE FUNCTION count_{name}() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
    SET enable_bitmapscan = off AS $$
    DECLARE
        {declared};
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE {name};
            RETURN NULL;
        ELSIF TG_OP = 'INSERT' THEN {inserted}
        ELSIF TG_OP = 'DELETE' THEN {deleted}
        ELSE {updated}
        END IF;
        IF changed_level IS NULL THEN
            RETURN NULL;
        END IF;
        WITH change AS MATERIALIZED (
            SELECT * FROM unnest({changed}) AS c({columns})
        ), free AS MATERIALIZED (
            SELECT e.ctid FROM change c JOIN {name} e ON e.level = c.level AND e.x = c.x AND e.y = c.y
            WHERE current_setting('transaction_isolation') = 'read committed' FOR UPDATE OF e SKIP LOCKED
        ), gone AS (
            DELETE FROM {name} e USING free WHERE e.ctid = free.ctid RETURNING e.*
        )
        INSERT INTO {name} ({columns})
        SELECT level, x, y, {totals} FROM (SELECT {columns} FROM change UNION ALL SELECT {columns} FROM gone) each
        GROUP BY level, x, y HAVING ({totals}) <> ({zeros});
        RETURN NULL;
    END $$
"""
_FILL: Final = """
    INSERT INTO {name} ({columns})
    WITH boxes AS MATERIALIZED ({boxes}), places AS MATERIALIZED ({places})
    SELECT level, x >> {top} - level, y >> {top} - level, sum(sign), sum(sign * x), sum(sign * y){sums}
    FROM places CROSS JOIN unnest(ARRAY[{levels}]) AS level GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class KeptOverview:
    """An overview that is kept: its table, that of the rows, the columns that it adds, and the first zoom of rows."""

    name: str
    table: str
    summed: tuple[str, ...]
    minzoom: int

    @property
    def function(self) -> str:
        """What sees what changed."""
        columns = ["id", "geom", *self.summed]
        old, new, names = (", ".join(f"{end}{each}" for each in columns) for end in ("o.", "n.", ""))
        made = (self._filled(_GATHER, rows.format(old=old, new=new, names=names)) for rows in _CHANGED.values())
        bodies = dict(zip(("inserted", "deleted", "updated"), made, strict=True))
        return self._filled(_FUNCTION, **bodies)

    def _filled(self, template: str, rows: str = "", **more: str) -> str:
        numbers = ["rows", "sum_x", "sum_y", *(f"{each}_rows" for each in self.summed), *self.summed]
        counted = [f"sum(sign) FILTER (WHERE {each} IS NOT NULL)" for each in self.summed]
        added = [f"sum(sign * {each})" for each in self.summed]
        columns = ["level", "x", "y", *numbers]
        return template.format(
            **more,
            name=self.name,
            gathered=", ".join(f"array_agg({each})" for each in columns),
            changed=", ".join(f"changed_{each}" for each in columns),
            declared="; ".join(
                f"changed_{each} {'bigint' if each in columns[:3] else 'numeric'}[]" for each in columns
            ),
            boxes=self._boxes(rows),
            places=self._places(),
            top=PLACES,
            levels=", ".join(map(str, levels(self.minzoom))),
            sums="".join(
                f", coalesce({made}, 0) AS {name}" for name, made in zip(numbers[3:], counted + added, strict=True)
            ),
            columns=", ".join(columns),
            totals=", ".join(f"sum({each})" for each in numbers),
            zeros=", ".join("0" for _ in numbers),
        )

    def _boxes(self, rows: str) -> str:
        each = table("each", column("sign"), column("geom", Geometry(srid=SRID)), *map(column, self.summed))
        values = (places.finite(each.c[name]).label(name) for name in self.summed)
        selected, _, _ = in_text(select(each.c.sign, places.box(each.c.geom).label("box"), *values)).rpartition(
            "FROM each"
        )
        return f"{selected} FROM {rows} each"

    def _places(self) -> str:
        boxes = table("boxes", *map(column, ("sign", "box", *self.summed)))
        x, y = places.place(boxes.c.box)
        return in_text(select(boxes.c.sign, x.label("x"), y.label("y"), *(boxes.c[name] for name in self.summed)))

    def statements(self) -> Iterator[TextClause]:
        """Make the function and the triggers, and count what is there."""
        yield plain(self.function)
        for event, on in EVENTS.items():
            head = on.format(table=self.table)
            yield plain(
                f"CREATE OR REPLACE TRIGGER {self.trigger(event)} {head} FOR EACH STATEMENT "
                f"EXECUTE FUNCTION count_{self.name}()"
            )
            # Also in sessions that load what others have checked (session_replication_role).
            yield plain(f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {self.trigger(event)}")
        yield from self.counted()

    def counted(self) -> Iterator[TextClause]:
        """Count all rows again, while nobody writes."""
        yield plain(f"LOCK TABLE {self.table} IN SHARE MODE")
        yield plain(f"TRUNCATE {self.name}")
        rows = f"(SELECT 1 AS sign, r.* FROM {self.table} r)"  # noqa: S608 - the name of our own table
        yield plain(self._filled(_FILL, rows))

    def trigger(self, event: str) -> str:
        """The name of one of the triggers."""
        return f"count_{self.name}_{event}"

    def dropped(self) -> Iterator[TextClause]:
        """Take the triggers and their function away."""
        for event in EVENTS:
            yield plain(f"DROP TRIGGER IF EXISTS {self.trigger(event)} ON {self.table}")
        yield plain(f"DROP FUNCTION IF EXISTS count_{self.name}()")
