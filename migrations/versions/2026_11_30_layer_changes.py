"""Note which transactions changed which layer, so that answers need not be made again while none did."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "92d7e0b4c5a1"
down_revision: str | Sequence[str] | None = "1f6c0a9be483"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FOLLOWED = sa.text("""
    SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname = 'tell_change' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1
""")
_TELL = """
    CREATE OR REPLACE FUNCTION gateway_tell_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
        changing bigint := pg_current_xact_id()::text::bigint;
    BEGIN
        PERFORM pg_notify('gateway_changes', TG_TABLE_NAME);
        INSERT INTO layer_changes (layer, xid) VALUES (TG_TABLE_NAME, changing);
        IF random() < 0.005 AND current_setting('transaction_isolation') = 'read committed'
                AND pg_try_advisory_xact_lock(hashtext('layer_changes'), TG_RELID::integer) THEN
            DELETE FROM layer_changes
            WHERE layer = TG_TABLE_NAME AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND xid < (
                SELECT n.xid FROM layer_changes n WHERE n.layer = TG_TABLE_NAME ORDER BY n.xid DESC OFFSET 4096 LIMIT 1
            );
        END IF;
        RETURN NULL;
    END $$
"""
_BEFORE = """
    CREATE OR REPLACE FUNCTION gateway_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('gateway_changes', TG_TABLE_NAME);
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "layer_changes",
        sa.Column("layer", sa.Text(), nullable=False, comment="Table of the layer."),
        sa.Column(
            "xid", sa.BigInteger(), nullable=False, comment="Number of the transaction that changed rows of it (xid8)."
        ),
        comment="Which transactions changed which layer, the last few thousand of each; triggers write it.",
    )
    op.create_index("ix_layer_changes_layer_xid", "layer_changes", ["layer", "xid"])
    op.execute(_TELL.replace(":", r"\:"))
    for table in op.get_bind().scalars(_FOLLOWED).all():
        note = sa.text(
            "INSERT INTO layer_changes (layer, xid) VALUES (:table, CAST(CAST(pg_current_xact_id() AS text) AS bigint))"
        )
        op.get_bind().execute(note, {"table": table})


def downgrade() -> None:
    op.execute(_BEFORE)
    op.drop_table("layer_changes")
