"""What tables of layers are made of: geometry, constraints, indexes and hybrids; versions; attributes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    MetaData,
    SQLColumnExpression,
    Table,
    Text,
    cast,
    func,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import UserDefinedType

from gateway.geo import measure
from gateway.geo.kinds import AREAS, LINES, dimensions
from gateway.models import antimeridian
from gateway.models.declaration import Meta
from gateway.models.history import history_name, history_table
from gateway.models.overview import overview_of, overview_table
from gateway.models.pairs import pairs_name, pairs_table

SRID = 4326
# Bytes of a text that is a key: an entry of a B-tree has 2,704, of which the history's index needs some for the time.
KEY_BYTES = 2_600


class Base(DeclarativeBase):
    """Names every constraint, so that migrations and errors can speak of them."""

    if TYPE_CHECKING:
        __table__: ClassVar[Table]

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def geometry_column(geometry_type: str, comment: str) -> Mapped[WKBElement]:
    """Declare the geometry of a layer in WGS 84 longitude and latitude (EPSG:4326).

    The indexes are named in `Feature.__table_args__`, so GeoAlchemy2 must not add its own.
    """
    return mapped_column(
        Geometry(geometry_type, srid=SRID, spatial_index=False),
        nullable=False,
        deferred=True,
        deferred_raiseload=True,
        comment=comment,
    )


class Geography(UserDefinedType[WKBElement]):
    """`geography` without a type modifier: with one, the cast is another expression than that of the index."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "geography"


def geography(geom: SQLColumnExpression[object]) -> ColumnElement[WKBElement]:
    """`geom::geography`: the expression that the geography index holds, for metres on the WGS 84 ellipsoid."""
    return cast(geom, Geography())


def area(geom: SQLColumnExpression[object]) -> ColumnElement[float]:
    """Geodesic square metres; 0 of lines and points."""
    return func.ST_Area(geography(geom), type_=Float)


def length(geom: SQLColumnExpression[object]) -> ColumnElement[float]:
    """Geodesic metres of lines; 0 of polygons and points."""
    return func.ST_Length(geography(geom), type_=Float)


# New entries wait in a list that each search reads whole: with the usual 4 MB typing takes four times as long.
OF_SEARCHES: Final[Mapping[str, Any]] = {
    "postgresql_using": "gin",
    "postgresql_with": {"gin_pending_list_limit": 256},  # kB
}


def found_by(column: ColumnElement[Any]) -> ColumnElement[object]:
    """What a value is found by: the expression that an index of `searchable` holds (docs/adr/0032)."""
    return func.gateway_search(column if isinstance(column.type, Text) else cast(column, Text))


class Tracked:
    """What writes, `history` and `asOf` need: the version and times of a row, and the rows before each change."""

    history: ClassVar[Table]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        table = getattr(cls, "__table__", None)
        if isinstance(table, Table):
            cls.history = history_table(table, history_name(cls.__name__))

    version: Mapped[int] = mapped_column(
        Integer, server_default=text("1"), sort_order=11, comment="Number of the row's state; grows with each change."
    )
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), sort_order=12, comment="When the row was made."
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        server_default=func.clock_timestamp(),  # not the transaction's: a row of this id may have gone meanwhile
        sort_order=13,
        comment="When the row last changed.",
    )


class Extra:
    """What ingest needs: `attributes`, for columns of a source that the layer has not."""

    attributes: Mapped[dict[str, object]] = mapped_column(
        JSONB,
        server_default=text("'{}'::jsonb"),
        deferred=True,
        deferred_raiseload=True,
        sort_order=10,
        comment="Columns of the source that have no field of their own.",
    )


class Feature(Base):
    """A row with a geometry. A subclass names its table, its columns and `geom`, and declares `__layer__`."""

    __abstract__ = True
    __layer__: ClassVar[Meta]

    if TYPE_CHECKING:
        geom: Mapped[WKBElement]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        table = getattr(cls, "__table__", None)
        if isinstance(table, Table):
            for relation in cls.__layer__.relations:
                if relation.kept:
                    pairs_table(table, pairs_name(cls.__name__, relation.name), relation)
            if (name := overview_of(table.name, cls.__layer__)) is not None:
                overview_table(table, name, cls.__layer__.summed)

    id: Mapped[int] = mapped_column(
        BigInteger, Identity(), primary_key=True, sort_order=-1, comment="Integer id, stable for the life of the row."
    )

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> Sequence[object]:
        table = cls.__tablename__
        if not cls.__layer__.managed:
            return ({"info": {"managed": False}},)
        jsonb = {"attributes": "jsonb_path_ops"}
        extra = [Index(f"ix_{table}_attributes", *jsonb, postgresql_using="gin", postgresql_ops=jsonb)]
        return (
            *_of_kind(table, vars(cls)["geom"].column.type.geometry_type),
            CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
            CheckConstraint(f"ST_SRID(geom) = {SRID}", name="geom_srid"),
            CheckConstraint("NOT ST_IsEmpty(geom)", name="geom_not_empty"),
            Index(f"ix_{table}_geom", "geom", postgresql_using="gist"),
            Index(f"ix_{table}_geog", text("(geom::geography)"), postgresql_using="gist"),
            *(extra if issubclass(cls, Extra) else ()),
            *(
                Index(f"ix_{table}_search_{name}", found_by(vars(cls)[name].column), **OF_SEARCHES)
                for name in cls.__layer__.searchable
            ),
            {"postgresql_with": {"autovacuum_analyze_scale_factor": "0.01"}},
        )

    @hybrid_property
    def area_sqm(self) -> float:
        """Geodesic area in square metres (ST_Area of geography)."""
        return measure.area_sqm(bytes(self.geom.data))

    @area_sqm.inplace.expression
    @classmethod
    def _area_sqm(cls) -> ColumnElement[float]:
        return area(cls.geom)

    @hybrid_property
    def perimeter_m(self) -> float:
        """Geodesic perimeter in metres, holes included (ST_Perimeter of geography)."""
        return measure.perimeter_m(bytes(self.geom.data))

    @perimeter_m.inplace.expression
    @classmethod
    def _perimeter_m(cls) -> ColumnElement[float]:
        return func.ST_Perimeter(geography(cls.geom), type_=Float)

    @hybrid_property
    def length_m(self) -> float:
        """Geodesic length in metres (ST_Length of geography)."""
        return measure.length_m(bytes(self.geom.data))

    @length_m.inplace.expression
    @classmethod
    def _length_m(cls) -> ColumnElement[float]:
        return length(cls.geom)

    @hybrid_property
    def centroid(self) -> WKBElement:
        """Centroid, which may lie outside the geometry (ST_Centroid)."""
        return WKBElement(measure.centroid(bytes(self.geom.data)), srid=SRID)

    @centroid.inplace.expression
    @classmethod
    def _centroid(cls) -> ColumnElement[WKBElement]:
        return type_coerce(antimeridian.centroid(cls.geom), Geometry("POINT", srid=SRID))

    @hybrid_property
    def point_on_surface(self) -> WKBElement:
        """A point that lies in the geometry, for labels (ST_PointOnSurface)."""
        return WKBElement(measure.point_on_surface(bytes(self.geom.data)), srid=SRID)

    @point_on_surface.inplace.expression
    @classmethod
    def _point_on_surface(cls) -> ColumnElement[WKBElement]:
        return func.ST_PointOnSurface(cls.geom, type_=Geometry("POINT", srid=SRID))

    @hybrid_property
    def bbox(self) -> tuple[float, float, float, float]:
        """Bounding box: west, south, east, north in degrees; west is greater than east across the antimeridian."""
        return measure.bbox(bytes(self.geom.data))

    @bbox.inplace.expression
    @classmethod
    def _bbox(cls) -> ColumnElement[WKBElement]:
        return type_coerce(antimeridian.box(cls.geom), Geometry("POLYGON", srid=SRID))


# What only rows of some dimension have.
MEASURES: Mapping[str, int] = {"area_sqm": AREAS, "perimeter_m": AREAS, "length_m": LINES}


def _of_kind(table: str, geometry_type: str) -> Iterator[CheckConstraint | Index]:
    """Constraints and indexes that only some kinds of geometry need."""
    present = dimensions(geometry_type)
    if AREAS in present:
        yield CheckConstraint("ST_IsPolygonCCW(geom)", name="geom_right_hand")
        yield Index(f"ix_{table}_area", text("ST_Area(geom::geography)"), "id")
    if LINES in present:
        yield Index(f"ix_{table}_length", text("ST_Length(geom::geography)"), "id")
    if len(present) > 1:  # PostGIS can't relate a collection to another geometry
        yield CheckConstraint("GeometryType(geom) <> 'GEOMETRYCOLLECTION'", name="geom_one_kind")
