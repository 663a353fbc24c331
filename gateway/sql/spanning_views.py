"""Views by which jurisdictions are read as one; enters what their tables have, leaves statements that make the views.

Those of SPAN are `SELECT ... FROM a.parcels UNION ALL SELECT ... FROM b.parcels`, without conditions: PostgreSQL reads
that as one table in parts, so that each part is read by its own indexes, and what is in order in each is merged (ADR
46). Those of SOME read the parts that the search_path names, by a condition on a constant of each part: PostgreSQL
leaves the others out when it plans (ADR 47).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from sqlalchemy import Table, TextClause, text

from gateway.db.paths import marked
from gateway.db.rows import AnyRow
from gateway.models import Base, Feature, Tracked
from gateway.models.jurisdiction import PART, SOME, SPAN, found_in
from gateway.models.overview import overview_of
from gateway.sql.spanning import Columns, Kind

_MARK: Final = "gateway_mark"
_TEXT: Final = "text"
# A name of a private member that one of them hides is hidden in all.
_TOGETHER: Final = ("private_members",)
# What is of the schema of the URL alone.
_OWN: Final = ("trusted_documents",)
_LIST: Final = "jurisdictions"  # of which the path's are seen
_KEYS: Final = "api_keys"
# Evaluated when a statement is planned, as PostgreSQL does with what is immutable: a plan has nothing of the parts that
# it says no to, neither work nor an estimate. `gateway.db.paths` has statements planned again for another path.
_SEES: Final = f"""
    CREATE OR REPLACE FUNCTION {SOME}.sees(mark text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ BEGIN RETURN strpos(current_setting('search_path'), mark) > 0; END $$
"""
# And again whenever a plan runs: one that was made for another path would show too little, and never too much.
_CHOSEN: Final = f"{SOME}.sees({_MARK}) AND strpos(current_setting('search_path'), {_MARK}) > 0"


@dataclass(frozen=True, slots=True)
class Spanned:
    """A table of layers: which of its columns searches look in."""

    name: str
    searched: tuple[str, ...] = ()


def spanned() -> Sequence[Spanned]:
    """The tables that hold rows of layers: theirs, those of their history, and overviews."""
    found: list[Spanned] = []
    there = frozenset(_tables())
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not issubclass(model, Feature) or not model.__layer__.managed or model.__table__ not in there:
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


def made(columns: Columns) -> Sequence[str]:
    """The statements that make all views; the first of the schemas is that of the URL.

    A view of a table that is not read in all of them at once has no rows: it hides that of the schema of the URL, and
    takes none.
    """
    together = [each for each in (*spanned(), *map(Spanned, _TOGETHER)) if columns.common(each.name)]
    alone = [*_alone(columns, {each.name for each in together}), _migrations(columns.schemas)]
    return [
        *(_create(SPAN, each.name, _union(columns, each)) for each in together),
        _SEES,
        *(_create(SOME, each.name, _chosen(columns, each)) for each in together),
        *(_create(schema, name, select) for schema in (SPAN, SOME) for name, select in alone),
        *_list(columns.schemas[0]),
        *_keys(columns),
    ]


def stubs(schema: str) -> Sequence[str]:
    """The statements that make views that nothing can be read from: they hide the tables of another schema."""
    names = (_create(schema, name, "SELECT") for name in tables())
    return [*names, _create(schema, "alembic_version", "SELECT ''::text AS version_num")]


def create() -> Sequence[str]:
    """The statements that make the schemas."""
    return [f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in (SPAN, SOME)]


def drop() -> TextClause:
    """Drop the schema of all with its views."""
    return text(f"DROP SCHEMA IF EXISTS {SPAN} CASCADE")


def dropped(views: Iterable[AnyRow]) -> Sequence[str]:
    """The statements that drop views, of rows of VIEWS."""
    return [f"DROP VIEW {view.schema}.{_quoted(view.name)}" for view in views]


def comment(digest: str) -> str:
    """Note what was made."""
    return f"COMMENT ON SCHEMA {SPAN} IS '{digest}'"


def digest(statements: Sequence[str]) -> str:
    """What tells these views from others."""
    return blake2b("\n".join(statements).encode(), digest_size=16).hexdigest()


def _union(columns: Columns, table: Spanned) -> str:
    common = columns.common(table.name)
    return " UNION ALL ".join(_arm(schema, table, _values(schema, table, common)) for schema in columns.schemas)


def _chosen(columns: Columns, table: Spanned) -> str:
    """The parts that the path names."""
    common = columns.common(table.name)
    values = {schema: _values(schema, table, common) | {_MARK: _mark(schema)} for schema in columns.schemas}
    arms = (_arm(schema, table, each) for schema, each in values.items())
    names = ", ".join(map(_quoted, _values(columns.schemas[0], table, common)))
    return f"SELECT {names} FROM ({' UNION ALL '.join(arms)}) AS every WHERE {_CHOSEN}"  # noqa: S608 - names of our own


def _values(schema: str, table: Spanned, common: Mapping[str, Kind]) -> dict[str, str]:
    """What the columns of a view are of one schema, whose indexes of searches are of a function of its own."""
    values = {name: _quoted(name) for name in common}
    for name in (each for each in table.searched if each in common):
        value = _quoted(name) if common[name][0] == _TEXT else f"{_quoted(name)}::text"
        values[found_in(name)] = f"{_quoted(schema)}.gateway_search({value})"
    return values


def _arm(schema: str, table: Spanned, values: Mapping[str, str]) -> str:
    selected = ", ".join(f"{value} AS {_quoted(name)}" for name, value in values.items())
    return f"SELECT {selected} FROM {_quoted(schema)}.{_quoted(table.name)}"  # noqa: S608 - names of our own


def _alone(columns: Columns, named: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The tables that are not read together."""
    for name in sorted({table.name for table in _tables()} - {*named, _LIST, _KEYS}):
        if name in _OWN:
            own = f"{_quoted(columns.schemas[0])}.{_quoted(name)}"
            yield name, f"SELECT * FROM {own} OFFSET 0"  # noqa: S608 - names of our own
        elif kept := columns.found.get((columns.schemas[0], name)):
            nothing = ", ".join(f"NULL::{kind} AS {_quoted(each)}" for each, (kind, _) in kept.items())
            yield name, f"SELECT {nothing} LIMIT 0"


def _list(own: str) -> Iterator[str]:
    every = f"SELECT * FROM {_quoted(own)}.{_LIST}"  # noqa: S608 - names of our own
    yield _create(SPAN, _LIST, f"{every} OFFSET 0")
    yield _create(SOME, _LIST, f"{every} WHERE strpos(current_setting('search_path'), '~' || code || '~') > 0 OFFSET 0")


def _keys(columns: Columns) -> Iterator[str]:
    """Keys are of one jurisdiction each, whose rows they show here; those of the schema of the URL are found there."""
    table, common, others = Spanned(_KEYS), columns.common(_KEYS), columns.schemas[1:]
    told = {schema: {PART: _literal(schema), _MARK: _mark(schema)} for schema in others}
    arms = (_arm(schema, table, _values(schema, table, common) | each) for schema, each in told.items())
    names = ", ".join((*map(_quoted, common), PART))
    every = f"SELECT {names} FROM ({' UNION ALL '.join(arms)}) AS every"  # noqa: S608 - names of our own
    yield _create(SPAN, _KEYS, every)
    yield _create(SOME, _KEYS, f"{every} WHERE {_CHOSEN}")


def _migrations(schemas: Sequence[str]) -> tuple[str, str]:
    arms = (f"SELECT version_num FROM {_quoted(schema)}.alembic_version" for schema in schemas)  # noqa: S608 - names of our own
    return "alembic_version", " UNION ".join(arms)


def _create(schema: str, name: str, select: str) -> str:
    return f"CREATE VIEW {schema}.{_quoted(name)} AS {select}"


def _mark(schema: str) -> str:
    return _literal(marked([schema]))


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'::text"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
