"""Tell of changes also in sessions that replicate (session_replication_role), which fire no ordinary trigger."""

from collections.abc import Sequence

from alembic import op

revision: str = "c81f3d0b6a92"
down_revision: str | Sequence[str] | None = "5a0c7e41d2b8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("parcels", "zoning_districts")


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER tell_change")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER tell_change")
