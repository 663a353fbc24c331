"""Let the triggers of kept relations make the pairs of one new row by themselves; all pairs stay as they are."""

from collections.abc import Sequence

from alembic import op

revision: str = "e3a94c17d260"
down_revision: str | Sequence[str] | None = "b5d20e7f9c34"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.keep_pairs("parcel_zoning_districts", source="parcels", target="zoning_districts", kind="overlap")
    op.keep_pairs("parcel_neighbors", source="parcels", target="parcels", kind="border")


def downgrade() -> None:
    """Leave the functions, which make the same pairs."""
