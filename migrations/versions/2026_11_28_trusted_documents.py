"""Keep the documents that clients may send where no others are taken."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "9d4b71e3a5c8"
down_revision: str | Sequence[str] | None = "e2a94f6c17d0"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "trusted_documents",
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the text, in hexadecimal."),
        sa.Column("name", sa.Text(), nullable=False, comment="Name of its operation."),
        sa.Column("document", sa.Text(), nullable=False, comment="The text, as clients hash it."),
        sa.Column(
            "ids", postgresql.ARRAY(sa.Text()), nullable=False, comment="What a manifest calls it besides its hash."
        ),
        sa.Column("cost", sa.Integer(), nullable=False, comment="Its estimated cost when it was trusted."),
        sa.Column(
            "trusted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was trusted.",
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_trusted_documents"),
    )


def downgrade() -> None:
    op.drop_table("trusted_documents")
