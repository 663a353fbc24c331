"""The table of land parcels."""

from decimal import Decimal

from geoalchemy2 import WKBElement
from sqlalchemy import Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Extra, Feature, Tracked, geometry_column
from gateway.models.declaration import Meta, Recipients, Relation, RelationKind, Reverse

_MAILING = ("mailing_address", "mailing_address_2", "mailing_city", "mailing_state", "mailing_zip")


def _mailed(comment: str, *sources: str) -> Mapped[str | None]:
    """A column of the owner's mailing address; `sources` are names that assessors have for it."""
    return mapped_column(Text, comment=comment, info={"sources": sources})


class Parcel(Feature, Tracked, Extra):
    """A land parcel: one lot of the cadastre."""

    __tablename__ = "parcels"
    __layer__ = Meta(
        natural_key="parcel_id",
        private={"owner_name", *_MAILING},
        searchable=("address", "parcel_id", "owner_name"),
        recipients=Recipients("owner_name", _MAILING[:2], _MAILING[2:]),
        minzoom=12,
        label="address",
        summed=("assessed_value",),
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
    mailing_address: Mapped[str | None] = _mailed(
        "Street or box of the owner's mailing address.",
        *("mail_address", "mail_addr", "mailaddr", "mail_addr1", "mail_add", "mail_street", "mailing_addr"),
        *("mailing_address_1", "own_addr", "own_addr1", "owner_addr", "owner_addr1", "owner_address", "pstladdress"),
    )
    mailing_address_2: Mapped[str | None] = _mailed(
        "Second line of the owner's mailing address, such as a unit.",
        *("mail_address2", "mail_addr2", "mailaddr2", "mailing_addr2", "mailing_address2", "own_addr2", "owner_addr2"),
    )
    mailing_city: Mapped[str | None] = _mailed(
        "City of the owner's mailing address.",
        *("mail_city", "mailcity", "own_city", "owner_city", "pstlcity"),
    )
    mailing_state: Mapped[str | None] = _mailed(
        "State or province of the owner's mailing address.",
        *("mail_state", "mailstate", "mail_st", "own_state", "owner_state", "pstlstate"),
    )
    mailing_zip: Mapped[str | None] = _mailed(
        "Postal code of the owner's mailing address.",
        *("mail_zip", "mailzip", "mail_zip5", "mail_zipcode", "mailing_zipcode", "own_zip", "own_zipcd", "owner_zip"),
        *("mail_postal_code", "pstlzip5"),
    )
    land_use: Mapped[str | None] = mapped_column(Text, comment="Land use code of the source.")
    assessed_value: Mapped[Decimal | None] = mapped_column(
        Numeric, comment="Assessed value in the currency of the source."
    )
    year_built: Mapped[int | None] = mapped_column(comment="Year in which the main building was built.")
    geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON", "Boundary of the parcel.")
