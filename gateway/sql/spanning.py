"""Views by which all jurisdictions are read as one; enters schemas and what their tables have, leaves statements.

Each is `SELECT ... FROM a.parcels UNION ALL SELECT ... FROM b.parcels`, without conditions: PostgreSQL reads that as
one table in parts, so that each part is read by its own indexes, and what is in order in each is merged (ADR 46).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from sqlalchemy import Table, TextClause, bindparam, text

from gateway.db.rows import AnyRow
from gateway.models import Base, Feature, Tracked
from gateway.models.jurisdiction import SPAN, found_in
from gateway.models.overview import overview_of

THERE: Final = text(f"SELECT to_regclass('{SPAN}.alembic_version') IS NOT NULL")

MADE: Final = text(f"SELECT obj_description(to_regnamespace('{SPAN}'), 'pg_namespace')")
"""The digest of what was made; an empty text where it was taken away, null where there is no schema."""

ALONE: Final = text(f"SELECT pg_advisory_xact_lock(hashtext('{SPAN}'))")
"""Waits until no other transaction makes the views: it would read a list of jurisdictions that is not that of both."""

APPLIED: Final = text(f"SELECT version_num FROM {SPAN}.alembic_version")  # noqa: S608 - names of our own
"""The migrations of all, as far as it is made."""

OWN_PATH: Final = text(
    "SELECT set_config('search_path', (SELECT reset_val FROM pg_settings WHERE name = 'search_path'), true)"
)
"""The path of the URL, until the transaction ends."""

OWN_SCHEMA: Final = text("SELECT current_schema()")

VIEWS: Final = text(f"""
    SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = '{SPAN}' AND c.relkind = 'v' ORDER BY 1
""")  # noqa: S608 - names of our own

COLUMNS: Final = text("""
    SELECT n.nspname AS schema, c.relname AS table, a.attname AS name,
           format_type(a.atttypid, a.atttypmod) AS type, a.attcollation::bigint AS collation
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (:schemas) AND c.relname = ANY (:tables) AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
""").bindparams(bindparam("schemas"), bindparam("tables"))

OVERVIEWS: Final = text(f"""
    WITH part AS (
        SELECT DISTINCT t.relnamespace AS schema FROM pg_rewrite r
        JOIN pg_class v ON v.oid = r.ev_class AND v.relnamespace = to_regnamespace('{SPAN}')
        JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        WHERE t.relnamespace <> v.relnamespace
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

_TEXT: Final = "text"
# Read in all of them: a name that one of them hides is hidden in all.
_TOGETHER: Final = ("private_members",)
# What is of the schema of the URL alone.
_OWN: Final = ("trusted_documents",)


Kind = tuple[str, int]  # the type of a column, and its collation


@dataclass(frozen=True, slots=True)
class Spanned:
    """A table of layers: which of its columns searches look in."""

    name: str
    searched: tuple[str, ...] = ()


def spanned() -> Sequence[Spanned]:
    """The tables that hold rows of layers: theirs, those of their history, and overviews."""
    found: list[Spanned] = []
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Feature) or not model.__layer__.managed or model.__table__.schema:
            continue
        layer, name = model.__layer__, str(model.__tablename__)
        found.append(Spanned(name, tuple(mapper.columns[each].name for each in layer.searchable)))
        found += [Spanned(model.history.name)] if issubclass(model, Tracked) else []
        found += [Spanned(each)] if (each := overview_of(name, layer)) else []
    return found


def tables() -> Sequence[str]:
    """All tables that there may be a view of."""
    return sorted({each.name for each in spanned()} | {table.name for table in _tables()})


def _tables() -> Iterator[Table]:
    return (table for table in Base.metadata.tables.values() if not table.schema)


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


def made(columns: Columns) -> Sequence[str]:
    """The statements that make all views; the first of the schemas is that of the URL.

    A view of a table that is not read in all of them at once has no rows: it hides that of the schema of the URL, whose
    API keys hold nowhere else, and takes none.
    """
    views = [_union(columns, each) for each in spanned() if columns.common(each.name)]
    named = {each.name for each in spanned()}
    for name in sorted(table.name for table in _tables() if table.name not in named):
        if name in _TOGETHER:
            views.append(_union(columns, Spanned(name)))
        elif name in _OWN:
            own = f"{_quoted(columns.schemas[0])}.{_quoted(name)}"
            views.append(f"{_create(name)} SELECT * FROM {own} OFFSET 0")  # noqa: S608 - names of our own
        elif kept := columns.found.get((columns.schemas[0], name)):
            nothing = ", ".join(f"NULL::{kind} AS {_quoted(each)}" for each, (kind, _) in kept.items())
            views.append(f"{_create(name)} SELECT {nothing} LIMIT 0")
    return [*views, _migrations(columns.schemas)]


def taken_away(names: Iterable[str]) -> Sequence[str]:
    """The statements that drop the views, and leave some that nothing can be read from: not those of another schema."""
    stubs = (f"{_create(name)} SELECT" for name in tables())
    return [*dropped(names), *stubs, f"{_create('alembic_version')} SELECT ''::text AS version_num", comment("")]


def create() -> TextClause:
    """Make the schema."""
    return text(f"CREATE SCHEMA IF NOT EXISTS {SPAN}")


def drop() -> TextClause:
    """Drop it with all views."""
    return text(f"DROP SCHEMA IF EXISTS {SPAN} CASCADE")


def dropped(names: Iterable[str]) -> Sequence[str]:
    """The statements that drop views."""
    return [f"DROP VIEW {SPAN}.{_quoted(name)}" for name in names]


def comment(digest: str) -> str:
    """Note what was made."""
    return f"COMMENT ON SCHEMA {SPAN} IS '{digest}'"


def digest(statements: Sequence[str]) -> str:
    """What tells these views from others."""
    return blake2b("\n".join(statements).encode(), digest_size=16).hexdigest()


def _union(columns: Columns, table: Spanned) -> str:
    common = columns.common(table.name)
    arms = (_arm(schema, table, common) for schema in columns.schemas)
    return f"{_create(table.name)} {' UNION ALL '.join(arms)}"


def _arm(schema: str, table: Spanned, common: Mapping[str, Kind]) -> str:
    """The rows of one schema: its indexes of searches are of its own function, so that is called here."""
    selected = [_quoted(name) for name in common]
    for name in (each for each in table.searched if each in common):
        value = _quoted(name) if common[name][0] == _TEXT else f"{_quoted(name)}::text"
        selected.append(f"{_quoted(schema)}.gateway_search({value}) AS {_quoted(found_in(name))}")
    return f"SELECT {', '.join(selected)} FROM {_quoted(schema)}.{_quoted(table.name)}"  # noqa: S608 - names of our own


def _migrations(schemas: Sequence[str]) -> str:
    arms = (f"SELECT version_num FROM {_quoted(schema)}.alembic_version" for schema in schemas)  # noqa: S608 - names of our own
    return f"{_create('alembic_version')} {' UNION '.join(arms)}"


def _create(name: str) -> str:
    return f"CREATE VIEW {SPAN}.{_quoted(name)} AS"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
