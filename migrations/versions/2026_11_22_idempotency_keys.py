"""Idempotency keys, so that a request that is sent again is answered again and not done again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b3f0a6d97c15"
down_revision: str | Sequence[str] | None = "7c1d5f0a9b42"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of whose key it is and of the key."),
        sa.Column(
            "fingerprint",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of the operation, its variables and the scopes of whoever asked.",
        ),
        sa.Column("answer", sa.LargeBinary(), comment="Body of the answer; null only before its transaction commits."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
            comment="When the changes were made.",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")
