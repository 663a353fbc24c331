"""Tell of changes of parcels and zoning districts, so that tiles of them need not be made anew while there is none."""

from collections.abc import Sequence

from alembic import op

revision: str = "8c1d5b7e20f4"
down_revision: str | Sequence[str] | None = "355d8ab8b908"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_TABLES = ("parcels", "zoning_districts")
_FUNCTION = """
    CREATE OR REPLACE FUNCTION gateway_tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('gateway_changes', TG_TABLE_NAME);
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    op.execute(_FUNCTION)
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION gateway_tell_change()"
        )


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TRIGGER tell_change ON {table}")
    op.execute("DROP FUNCTION gateway_tell_change()")
