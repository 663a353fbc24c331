"""API keys, so that clients can show who they are."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "7c1d5f0a9b42"
down_revision: str | Sequence[str] | None = "8c1d5b7e20f4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False, comment="Public part of the key."),
        sa.Column("name", sa.Text(), nullable=False, comment="Whose key it is; written to logs and history."),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the whole key."),
        sa.Column(
            "scopes",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="What it allows: read, write, bulk, admin.",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
            comment="When it was made.",
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), comment="When it ends, if ever."),
        sa.Column("revoked_at", sa.DateTime(timezone=True), comment="When it was revoked."),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
    )


def downgrade() -> None:
    op.drop_table("api_keys")
