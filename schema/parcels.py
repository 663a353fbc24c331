"""Floor 5. The type of land parcels."""

from decimal import Decimal

from gateway.layers import PARCELS
from schema.features import FeatureType


class Parcel(FeatureType):
    """A land parcel: one lot of the cadastre."""

    layer = PARCELS

    parcel_id: str
    address: str | None
    owner_name: str | None
    land_use: str | None
    assessed_value: Decimal | None
    year_built: int | None
