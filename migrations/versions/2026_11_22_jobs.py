"""Jobs, so that bulk loads can be watched, cancelled and gone on with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "4e9a1c6b08d7"
down_revision: str | Sequence[str] | None = "b3f0a6d97c15"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _when(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), comment=comment)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False, comment="Name of the job, which nobody can guess."),
        sa.Column("layer", sa.Text(), nullable=False, comment="Name of the layer that is loaded into."),
        sa.Column("principal", sa.Text(), nullable=False, comment="Who asked for it."),
        sa.Column("request_id", sa.Text(), comment="Id of the request that it came with."),
        sa.Column("format", sa.Text(), nullable=False, comment="Format of the body: geojson, geojsonl or fgb."),
        sa.Column("options", postgresql.JSONB(), nullable=False, comment="Options of the ingest, as they were given."),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="Size of the body, decoded."),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the body, decoded, in hexadecimal."),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, running, complete, failed or cancelled."),
        sa.Column("runner", sa.Integer(), comment="Number of the process that runs it, while it lives."),
        sa.Column(
            "stop",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="Whether it is to stop after its chunk.",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            server_default=sa.text("0"),
            comment="How often it was begun since its last chunk.",
        ),
        sa.Column("run_id", sa.BigInteger(), comment="Its ingest run, once that has begun."),
        sa.Column("total", sa.BigInteger(), comment="Features in the body, once they are counted."),
        sa.Column("error_code", sa.Text(), comment="Stable code of why it failed."),
        sa.Column("error_message", sa.Text(), comment="Why it failed, and how to mend it."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
            comment="When its body was there.",
        ),
        _when("started_at", "When it was first begun."),
        _when("finished_at", "When it came to its end."),
        sa.ForeignKeyConstraint(["run_id"], ["ingest_runs.id"], name="fk_jobs_run_id_ingest_runs", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_principal", "jobs", ["principal", "created_at"])


def downgrade() -> None:
    op.drop_table("jobs")
