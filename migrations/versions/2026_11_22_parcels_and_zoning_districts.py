"""Parcels and zoning districts, with their constraints and indexes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.features import create_feature_table, geometry

revision: str = "e22d8f5e5056"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    create_feature_table(
        "parcels",
        sa.Column("parcel_id", sa.Text(), nullable=False, comment="Key of the parcel in the source."),
        sa.Column("address", sa.Text(), comment="Street address."),
        sa.Column("owner_name", sa.Text(), comment="Name of the owner of record."),
        sa.Column("land_use", sa.Text(), comment="Land use code of the source."),
        sa.Column("assessed_value", sa.Numeric(), comment="Assessed value in the currency of the source."),
        sa.Column("year_built", sa.Integer(), comment="Year in which the main building was built."),
        geometry("MULTIPOLYGON", "Boundary of the parcel."),
        sa.UniqueConstraint("parcel_id", name="uq_parcels_parcel_id"),
    )
    create_feature_table(
        "zoning_districts",
        sa.Column("code", sa.Text(), nullable=False, comment="Key of the district in the source."),
        sa.Column("zone_code", sa.Text(), nullable=False, comment="Code of the zone, as in the zoning ordinance."),
        sa.Column("name", sa.Text(), comment="Name of the district."),
        sa.Column("category", sa.Text(), comment="Category of use, for example residential."),
        geometry("MULTIPOLYGON", "Boundary of the district."),
        sa.UniqueConstraint("code", name="uq_zoning_districts_code"),
    )


def downgrade() -> None:
    # PostGIS stays: other tables of the database may use it.
    op.drop_table("zoning_districts")
    op.drop_table("parcels")
