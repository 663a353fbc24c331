"""Floor 5. The type of zoning districts."""

from gateway.layers import ZONING_DISTRICTS
from schema.features import FeatureType


class ZoningDistrict(FeatureType):
    """A zoning district: an area in which one set of land use rules holds."""

    layer = ZONING_DISTRICTS

    code: str
    zone_code: str
    name: str | None
    category: str | None
