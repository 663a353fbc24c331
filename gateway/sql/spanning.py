"""Statements about the views by which jurisdictions are read as one; leaves what there is, and what each part has.

What makes the views is `gateway.sql.spanning_views`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, text

from gateway.db import migrations
from gateway.db.rows import AnyRow
from gateway.models.jurisdiction import SOME, SPAN

THERE: Final = text(f"""
    SELECT to_regclass('{SPAN}.alembic_version') IS NOT NULL AND to_regclass('{SOME}.alembic_version') IS NOT NULL
""")

MADE: Final = text(f"SELECT obj_description(to_regnamespace('{SPAN}'), 'pg_namespace')")
"""The digest of what was made; an empty text where it was taken away, null where there is no schema."""

ALONE: Final = migrations.waiting(f"hashtext('{SPAN}')")
"""Waits until no other transaction makes the views: it would read a list of jurisdictions that is not that of both."""

APPLIED: Final = text(f"SELECT version_num FROM {SPAN}.alembic_version")  # noqa: S608 - names of our own
"""The migrations of all, as far as it is made."""

OWN_PATH: Final = text(
    "SELECT set_config('search_path', (SELECT reset_val FROM pg_settings WHERE name = 'search_path'), true)"
)
"""The path of the URL, until the transaction ends."""

OWN_SCHEMA: Final = text("SELECT current_schema()")

VIEWS: Final = text(f"""
    SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('{SPAN}', '{SOME}') AND c.relkind = 'v' ORDER BY 1, 2
""")  # noqa: S608 - names of our own

COLUMNS: Final = text("""
    SELECT n.nspname AS schema, c.relname AS table, a.attname AS name,
           format_type(a.atttypid, a.atttypmod) AS type, a.attcollation::bigint AS collation
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (:schemas) AND c.relname = ANY (:tables) AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
""").bindparams(bindparam("schemas"), bindparam("tables"))


def within_path(namespace: str) -> str:
    """A condition of SQL: whether the oid of a schema is that of a part that the path's views read."""
    named = f"SELECT FROM pg_namespace part WHERE part.oid = {namespace}"
    marked = "strpos(current_setting('search_path'), '~' || part.nspname || '~') > 0"
    return f"(current_schema() <> '{SOME}' OR EXISTS ({named} AND {marked}))"


OVERVIEWS: Final = text(f"""
    WITH part AS (
        SELECT DISTINCT t.relnamespace AS schema FROM pg_rewrite r
        JOIN pg_class v ON v.oid = r.ev_class AND v.relnamespace = to_regnamespace('{SPAN}')
        JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        WHERE t.relnamespace <> v.relnamespace AND {within_path("t.relnamespace")}
    )
    SELECT overview FROM (
        SELECT substr(p.proname, length('count_') + 1) AS overview, p.pronamespace
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN part ON part.schema = p.pronamespace
        WHERE p.proname LIKE 'count\\_%\\_overview' AND NOT t.tgisinternal
          AND NOT EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = t.tgrelid)
        GROUP BY 1, 2 HAVING bool_and(t.tgenabled = 'A') AND count(*) = 4
    ) AS kept GROUP BY overview HAVING count(*) = (SELECT count(*) FROM part)
""")  # noqa: S608 - names of our own
"""As `gateway.sql.counting.CURRENT`: those that may be read of each of the schemas."""

Kind = tuple[str, int]  # the type of a column, and its collation


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of tables by schema, as the catalogue has them."""

    schemas: Sequence[str]
    found: Mapping[tuple[str, str], Mapping[str, Kind]]  # by schema and table: types by column, in order

    @classmethod
    def of(cls, schemas: Sequence[str], rows: Iterable[AnyRow]) -> "Columns":
        """Those of rows of COLUMNS; the first schema gives the order."""
        found: dict[tuple[str, str], dict[str, Kind]] = defaultdict(dict)
        for row in rows:
            found[row.schema, row.table][row.name] = row.type, row.collation
        return cls(schemas, found)

    def common(self, table: str) -> Mapping[str, Kind]:
        """The columns that a table has in all schemas, of the same type; none where one lacks the table."""
        first, *others = (self.found.get((schema, table), {}) for schema in self.schemas)
        return {name: kind for name, kind in first.items() if all(each.get(name) == kind for each in others)}
