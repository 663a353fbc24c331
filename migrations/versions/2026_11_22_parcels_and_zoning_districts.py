"""Parcels and zoning districts, with their constraints and indexes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision: str = "e22d8f5e5056"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _geometry(geometry_type: str, comment: str) -> sa.Column[object]:
    """The geometry of a layer in EPSG:4326; its indexes are made by `create_feature_table`."""
    return sa.Column("geom", Geometry(geometry_type, srid=4326, spatial_index=False), nullable=False, comment=comment)


def _create_feature_table(table: str, *columns: sa.Column[object] | sa.UniqueConstraint) -> None:
    """Create the table of a layer: `columns` are its own, with the geometry, and its unique key."""
    op.create_table(
        table,
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(),
            nullable=False,
            comment="Integer id, stable for the life of the row.",
        ),
        *columns,
        sa.Column(
            "attributes",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Columns of the source that have no field of their own.",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Number of the row's state; grows with each change.",
        ),
        _timestamp("created_at", "When the row was made."),
        _timestamp("updated_at", "When the row last changed."),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f(f"ck_{table}_geom_valid")),
        sa.CheckConstraint("ST_SRID(geom) = 4326", name=op.f(f"ck_{table}_geom_srid")),
        sa.CheckConstraint("NOT ST_IsEmpty(geom)", name=op.f(f"ck_{table}_geom_not_empty")),
        sa.CheckConstraint("ST_IsPolygonCCW(geom)", name=op.f(f"ck_{table}_geom_right_hand")),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        postgresql_with={"autovacuum_analyze_scale_factor": "0.01"},
    )
    op.create_index(f"ix_{table}_geom", table, ["geom"], postgresql_using="gist")
    op.create_index(f"ix_{table}_geog", table, [sa.text("(geom::geography)")], postgresql_using="gist")
    op.create_index(f"ix_{table}_area", table, [sa.text("ST_Area(geom::geography)"), "id"])
    op.create_index(
        f"ix_{table}_attributes",
        table,
        ["attributes"],
        postgresql_using="gin",
        postgresql_ops={"attributes": "jsonb_path_ops"},
    )


def _timestamp(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False, comment=comment)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_feature_table(
        "parcels",
        sa.Column("parcel_id", sa.Text(), nullable=False, comment="Key of the parcel in the source."),
        sa.Column("address", sa.Text(), comment="Street address."),
        sa.Column("owner_name", sa.Text(), comment="Name of the owner of record."),
        sa.Column("land_use", sa.Text(), comment="Land use code of the source."),
        sa.Column("assessed_value", sa.Numeric(), comment="Assessed value in the currency of the source."),
        sa.Column("year_built", sa.Integer(), comment="Year in which the main building was built."),
        _geometry("MULTIPOLYGON", "Boundary of the parcel."),
        sa.UniqueConstraint("parcel_id", name="uq_parcels_parcel_id"),
    )
    _create_feature_table(
        "zoning_districts",
        sa.Column("code", sa.Text(), nullable=False, comment="Key of the district in the source."),
        sa.Column("zone_code", sa.Text(), nullable=False, comment="Code of the zone, as in the zoning ordinance."),
        sa.Column("name", sa.Text(), comment="Name of the district."),
        sa.Column("category", sa.Text(), comment="Category of use, for example residential."),
        _geometry("MULTIPOLYGON", "Boundary of the district."),
        sa.UniqueConstraint("code", name="uq_zoning_districts_code"),
    )


def downgrade() -> None:
    # PostGIS stays: other tables of the database may use it.
    op.drop_table("zoning_districts")
    op.drop_table("parcels")
