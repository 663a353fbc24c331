"""The table of land parcels."""

from decimal import Decimal

from geoalchemy2 import WKBElement
from sqlalchemy import Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Extra, Feature, Tracked, geometry_column
from gateway.models.declaration import Meta, Relation, RelationKind, Reverse


class Parcel(Feature, Tracked, Extra):
    """A land parcel: one lot of the cadastre."""

    __tablename__ = "parcels"
    __layer__ = Meta(
        natural_key="parcel_id",
        private={"owner_name"},
        searchable=("address", "parcel_id", "owner_name"),
        minzoom=12,
        label="address",
        relations=(
            Relation(
                "zoning_districts",
                "zoning_districts",
                RelationKind.OVERLAP,
                "Zoning districts that share area with the parcel.",
                typical=2,
                reverse=Reverse("parcels", "Parcels that share area with the district."),
                kept=True,
            ),
            Relation(
                "neighbors",
                "parcels",
                RelationKind.BORDER,
                "Parcels that share a line of border with the parcel; a shared corner is not enough.",
                typical=8,
                kept=True,
            ),
        ),
    )

    parcel_id: Mapped[str] = mapped_column(Text, unique=True, comment="Key of the parcel in the source.")
    address: Mapped[str | None] = mapped_column(Text, comment="Street address.")
    owner_name: Mapped[str | None] = mapped_column(Text, comment="Name of the owner of record.")
    land_use: Mapped[str | None] = mapped_column(Text, comment="Land use code of the source.")
    assessed_value: Mapped[Decimal | None] = mapped_column(
        Numeric, comment="Assessed value in the currency of the source."
    )
    year_built: Mapped[int | None] = mapped_column(comment="Year in which the main building was built.")
    geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON", "Boundary of the parcel.")
