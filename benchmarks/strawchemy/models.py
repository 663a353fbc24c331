"""Tables as strawchemy reads them: columns, the geometry as GeoJSON, and relations by geometry, which it joins."""

from decimal import Decimal
from typing import Any, NewType

from geoalchemy2 import Geography, Geometry, WKBElement
from sqlalchemy import ColumnElement, Float, Subquery, and_, case, cast, func, not_, or_, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    column_property,
    declared_attr,
    foreign,
    mapped_column,
    relationship,
    remote,
)

GeoJSON = NewType("GeoJSON", str)


class Base(DeclarativeBase):
    """The tables' registry."""


def _shares_area(district: Any, parcel: Any) -> ColumnElement[bool]:
    touches = func.ST_Touches(district, parcel)
    return and_(
        district.bool_op("&&")(parcel),
        or_(func.ST_Covers(district, parcel), and_(func.ST_Intersects(district, parcel), not_(touches))),
    )


def _share_a_border() -> ColumnElement[bool]:
    parcel, neighbor = foreign(Parcel.geom), remote(Parcel.geom)
    border = func.ST_Intersection(func.ST_Boundary(neighbor), func.ST_Boundary(parcel))
    return and_(
        func.ST_Intersects(neighbor, parcel),
        remote(Parcel.id) != foreign(Parcel.id),
        func.ST_Dimension(border) == 1,
    )


class ZoningDistrict(Base):
    """A district with its parcels."""

    __tablename__ = "zoning_districts"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    zone_code: Mapped[str]
    name: Mapped[str | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", 4326))
    parcels: Mapped[list["Parcel"]] = relationship(
        primaryjoin=lambda: _shares_area(foreign(ZoningDistrict.geom), remote(Parcel.geom)), viewonly=True, uselist=True
    )


class Parcel(Base):
    """A parcel with its districts, what it shares with them, and its neighbours."""

    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[str]
    address: Mapped[str | None]
    land_use: Mapped[str | None]
    assessed_value: Mapped[Decimal | None]
    year_built: Mapped[int | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", 4326))
    geometry: Mapped[GeoJSON] = column_property(func.ST_AsGeoJSON(geom, 7, 0), deferred=True)
    zoning_districts: Mapped[list[ZoningDistrict]] = relationship(
        primaryjoin=lambda: _shares_area(remote(ZoningDistrict.geom), foreign(Parcel.geom)), viewonly=True, uselist=True
    )
    neighbors: Mapped[list["Parcel"]] = relationship(primaryjoin=_share_a_border, viewonly=True, uselist=True)
    overlaps: Mapped[list["Overlap"]] = relationship(
        primaryjoin=lambda: foreign(Overlap.parcel_key) == Parcel.id, viewonly=True
    )


def _overlaps() -> Subquery:
    """A row for each parcel and district that share area, as a view would have; areas in square metres."""
    area = func.ST_Area(cast(Parcel.geom, Geography), type_=Float())
    both = func.ST_Intersection(Parcel.geom, ZoningDistrict.geom)
    covered = func.ST_Covers(ZoningDistrict.geom, Parcel.geom)
    shared = case((covered, area), else_=func.ST_Area(cast(both, Geography), type_=Float()))
    return (
        select(
            Parcel.id.label("parcel_key"),
            ZoningDistrict.id.label("district_key"),
            ZoningDistrict.zone_code,
            shared.label("overlap_area_sqm"),
            func.least(shared / func.nullif(area, 0, type_=Float()), 1, type_=Float()).label("coverage"),
        )
        .join_from(Parcel, ZoningDistrict, _shares_area(ZoningDistrict.geom, Parcel.geom))
        .subquery()
    )


class Overlap(Base):
    """The edge between a parcel and a district, with the area that they share."""

    __table__ = _overlaps()

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"primary_key": [cls.__table__.c.parcel_key, cls.__table__.c.district_key]}

    parcel_key: Mapped[int]
    district_key: Mapped[int]
    zone_code: Mapped[str]
    overlap_area_sqm: Mapped[float]
    coverage: Mapped[float | None]
