"""Tell of changes of parcels and zoning districts, so that tiles of them need not be made anew while there is none."""

from collections.abc import Sequence

from migrations.changes import forget_telling, tell_changes

revision: str = "8c1d5b7e20f4"
down_revision: str | Sequence[str] | None = "355d8ab8b908"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    tell_changes("parcels")
    tell_changes("zoning_districts")


def downgrade() -> None:
    forget_telling("zoning_districts", "parcels")
