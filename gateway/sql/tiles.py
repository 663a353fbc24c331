"""Floor 2. Vector tiles; enters what each layer of a tile shows, leaves one select of the tile's bytes.

Every vertex is put on the grid of the tile by itself (ST_AsMVTGeom), whatever polygon it belongs to, so that a border
that neighbours share stays shared. Simplification of each polygon alone (Douglas-Peucker) would tear it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from gateway.layers import Kind, Layer, LayerField, Layers
from gateway.models.base import SRID
from gateway.query.filters import Filter
from gateway.sql.binding import bound
from gateway.sql.filters import where

MERCATOR = 3857
LABELS = "_labels"  # after the name of a layer: a point for each row, for texts
# What Web Mercator cannot show; PROJ refuses the poles themselves.
_NORTHMOST = 85.06
_MIDDLE = 2048  # of the grid, where what was dropped is told


@dataclass(frozen=True, slots=True)
class TileLayer:
    """One layer of a tile: rows, their properties, and whether they are areas or points for labels."""

    layer: Layer
    filter: Filter | None
    properties: tuple[LayerField, ...]
    labels: bool = False

    @property
    def name(self) -> str:
        """What clients call it."""
        return f"{self.layer.name}{LABELS}" if self.labels else self.layer.name


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a tile lies and how fine it is: values, or slots of them.

    `reach` is the box of rows that may show, in degrees; `bounds` is that of the tile itself, in degrees if it is
    `flat`, else in metres of Web Mercator; `extent` and `buffer` are in units of the tile's grid.
    """

    reach: tuple[Any, Any, Any, Any]
    bounds: tuple[Any, Any, Any, Any]
    extent: Any
    buffer: Any
    flat: bool


@dataclass(frozen=True, slots=True)
class Caps:
    """Most features and most vertices that one layer of a tile shows."""

    features: Any
    vertices: Any


def tile(layers: Layers, wanted: Sequence[TileLayer], grid: Grid, caps: Caps) -> Select[Any]:
    """`tile`: the bytes of all layers, one after another, as a Mapbox Vector Tile 2.1.

    https://github.com/mapbox/vector-tile-spec/tree/master/2.1. Of a layer with more rows than the caps the largest are
    shown, and a layer `dropped` says which layers those are and how many of their rows are shown.
    """
    kept = [_kept(layers, item, grid, caps, place) for place, item in enumerate(wanted)]
    parts = [_encoded(item, rows, grid) for item, rows in zip(wanted, kept, strict=True)]
    parts.append(_dropped(wanted, kept))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.op("||", return_type=LargeBinary())(part)
    return select(whole.label("tile"))


def _kept(layers: Layers, wanted: TileLayer, grid: Grid, caps: Caps, place: int) -> CTE:
    """`id`, geometry, properties and `kept_`; a row more than the cap is read, to know whether there are more."""
    entity: Any = aliased(wanted.layer.model)
    size = _size(wanted.layer, entity)
    largest = (
        select(
            entity.id.label("id"),
            (entity.point_on_surface if wanted.labels else entity.geom).label("geom"),
            *(_property(field, entity).label(field.name) for field in wanted.properties),
            size.label("size_"),
            func.ST_NPoints(entity.geom, type_=BigInteger).label("vertices_"),
        )
        .where(entity.geom.bool_op("&&")(_envelope(grid.reach)), where(layers, wanted.filter, entity))
        .order_by(size.desc(), entity.id)
        .limit(bound(caps.features, BigInteger()) + 1)
        .subquery()
    )
    order, fits = (largest.c.size_.desc(), largest.c.id), largest.c.vertices_ <= bound(caps.vertices, BigInteger())
    drawn = func.sum(largest.c.vertices_).filter(fits).over(order_by=order)
    rank = func.row_number().over(order_by=order)
    kept = and_(rank <= bound(caps.features, BigInteger()), fits, drawn <= bound(caps.vertices, BigInteger()))
    columns = [column for column in largest.c if not column.name.endswith("_")]
    found = select(*columns, kept.label("kept_")).cte(f"found_{place}")
    return found.prefix_with("MATERIALIZED", dialect="postgresql")


def _size(layer: Layer, entity: Any) -> ColumnElement[Any]:
    """How large a row looks: its area, of lines their length; points are all alike."""
    kind = layer.fields["geometry"].geometry_type or "GEOMETRY"
    if kind.endswith("POINT"):
        return literal(0.0)
    return func.ST_Length(entity.geom) if kind.endswith("LINESTRING") else func.ST_Area(entity.geom)


def _property(field: LayerField, entity: Any) -> ColumnElement[Any]:
    """A value as tiles hold it: text, a number or a boolean."""
    column: ColumnElement[Any] = getattr(entity, field.attribute)
    match field.kind:
        case Kind.FLOAT:
            return cast(column, Float)
        case Kind.DATETIME:
            return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"', type_=Text)
        case Kind.JSON:
            return cast(column, Text)
        case _:
            return column


def _encoded(wanted: TileLayer, rows: CTE, grid: Grid) -> ColumnElement[Any]:
    extent = bound(grid.extent, Integer())
    drawn = func.ST_AsMVTGeom(
        _plane(rows.c.geom, grid),
        func.box2d(_envelope(grid.bounds)),
        extent,
        # A label stands in one tile alone.
        literal(0) if wanted.labels else bound(grid.buffer, Integer()),
    )
    properties = [rows.c[field.name] for field in wanted.properties]
    shown = select(rows.c.id, *properties, drawn.label("geom")).where(rows.c.kept_).subquery("shown")
    encoded = func.ST_AsMVT(literal_column("shown"), wanted.name, extent, "geom", "id", type_=LargeBinary)
    return select(func.coalesce(encoded, b"", type_=LargeBinary)).select_from(shown).scalar_subquery()


def _plane(geom: ColumnElement[Any], grid: Grid) -> ColumnElement[Any]:
    """The geometry in the plane of the tile."""
    if grid.flat:
        return geom
    world = func.ST_MakeEnvelope(-180.0, -_NORTHMOST, 180.0, _NORTHMOST, SRID)
    polar = or_(func.ST_YMax(geom) > _NORTHMOST, func.ST_YMin(geom) < -_NORTHMOST)
    return func.ST_Transform(case((polar, func.ST_Intersection(geom, world)), else_=geom), MERCATOR)


def _envelope(box: Sequence[Any]) -> ColumnElement[Any]:
    return func.ST_MakeEnvelope(*(bound(side, Float()) for side in box), SRID)


def _dropped(wanted: Sequence[TileLayer], kept: Sequence[CTE]) -> ColumnElement[Any]:
    """The layer `dropped`: a point for each layer that is not shown whole, with `layer` and `shown`."""
    told = [
        select(
            literal(item.name, Text()).label("layer"),
            func.count().filter(rows.c.kept_).label("shown"),
            func.ST_Point(_MIDDLE, _MIDDLE).label("geom"),
        ).having(func.count() > func.count().filter(rows.c.kept_))
        for item, rows in zip(wanted, kept, strict=True)
    ]
    rows = union_all(*told).subquery("dropped")
    encoded = func.ST_AsMVT(literal_column("dropped"), "dropped", 4096, "geom", type_=LargeBinary)
    return select(func.coalesce(encoded, b"", type_=LargeBinary)).select_from(rows).scalar_subquery()
