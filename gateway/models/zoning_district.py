"""The table of zoning districts."""

from geoalchemy2 import WKBElement
from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Extra, Feature, Tracked, geometry_column
from gateway.models.declaration import Meta


class ZoningDistrict(Feature, Tracked, Extra):
    """A zoning district: an area in which one set of land use rules holds."""

    __tablename__ = "zoning_districts"
    __layer__ = Meta(
        natural_key="code",
        legend=("zone_code", "category", "name"),
        label="zone_code",
        searchable=("name", "zone_code", "code"),
    )

    code: Mapped[str] = mapped_column(Text, unique=True, comment="Key of the district in the source.")
    zone_code: Mapped[str] = mapped_column(Text, comment="Code of the zone, as in the zoning ordinance.")
    name: Mapped[str | None] = mapped_column(Text, comment="Name of the district.")
    category: Mapped[str | None] = mapped_column(Text, comment="Category of use, for example residential.")
    geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON", "Boundary of the district.")
