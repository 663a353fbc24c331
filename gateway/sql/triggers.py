"""The triggers of a layer's table; enters the table, its history and their columns, leaves functions as SQL.

When a row changes, a trigger counts its version and stamps its time while the row is locked, so that times of one row
are in order however transactions overlap. Then the row as it was goes into the history, in the same transaction;
once a statement, from transition tables, since a trigger for each row would slow an ingest down. A version ceases to
be valid at the moment at which the next one becomes so: `changed_at` of the entry is `updated_at` of the row. A new row
may bring times of its own, as one that is restored does.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ReturnsRows, TextClause, text
from sqlalchemy.dialects import postgresql

KEEPING: Final = ("keep_deletes", "keep_inserts", "keep_truncates", "keep_updates", "stamp")

_STAMP = """
    CREATE OR REPLACE FUNCTION gateway_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.id <> OLD.id THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'The id of a row never changes.';
        END IF;
        NEW.version := OLD.version + 1;
        NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
        RETURN NEW;
    END $$
"""

# FULL JOIN, though every row has its partner: it is never a nested loop, which a plan made for one row would be, and
# keep for the ten thousand rows of the next statement.
_KEEP = """
    DECLARE
        who text := nullif(current_setting('gateway.principal', true), '');
        request text := nullif(current_setting('gateway.request_id', true), '');
        moment timestamptz := clock_timestamp();
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO {history} (id, version, operation, principal, request_id, changed_at)
            SELECT n.id, n.version - 1, 'CREATE', who, request, n.updated_at FROM new_rows n;
        ELSIF TG_OP = 'UPDATE' THEN
            INSERT INTO {history} ({columns}, operation, principal, request_id, changed_at)
            SELECT {old}, 'UPDATE', who, request, n.updated_at
            FROM old_rows o FULL JOIN new_rows n ON n.id = o.id;
        ELSIF TG_OP = 'DELETE' THEN
            INSERT INTO {history} ({columns}, operation, principal, request_id, changed_at)
            SELECT {old}, 'DELETE', who, request, greatest(moment, o.updated_at + interval '1 microsecond')
            FROM old_rows o;
        ELSE
            INSERT INTO {history} ({columns}, operation, principal, request_id, changed_at)
            SELECT {old}, 'DELETE', who, request, greatest(moment, o.updated_at + interval '1 microsecond')
            FROM {table} o;
        END IF;
        RETURN NULL;
    END """

# Of statements, with what they changed.
EVENTS: Final[Mapping[str, str]] = {
    "inserts": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows",
    "updates": "AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "deletes": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows",
    "truncates": "AFTER TRUNCATE ON {table}",
}
_EVENTS: Final = {f"keep_{name}": on for name, on in EVENTS.items()} | {"keep_truncates": "BEFORE TRUNCATE ON {table}"}

KEPT = text("""
    SELECT t.tgrelid::regclass::text AS layer, h.oid::regclass::text AS history, p.prosrc AS body,
           ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a JOIN pg_attribute b USING (attname)
                 WHERE a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
                   AND b.attrelid = h.oid AND b.attnum > 0 AND NOT b.attisdropped ORDER BY a.attnum) AS columns
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_class h ON h.relname = substr(p.proname, length('keep_') + 1) AND h.relnamespace = p.pronamespace
    WHERE t.tgname = 'keep_updates' AND NOT t.tgisinternal AND p.proname LIKE 'keep\\_%'
      AND (p.pronamespace = current_schema()::regnamespace OR NOT EXISTS (  -- which has migrations of its own
          SELECT FROM pg_class a WHERE a.relname = 'alembic_version' AND a.relnamespace = p.pronamespace))
    ORDER BY 1
""")
"""Of each table whose rows are kept: its history, the function's body, and the columns that both tables have."""


def body(table: str, history: str, columns: Sequence[str]) -> str:
    """What the function that keeps the rows of `table` is made of; names are quoted where they need it."""
    old = ", ".join(f"o.{name}" for name in columns)
    return _KEEP.format(table=table, history=history, columns=", ".join(columns), old=old)


def function(table: str, history: str, columns: Sequence[str]) -> TextClause:
    """Make the function that keeps the rows of `table`, or make it again."""
    head = f"CREATE OR REPLACE FUNCTION {keeper(history)}() RETURNS trigger LANGUAGE plpgsql AS $$"
    return plain(f"{head}{body(table, history, columns)}$$")


def keeper(history: str) -> str:
    """The name of that function: `city.parcel_history` -> `city.keep_parcel_history`."""
    schema, dot, name = history.rpartition(".")
    quote = '"' if name.startswith('"') else ""
    return f"{schema}{dot}{quote}keep_{name.strip(quote)}{quote}" if quote else f"{schema}{dot}keep_{name}"


def keep(table: str, history: str, columns: Sequence[str]) -> Iterator[TextClause]:
    """Make the triggers that stamp the rows of `table` and keep them, with their functions."""
    yield plain(_STAMP)
    yield function(table, history, columns)
    yield plain(
        f"CREATE OR REPLACE TRIGGER stamp BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION gateway_stamp()"
    )
    for name, event in _EVENTS.items():
        on = event.format(table=table)
        yield plain(f"CREATE OR REPLACE TRIGGER {name} {on} FOR EACH STATEMENT EXECUTE FUNCTION {keeper(history)}()")


def lost(source: str, columns: Iterable[str]) -> Sequence[str]:
    """Those of `columns` that a function with this body does not keep."""
    kept = set(re.findall(r'\bo\.(\w+|"(?:[^"]|"")+")', source))
    return [name for name in columns if name not in kept]


def in_text(statement: ReturnsRows) -> str:
    """A statement with its values, to stand in a function."""
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).replace("%%", "%")


def plain(statement: str) -> TextClause:
    """A statement whose colons name no parameters."""
    return text(statement.replace(":", r"\:"))
