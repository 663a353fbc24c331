"""Keep the rows of parcels and zoning districts before each change."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b3f29c6d8e10"
down_revision: str | Sequence[str] | None = "4e9a1c6b08d7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_HISTORIES = {"parcels": "parcel_history", "zoning_districts": "zoning_district_history"}

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


def upgrade() -> None:
    for table, history in _HISTORIES.items():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN updated_at SET DEFAULT clock_timestamp()")
        _create(table, history, _columns(table))
        _index(table, history)
        op.follow_changes(table, history=history)


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


def downgrade() -> None:
    for table, history in _HISTORIES.items():
        for name in ("keep_deletes", "keep_inserts", "keep_truncates", "keep_updates", "stamp"):
            op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN updated_at SET DEFAULT now()")
        op.execute(f"DROP FUNCTION keep_{history}()")
        op.execute(f"DROP TABLE {history}")
    op.execute("DROP FUNCTION gateway_stamp()")
