"""Analyses as jobs, and what came of them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision: str = "a7e3915cd204"
down_revision: str | Sequence[str] | None = "6d2f90b7a1c4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _when(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), comment=comment)


def upgrade() -> None:
    _add_jobs()
    op.create_table(
        "analysis_results",
        sa.Column("job", sa.Text(), nullable=False, comment="Its job."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Its place in the result, from 1."),
        sa.Column("properties", postgresql.JSONB(), nullable=False, comment="What is told of it."),
        sa.Column("size", sa.Float(), nullable=False, comment="Degrees across its box: the largest are drawn first."),
        sa.Column(
            "geom",
            Geometry("GEOMETRY", srid=4326, spatial_index=False),
            comment="Its shape; NULL of rows in no cluster.",
        ),
        sa.ForeignKeyConstraint(
            ["job"], ["analysis_jobs.id"], name="fk_analysis_results_job_analysis_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job", "number", name="pk_analysis_results"),
    )
    op.create_index("ix_analysis_results_geom", "analysis_results", ["geom"], postgresql_using="gist")
    op.create_index("ix_analysis_results_size", "analysis_results", ["job", "size"])


def _add_jobs() -> None:
    op.create_table(
        "analysis_jobs",
        sa.Column("id", sa.Text(), nullable=False, comment="Name of the job, which nobody can guess."),
        sa.Column("layer", sa.Text(), nullable=False, comment="Name of the layer whose rows are analysed."),
        sa.Column("method", sa.Text(), nullable=False, comment="Name of the method, as in GraphQL."),
        sa.Column("asked", sa.Text(), nullable=False, comment="Filter, moment and arguments of the method, as JSON."),
        sa.Column("principal", sa.Text(), nullable=False, comment="Who asked for it."),
        sa.Column("identity", sa.Text(), comment="The credential that asked, where it has a name."),
        sa.Column("owner", sa.Text(), nullable=False, comment="Whose it is: the key or the subject of the token."),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False, comment="What the credential granted then."),
        sa.Column("request_id", sa.Text(), comment="Id of the request that it came with."),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            server_default=sa.text("'waiting'"),
            comment="waiting, running, complete, failed or cancelled.",
        ),
        sa.Column("phase", sa.Text(), comment="counting, analysing or writing, while it runs."),
        sa.Column("runner", sa.Integer(), comment="Number of the process that runs it, while it lives."),
        sa.Column(
            "attempts", sa.Integer(), nullable=False, server_default=sa.text("0"), comment="How often it was begun."
        ),
        sa.Column("rows", sa.BigInteger(), comment="Rows that are analysed, once they are counted."),
        sa.Column("vertices", sa.BigInteger(), comment="Their vertices."),
        sa.Column("seconds", sa.Float(), comment="How long it was thought to take."),
        sa.Column(
            "written",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("0"),
            comment="Features of its result so far.",
        ),
        sa.Column("error_code", sa.Text(), comment="Stable code of why it failed."),
        sa.Column("error_message", sa.Text(), comment="Why it failed, and how to mend it."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
            comment="When it was asked for.",
        ),
        _when("started_at", "When it was first begun."),
        _when("finished_at", "When it came to its end."),
        _when("expires_at", "When it is deleted, with its result."),
        sa.PrimaryKeyConstraint("id", name="pk_analysis_jobs"),
    )
    op.create_index("ix_analysis_jobs_owner", "analysis_jobs", ["owner", "created_at"])
    open_ones = sa.text("finished_at IS NULL")
    op.create_index("ix_analysis_jobs_open", "analysis_jobs", ["created_at"], postgresql_where=open_ones)
    op.create_index("ix_analysis_jobs_expires_at", "analysis_jobs", ["expires_at"])


def downgrade() -> None:
    op.drop_table("analysis_results")
    op.drop_table("analysis_jobs")
