"""Keep the rows of parcels and zoning districts before each change."""

from collections.abc import Sequence

from alembic import op

from migrations.history import forget_history, keep_history

revision: str = "b3f29c6d8e10"
down_revision: str | Sequence[str] | None = "4e9a1c6b08d7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    keep_history("parcels", "parcel_history")
    keep_history("zoning_districts", "zoning_district_history")


def downgrade() -> None:
    forget_history("zoning_districts", "zoning_district_history")
    forget_history("parcels", "parcel_history")
    op.execute("DROP FUNCTION gateway_stamp()")
