"""Keep how many parcels lie in each cell of the map, for maps that are too far out to draw them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "6d2f90b7a1c4"
down_revision: str | Sequence[str] | None = "6b2d9e4f71a5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ABOUT = {"table": "parcels", "summed": ["assessed_value"], "minzoom": 12}


def upgrade() -> None:
    op.create_table(
        "parcels_overview",
        sa.Column(
            "level", sa.SmallInteger(), nullable=False, comment="2 ** level columns of cells go around the world."
        ),
        sa.Column("x", sa.Integer(), nullable=False, comment="Column of the cell, from the west."),
        sa.Column("y", sa.Integer(), nullable=False, comment="Line of the cell, from the north."),
        sa.Column("rows", sa.BigInteger(), nullable=False, comment="How many rows lie there."),
        sa.Column("sum_x", sa.BigInteger(), nullable=False, comment="Sum of their places, in columns of level 31."),
        sa.Column("sum_y", sa.BigInteger(), nullable=False, comment="The same in lines."),
        sa.Column("assessed_value_rows", sa.BigInteger(), nullable=False, comment="Rows that have assessed_value."),
        sa.Column("assessed_value", sa.Numeric(), nullable=False, comment="Sum of assessed_value."),
        comment="Numbers of parcels by cell of the map, kept by triggers.",
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.05"},
    )
    op.create_index("ix_parcels_overview_cell", "parcels_overview", ["level", "x", "y"])
    op.keep_overview("parcels_overview", **_ABOUT)


def downgrade() -> None:
    op.release_overview("parcels_overview", **_ABOUT)
    op.drop_table("parcels_overview")
