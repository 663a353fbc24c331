"""Keep the districts and the neighbors of parcels beside them, and where they are behind."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision: str = "4c7e19b2d6f3"
down_revision: str | Sequence[str] | None = "9d4b71e3a5c8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEPT = {
    "parcel_zoning_districts": {"source": "parcels", "target": "zoning_districts", "kind": "overlap"},
    "parcel_neighbors": {"source": "parcels", "target": "parcels", "kind": "border"},
}


def upgrade() -> None:
    _create_state()
    for name, about in _KEPT.items():
        op.create_table(
            name,
            sa.Column("source_id", sa.BigInteger(), nullable=False, comment="Id of the row that relates."),
            sa.Column("target_id", sa.BigInteger(), nullable=False, comment="Id of what it is related to."),
            sa.Column(
                "shared", sa.Float(), nullable=False, comment="Square metres or metres that both have in common."
            ),
            sa.Column("coverage", sa.Float(), comment="Share of the part that the whole covers, 0 to 1."),
            sa.PrimaryKeyConstraint("source_id", "target_id", name=f"pk_{name}"),
            comment=f"Rows of {about['source']} and {about['target']} that are related, kept by triggers.",
        )
        if about["source"] != about["target"]:
            op.create_index(f"ix_{name}_target", name, ["target_id", "source_id"])
        op.keep_pairs(name, **about)


def _create_state() -> None:
    op.create_table(
        "relation_marks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False, comment="Number of the mark."),
        sa.Column("relation", sa.Text(), nullable=False, comment="Table of the pairs."),
        sa.Column(
            "place",
            Geometry("GEOMETRY", srid=4326, spatial_index=False),
            comment="Box of what changed; null is everywhere.",
        ),
        sa.Column(
            "done", sa.BigInteger(), comment="Id of the last source that a rebuild remade; null where none began."
        ),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the rows changed.",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_relation_marks"),
    )
    op.create_index("ix_relation_marks_relation", "relation_marks", ["relation"])
    op.create_table(
        "relation_cells",
        sa.Column("cell", sa.BigInteger(), nullable=False, comment="Row and column of a grid of 1/128 degree."),
        sa.Column("held_by", sa.BigInteger(), nullable=False, comment="The transaction that changed rows there last."),
        sa.PrimaryKeyConstraint("cell", name="pk_relation_cells"),
        postgresql_with={"fillfactor": "50"},
    )


def downgrade() -> None:
    for name, about in _KEPT.items():
        op.release_pairs(name, **about)
        op.drop_table(name)
    op.drop_table("relation_cells")
    op.drop_table("relation_marks")
    op.execute("DROP FUNCTION gateway_hold(bigint[])")
    op.execute("DROP FUNCTION gateway_cells(bigint, bigint, bigint, bigint)")
    op.execute("DROP FUNCTION gateway_spans(geometry)")
