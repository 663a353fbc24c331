"""Let an API key hold in several jurisdictions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "1f6c0a9be483"
down_revision: str | Sequence[str] | None = "e5b81d3f6a27"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "api_keys",
        sa.Column(
            "jurisdictions",
            postgresql.ARRAY(sa.Text()),
            comment="Codes of those that it holds in, * for all; null for the one whose table this is.",
        ),
    )


def downgrade() -> None:
    # Older versions would take a key of others for one of the schema that it is kept in.
    op.execute("DELETE FROM api_keys WHERE jurisdictions IS NOT NULL")
    op.drop_column("api_keys", "jurisdictions")
