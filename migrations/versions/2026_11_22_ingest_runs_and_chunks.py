"""Ingest runs and chunks, so that an interrupted ingest can go on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "355d8ab8b908"
down_revision: str | Sequence[str] | None = "e22d8f5e5056"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "ingest_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="Number of the run."),
        sa.Column("layer", sa.Text(), nullable=False, comment="Name of the layer that is loaded into."),
        sa.Column("source", sa.Text(), nullable=False, comment="Name of the source, without its folder."),
        sa.Column(
            "identity", sa.Text(), nullable=False, comment="Digest of layer, content and options: equal runs may go on."
        ),
        sa.Column(
            "on_duplicate", sa.Text(), nullable=False, comment="What happens to a feature whose key is there already."
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="running, failed, complete or abandoned."),
        sa.Column("error", sa.Text(), nullable=True, comment="Why the run failed."),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the run began.",
        ),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the run was complete, failed or abandoned.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_runs")),
    )
    op.create_index("ix_ingest_runs_identity", "ingest_runs", ["identity"])
    op.create_table(
        "ingest_chunks",
        sa.Column("run_id", sa.BigInteger(), nullable=False, comment="Run of the chunk."),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="Place in the run, from 0."),
        sa.Column("first", sa.BigInteger(), nullable=False, comment="Index of the first feature in the source."),
        sa.Column("read", sa.Integer(), nullable=False, comment="Features read: the sum of the five below."),
        sa.Column("inserted", sa.Integer(), nullable=False, comment="New rows."),
        sa.Column("updated", sa.Integer(), nullable=False, comment="Rows that were there and changed."),
        sa.Column("repaired", sa.Integer(), nullable=False, comment="New or changed rows with a mended geometry."),
        sa.Column("skipped", sa.Integer(), nullable=False, comment="Features left out as the options ask."),
        sa.Column("rejected", sa.Integer(), nullable=False, comment="Features that can't be rows."),
        sa.Column("checksum", sa.Text(), nullable=False, comment="SHA-256 of the rows as they were sent."),
        sa.Column(
            "outcomes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Features that were not inserted as they were.",
        ),
        sa.Column(
            "notes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Remarks on many features, with their number.",
        ),
        sa.Column(
            "committed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the chunk was written.",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["ingest_runs.id"], name=op.f("fk_ingest_chunks_run_id_ingest_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_ingest_chunks")),
    )


def downgrade() -> None:
    op.drop_table("ingest_chunks")
    op.drop_index("ix_ingest_runs_identity", table_name="ingest_runs")
    op.drop_table("ingest_runs")
