"""Statements that make, attach and detach partitions of a list; enters names and literals, all quoted, leaves SQL."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import ARRAY, Text, TextClause, bindparam, text

from gateway.sql.catalog import of_table

LITERALS: Final = (
    "SELECT format('%L', CAST(value AS {type})) FROM unnest(CAST(:values AS text[])) WITH ORDINALITY v(value, place) "
    "ORDER BY place"
)

CHECKS: Final = of_table(
    """
    SELECT quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
      FROM pg_constraint WHERE conrelid = CAST(:table AS oid) AND contype = 'c' ORDER BY conname
    """
)

MARK: Final = text(
    "INSERT INTO relation_marks (relation) SELECT name FROM unnest(CAST(:names AS text[])) AS name"
).bindparams(bindparam("names", type_=ARRAY(Text)))

VALID: Final = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)").bindparams(
    bindparam("name", type_=Text)
)

CONSTRAINED: Final = of_table(
    "SELECT conindid::regclass::text AS name FROM pg_constraint WHERE conrelid = CAST(:table AS oid) AND conindid <> 0"
)


def literals(kind: str) -> TextClause:
    """Texts `values` as literals of a type."""
    return text(LITERALS.format(type=kind)).bindparams(bindparam("values", type_=ARRAY(Text)))


def held(by: str, values: Sequence[str]) -> str:
    """The condition that a list of values is for PostgreSQL."""
    return f"{by} IS NOT NULL AND {by} IN ({', '.join(values)})"


def checked(table: str, name: str, condition: str) -> Iterator[str]:
    """Have a table hold a condition, with a scan that lets others read and write."""
    yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
    yield f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"
    yield f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"


def clash(whole: str, other: str, key: str) -> TextClause:
    """A key, or else an id, that both tables have."""
    return text(
        f"(SELECT '{key} ' || o.{key} AS what FROM {other} o JOIN {whole} w ON w.{key} = o.{key} LIMIT 1) UNION ALL "  # noqa: S608 - quoted
        f"(SELECT 'id ' || o.id FROM {other} o JOIN {whole} w ON w.id = o.id LIMIT 1) LIMIT 1"
    )


def beyond(other: str, sequence: str) -> TextClause:
    """The largest id of a table, where the sequence of the whole gives no such ids."""
    return text(
        f"SELECT max(o.id) FROM {other} o, pg_sequence s WHERE s.seqrelid = CAST(CAST(:name AS text) AS regclass) "  # noqa: S608 - quoted
        "AND o.id NOT BETWEEN s.seqmin AND s.seqmax"
    ).bindparams(name=sequence)


def go_on(other: str, sequence: str) -> str:
    """Have new ids be larger than those of a table."""
    return (
        f"SELECT setval('{sequence}', greatest((SELECT max(id) FROM {other}), last_value), is_called OR EXISTS "  # noqa: S608 - quoted
        f"(SELECT FROM {other})) FROM {sequence}"
    )


def move(default: str, made: str, columns: str, condition: str) -> str:
    """Bring rows of the default partition into one of their own."""
    gone = f"WITH gone AS (DELETE FROM {default} WHERE {condition} RETURNING {columns})"  # noqa: S608 - quoted
    return f"{gone} INSERT INTO {made} ({columns}) SELECT {columns} FROM gone"  # noqa: S608 - quoted
