"""Vector tiles; enters what each layer of a tile shows, leaves one select of the tile's bytes.

Every vertex is put on the grid of the tile by itself (ST_AsMVTGeom), whatever polygon it belongs to, so that a border
that neighbours share stays shared. Simplification of each polygon alone (Douglas-Peucker) would tear it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    Text,
    and_,
    case,
    cast,
    func,
    inspect,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from gateway.geo.kinds import AREAS, LINES
from gateway.layers import Layer, LayerField, Layers
from gateway.models.base import SRID
from gateway.models.kinds import Kind
from gateway.models.slots import Slot
from gateway.query.cells import Cells
from gateway.query.filters import Filter
from gateway.sql.binding import bound
from gateway.sql.filters import where
from gateway.sql.members import seen
from gateway.sql.moments import rows_of
from gateway.sql.overview_tiles import OVERVIEW, encoded
from gateway.sql.overviews import cells
from gateway.sql.types import Entity, SqlRows, SqlValue

MERCATOR = 3857
LABELS = "_labels"  # after the name of a layer: a point for each row, for texts
# What Web Mercator cannot show; PROJ refuses the poles themselves.
_NORTHMOST = 85.06
_MIDDLE = 2048  # of the grid, where what was dropped is shown


@dataclass(frozen=True, slots=True)
class Overview:
    """How cells are shown: with the sum of a column, and as points."""

    summed: LayerField | None = None
    points: bool = False


@dataclass(frozen=True, slots=True)
class TileLayer:
    """One layer of a tile: rows, their properties, and whether they are areas or points for labels."""

    layer: Layer
    filter: Filter | None
    properties: tuple[LayerField, ...]
    labels: bool = False
    overview: Overview = Overview()
    cells: Cells | None = None  # shown in place of rows, in a tile that is too far out for these

    @property
    def name(self) -> str:
        """What clients call it."""
        return f"{self.layer.name}{LABELS}" if self.labels else self.layer.name


Side: TypeAlias = float | Slot[float]
Box: TypeAlias = tuple[Side, Side, Side, Side]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a tile lies and how fine it is: values, or slots of them.

    `reach` is the box of rows that may show, in degrees; `bounds` is that of the tile itself, in degrees if it is
    `flat`, else in metres of Web Mercator; `extent` and `buffer` are in units of the tile's grid.
    """

    reach: Box
    bounds: Box
    extent: int | Slot[int]
    buffer: int | Slot[int]
    flat: bool


@dataclass(frozen=True, slots=True)
class Caps:
    """Most features and most vertices that one layer of a tile shows."""

    features: int | Slot[int]
    vertices: int | Slot[int]


def tile(layers: Layers, wanted: Sequence[TileLayer], grid: Grid, caps: Caps) -> SqlRows:
    """`tile`: the bytes of all layers, one after another, as a Mapbox Vector Tile 2.1.

    https://github.com/mapbox/vector-tile-spec/tree/master/2.1. Of a layer with more rows than the caps the largest are
    shown, and a layer `dropped` says which layers those are and how many of their rows are shown.
    """
    made = [_made(layers, item, grid, caps, place) for place, item in enumerate(wanted)]
    parts: list[SqlValue] = [select(layer.c.tile).scalar_subquery() for layer in made]
    parts.append(_dropped(wanted, made))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.op("||", return_type=LargeBinary())(part)
    return select(whole.label("tile"))


def _made(layers: Layers, wanted: TileLayer, grid: Grid, caps: Caps, place: int) -> CTE:
    """One row: `tile`, the bytes of a layer, and `shown`, how many rows it has if it has not all of them."""
    if wanted.cells is not None:
        return _overview(layers, wanted, wanted.cells, place)
    rows = _TileRows(layers, wanted, grid, caps, place)
    largest = rows.largest().cte(f"largest_{place}")
    # Of the selects under CASE one is run: PostgreSQL begins none before its value is asked for.
    tile = case((rows.whole, _encoded(rows.all(), wanted, grid)), else_=_encoded(select(largest), wanted, grid))
    shown = case((not_(rows.whole), select(func.count()).select_from(largest).scalar_subquery()))
    made = select(func.coalesce(tile, b"", type_=LargeBinary).label("tile"), shown.label("shown"))
    return made.cte(f"made_{place}")


def _overview(layers: Layers, wanted: TileLayer, area: Cells, place: int) -> CTE:
    counted = cells(layers, wanted.layer, wanted.filter, area, wanted.overview.summed)
    tile = encoded(counted, area, f"{wanted.layer.name}{OVERVIEW}", points=wanted.overview.points)
    tile = func.coalesce(tile, b"", type_=LargeBinary)
    return select(tile.label("tile"), cast(null(), BigInteger).label("shown")).cte(f"made_{place}")


def _encoded(selected: SqlRows, wanted: TileLayer, grid: Grid) -> SqlValue:
    """The bytes of a layer; null without rows."""
    rows = selected.subquery("rows")
    extent = bound(grid.extent, Integer())
    drawn = func.ST_AsMVTGeom(
        in_plane(rows.c.geom, grid),
        # A select of its own is computed once, where a plan for any values would compute the box for each row.
        select(func.box2d(envelope(grid.bounds))).scalar_subquery(),
        extent,
        # A label stands in one tile alone.
        literal(0) if wanted.labels else bound(grid.buffer, Integer()),
    )
    properties = [rows.c[field.name] for field in wanted.properties]
    # Every column of `shown` but its id and its geometry is a property.
    shown = select(rows.c.id, *properties, drawn.label("geom")).subquery("shown")
    encoded = func.ST_AsMVT(literal_column("shown"), wanted.name, extent, "geom", "id", type_=LargeBinary)
    return select(encoded).select_from(shown).scalar_subquery()


class _TileRows:
    """The rows of a layer in a tile: `id`, geometry and properties, by size downwards, then by id.

    Maps paint features in the order of the tile and pick the last one painted, so a small row on a large one stays
    visible and can be picked, and nothing changes where a tile reaches a cap.

    Few tiles reach a cap. The others are spared the counting of vertices row by row: whether there is need of it is
    known after reading no more rows than the cap.
    """

    def __init__(self, layers: Layers, wanted: TileLayer, grid: Grid, caps: Caps, place: int) -> None:
        self._layers = layers
        self._wanted = wanted
        self._reach = envelope(grid.reach)
        self._features = bound(caps.features, BigInteger())
        self._vertices = bound(caps.vertices, BigInteger())
        fits = self._fits().cte(f"fits_{place}")
        self.whole: ColumnElement[bool] = select(fits.c.whole).scalar_subquery()

    def all(self) -> SqlRows:
        """All rows: of a tile under the caps."""
        entity: Entity = rows_of(self._wanted.layer)
        rows = select(*self._columns(entity)).where(self._near(entity))
        return rows.order_by(_size(self._wanted.layer, entity).desc(), entity.id)

    def largest(self) -> SqlRows:
        """The largest rows that the caps allow.

        Properties are made after the sorting: of the rows that are left.
        """
        model = self._wanted.layer.model
        entity: Entity = rows_of(self._wanted.layer)
        size = _size(self._wanted.layer, entity).label("size_")
        largest = (
            select(*inspect(entity).selectable.c, size, _vertices(entity).label("vertices_"))
            .where(self._near(entity))
            .order_by(size.desc(), entity.id)
            .limit(self._features)
            .subquery()
        )
        row: Entity = aliased(model, largest)
        order = (largest.c.size_.desc(), row.id)
        fits = largest.c.vertices_ <= self._vertices
        drawn = func.sum(largest.c.vertices_).filter(fits).over(order_by=order, rows=(None, 0))
        kept = and_(fits, drawn <= self._vertices).label("kept_")
        ranked = select(*self._columns(row), largest.c.size_, kept).subquery()
        columns = (column for column in ranked.c if column.key not in {"kept_", "size_"})
        return select(*columns).where(ranked.c.kept_).order_by(ranked.c.size_.desc(), ranked.c.id)

    def _fits(self) -> SqlRows:
        """`whole`: whether the tile is under both caps."""
        entity: Entity = rows_of(self._wanted.layer)
        rows = select(_vertices(entity).label("vertices")).where(self._near(entity)).limit(self._features + 1)
        read = rows.subquery()
        vertices = func.coalesce(func.sum(read.c.vertices), 0)
        whole = and_(func.count() <= self._features, vertices <= self._vertices)
        return select(whole.label("whole")).select_from(read)

    def _near(self, entity: Entity) -> ColumnElement[bool]:
        return and_(entity.geom.bool_op("&&")(self._reach), where(self._layers, self._wanted.filter, entity))

    def _columns(self, entity: Entity) -> Sequence[SqlValue]:
        geom = entity.point_on_surface if self._wanted.labels else entity.geom
        properties = (_property(field, entity).label(field.name) for field in self._wanted.properties)
        return (entity.id.label("id"), geom.label("geom"), *properties)


def _vertices(entity: Entity) -> SqlValue:
    return func.ST_NPoints(entity.geom, type_=BigInteger)


def _size(layer: Layer, entity: Entity) -> SqlValue:
    """How large a row looks: its area, of lines their length, of any kind that of its box; points are all alike."""
    if len(layer.dimensions) > 1:
        return func.ST_Length(func.ST_BoundingDiagonal(entity.geom))
    if AREAS in layer.dimensions:
        return func.ST_Area(entity.geom)
    # A bare number is no place in ORDER BY.
    return func.ST_Length(entity.geom) if LINES in layer.dimensions else cast(literal(0), Float)


def _property(field: LayerField, entity: Entity) -> SqlValue:
    """A value as tiles hold it: text, a number or a boolean."""
    column = seen(field, getattr(entity, field.attribute))
    match field.kind:
        case Kind.FLOAT | Kind.DECIMAL:  # tiles have doubles alone
            return cast(column, Float)
        case Kind.DATETIME:
            return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"', type_=Text)
        case Kind.JSON | Kind.UUID:
            return cast(column, Text)
        case _:
            return column


def in_plane(geom: SqlValue, grid: Grid) -> SqlValue:
    """The geometry in the plane of the tile."""
    if grid.flat:
        return geom
    world = func.ST_MakeEnvelope(-180.0, -_NORTHMOST, 180.0, _NORTHMOST, SRID)
    polar = or_(func.ST_YMax(geom) > _NORTHMOST, func.ST_YMin(geom) < -_NORTHMOST)
    return func.ST_Transform(case((polar, func.ST_Intersection(geom, world)), else_=geom), MERCATOR)


def envelope(box: Box) -> SqlValue:
    """A box as a geometry."""
    return func.ST_MakeEnvelope(*(bound(side, Float()) for side in box), SRID)


def _dropped(wanted: Sequence[TileLayer], made: Sequence[CTE]) -> SqlValue:
    """The layer `dropped`: a point for each layer that is not shown whole, with `layer` and `shown`."""
    shown = [
        select(
            literal(item.name, Text()).label("layer"),
            layer.c.shown,
            func.ST_Point(_MIDDLE, _MIDDLE).label("geom"),
        ).where(layer.c.shown.is_not(None))
        for item, layer in zip(wanted, made, strict=True)
    ]
    rows = union_all(*shown).subquery("dropped")
    encoded = func.ST_AsMVT(literal_column("dropped"), "dropped", 4096, "geom", type_=LargeBinary)
    return select(func.coalesce(encoded, b"", type_=LargeBinary)).select_from(rows).scalar_subquery()
