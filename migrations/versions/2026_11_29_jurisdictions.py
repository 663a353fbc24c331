"""Know cities and counties that have schemas of their own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError
from geoalchemy2 import Geometry

revision: str = "e5b81d3f6a27"
down_revision: str | Sequence[str] | None = "a7e3915cd204"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "jurisdictions",
        sa.Column(
            "number",
            sa.BigInteger(),
            sa.Identity(maxvalue=131071),
            nullable=False,
            comment="Never given twice: ids of its rows begin with it.",
        ),
        sa.Column("code", sa.Text(), nullable=False, comment="What URLs and commands call it, and its schema."),
        sa.Column("name", sa.Text(), nullable=False, comment="What people call it."),
        sa.Column(
            "outline",
            Geometry("MULTIPOLYGON", srid=4326, spatial_index=False),
            comment="Where its rows lie; null where nobody said.",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When it was added.",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_jurisdictions"),
        sa.UniqueConstraint("code", name="uq_jurisdictions_code"),
    )


def downgrade() -> None:
    if codes := op.get_bind().scalars(sa.text("SELECT code FROM jurisdictions ORDER BY code")).all():
        raise CommandError(f"there are jurisdictions ({', '.join(codes)}), which older versions would not find")
    op.drop_table("jurisdictions")
