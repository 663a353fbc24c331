"""Owners of jobs: who bears a name is told apart by the credential. Jobs from before are for the scope admin alone."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d7204b9c5e13"
down_revision: str | Sequence[str] | None = "b3f29c6d8e10"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("owner", sa.Text(), comment="Whose it is: the key or the subject of the token."))
    op.drop_index("ix_jobs_principal", "jobs")
    op.create_index("ix_jobs_owner", "jobs", ["owner", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_jobs_owner", "jobs")
    op.create_index("ix_jobs_principal", "jobs", ["principal", "created_at"])
    op.drop_column("jobs", "owner")
