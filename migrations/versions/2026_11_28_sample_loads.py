"""Know the rows of the sample county, so that neither a city's rows are taken for them nor they for a city's."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5a0c7e41d2b8"
down_revision: str | Sequence[str] | None = "d7204b9c5e13"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sample_loads",
        sa.Column("layer", sa.Text(), nullable=False, comment="Name of the layer."),
        sa.Column("first_id", sa.BigInteger(), nullable=False, comment="Id of the first row that was made."),
        sa.Column("last_id", sa.BigInteger(), nullable=False, comment="Id of the last row that was made."),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="created_at of each of the rows."),
        sa.PrimaryKeyConstraint("layer", name="pk_sample_loads"),
    )


def downgrade() -> None:
    op.drop_table("sample_loads")
