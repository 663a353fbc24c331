"""The owner's mailing address of parcels, and of their history."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "6b2d9e4f71a5"
down_revision: str | Sequence[str] | None = "3f7a52c9d8e1"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("parcels", "parcel_history")
_COLUMNS: Mapping[str, str] = {
    "mailing_address": "Street or box of the owner's mailing address.",
    "mailing_address_2": "Second line of the owner's mailing address, such as a unit.",
    "mailing_city": "City of the owner's mailing address.",
    "mailing_state": "State or province of the owner's mailing address.",
    "mailing_zip": "Postal code of the owner's mailing address.",
}


def upgrade() -> None:
    for table in _TABLES:
        for name, comment in _COLUMNS.items():
            op.add_column(table, sa.Column(name, sa.Text(), comment=comment))


def downgrade() -> None:
    for table in _TABLES:
        for name in _COLUMNS:
            op.drop_column(table, name)
