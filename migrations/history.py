"""The history of a layer, for migrations: its table in partitions by month, and the triggers that write it.

`gateway.sql.triggers` says what those do.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

from gateway.sql import triggers
from migrations.changes import tell_changes

_AHEAD = 3  # months that a new history has partitions for; `manage.py partitions` makes those after

_COLUMNS = """
    SELECT quote_ident(attname) AS name, format_type(atttypid, atttypmod) AS type,
           quote_literal(col_description(attrelid, attnum)) AS comment
    FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""

_KEYS = """
    SELECT attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE conrelid = CAST(:table AS regclass) AND contype = 'u' AND cardinality(conkey) = 1
"""

_ENTRY = {
    "operation": ("text NOT NULL", "What was done: CREATE, UPDATE or DELETE."),
    "principal": ("text", "Who did it, where that is known."),
    "request_id": ("text", "Id of the request that did it, where it came by one."),
    "changed_at": ("timestamptz NOT NULL", "When: until then the row was so."),
}


def follow_changes(table: str, history: str) -> None:
    """Make a new layer's `table` tell of its changes and keep the rows before them."""
    tell_changes(table)
    keep_history(table, history)


def keep_history(table: str, history: str) -> None:
    """Make the table `history`, which begins now, and the triggers of `table` that write it."""
    columns = _columns(table)
    op.execute(f"ALTER TABLE {table} ALTER COLUMN updated_at SET DEFAULT clock_timestamp()")
    _create(table, history, columns)
    _index(table, history)
    op.execute(f"CREATE TABLE {history}_default PARTITION OF {history} DEFAULT")
    for low, high in _months(datetime.now(UTC)):
        bounds = f"FOR VALUES FROM ('{low.isoformat()}') TO ('{high.isoformat()}')"
        op.execute(f"CREATE TABLE {history}_{low:%Y_%m} PARTITION OF {history} {bounds}")
    write_history(table, history)


def write_history(table: str, history: str) -> None:
    """Make the triggers, or make them anew."""
    for statement in triggers.keep(table, history, [column.name for column in _columns(table)]):
        op.execute(statement)


def renew(connection: sa.Connection) -> None:
    """Have the triggers keep every column that a table and its history have, as they are after a migration.

    `migrations/env.py` calls it after each one, so that none can forget it.
    """
    for row in connection.execute(triggers.KEPT).all():
        if row.body != triggers.body(row.layer, row.history, row.columns):
            connection.execute(triggers.function(row.layer, row.history, row.columns))


def forget_history(table: str, history: str) -> None:
    """Take the triggers from `table`, and the history with all that it keeps."""
    for name in triggers.KEEPING:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute(f"ALTER TABLE {table} ALTER COLUMN updated_at SET DEFAULT now()")
    op.execute(f"DROP FUNCTION keep_{history}()")
    op.execute(f"DROP TABLE {history}")


def _columns(table: str) -> Sequence[sa.Row[tuple[str, str, str | None]]]:
    return op.get_bind().execute(sa.text(_COLUMNS), {"table": table}).all()


def _create(table: str, history: str, columns: Sequence[sa.Row[tuple[str, str, str | None]]]) -> None:
    kept = [f"{c.name} {c.type}{' NOT NULL' if c.name in {'id', 'version'} else ''}" for c in columns]
    entry = [f"{name} {kind}" for name, (kind, _) in _ENTRY.items()]
    check = f"CONSTRAINT ck_{history}_operation CHECK (operation IN ('CREATE', 'UPDATE', 'DELETE'))"
    op.execute(f"CREATE TABLE {history} ({', '.join([*kept, *entry, check])}) PARTITION BY RANGE (changed_at)")
    op.execute(f"COMMENT ON TABLE {history} IS 'Rows of {table} before each change.'")
    comments = {c.name: c.comment for c in columns if c.comment} | {n: f"'{text}'" for n, (_, text) in _ENTRY.items()}
    for name, comment in comments.items():
        op.execute(sa.text(f"COMMENT ON COLUMN {history}.{name} IS {comment}".replace(":", r"\:")))


def _index(table: str, history: str) -> None:
    """By id for the history of a row; by unique column and by place for reads as of a moment, without CREATE."""
    there = sa.text("geom IS NOT NULL")
    keys = op.get_bind().scalars(sa.text(_KEYS), {"table": table}).all()
    op.create_index(f"ix_{history}_id", history, ["id", "changed_at"])
    for key in keys:
        op.create_index(f"ix_{history}_{key}", history, [key, "changed_at"], postgresql_where=there)
    for name, expression in (("geom", "geom"), ("geog", "(geom::geography)")):
        columns = [sa.text(expression)] if name == "geog" else [expression]
        op.create_index(f"ix_{history}_{name}", history, columns, postgresql_using="gist", postgresql_where=there)


def _months(now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """From now to the end of the month, and the months ahead."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    starts = [first]
    for _ in range(_AHEAD + 1):
        last = starts[-1]
        starts.append(last.replace(year=last.year + last.month // 12, month=last.month % 12 + 1))
    return [(now, starts[1]), *pairwise(starts[1:])]
