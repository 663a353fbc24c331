"""Let the triggers of kept relations do less for a new row, and drop neighbors that share no border.

Those of before took a parcel within another one for its neighbor. All other pairs stay as they are.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "b5d20e7f9c34"
down_revision: str | Sequence[str] | None = "92d7e0b4c5a1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.keep_pairs("parcel_zoning_districts", source="parcels", target="zoning_districts", kind="overlap")
    op.keep_pairs("parcel_neighbors", source="parcels", target="parcels", kind="border")
    op.execute("DELETE FROM parcel_neighbors WHERE shared = 0")


def downgrade() -> None:
    """Leave the functions, which make the pairs that are read."""
