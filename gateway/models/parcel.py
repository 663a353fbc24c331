"""Floor 1. The table of land parcels."""

from decimal import Decimal

from geoalchemy2 import WKBElement
from sqlalchemy import Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Feature, geometry_column


class Parcel(Feature):
    """A land parcel: one lot of the cadastre."""

    __tablename__ = "parcels"

    parcel_id: Mapped[str] = mapped_column(Text, unique=True, comment="Key of the parcel in the source.")
    address: Mapped[str | None] = mapped_column(Text, comment="Street address.")
    owner_name: Mapped[str | None] = mapped_column(Text, comment="Name of the owner of record.")
    land_use: Mapped[str | None] = mapped_column(Text, comment="Land use code of the source.")
    assessed_value: Mapped[Decimal | None] = mapped_column(
        Numeric, comment="Assessed value in the currency of the source."
    )
    year_built: Mapped[int | None] = mapped_column(comment="Year in which the main building was built.")
    geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON", "Boundary of the parcel.")
