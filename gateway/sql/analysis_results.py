"""What came of analyses; enters features, leaves statements that keep and read them: files, tiles, where they lie."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Float,
    Integer,
    LargeBinary,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)

from gateway.models import AnalysisResult
from gateway.models.kinds import Kind
from gateway.query.analysis_results import LISTS
from gateway.query.geometry import DEFAULT_PRECISION
from gateway.sql.binding import bound
from gateway.sql.encode import geojson_text
from gateway.sql.tile_statement import Caps, Grid, envelope, in_plane
from gateway.sql.types import SqlRows, SqlValue

LAYER: Final = "analysis"  # of tiles
# The engine may think for minutes between two rows.
PATIENT: Final = text("SET LOCAL idle_in_transaction_session_timeout = 0")
ADD: Final = text("""
    INSERT INTO analysis_results (job, number, properties, size, geom)
    SELECT CAST(:job AS text), number, CAST(properties AS jsonb),
           coalesce(ST_Length(ST_BoundingDiagonal(geom)), 0), geom
    FROM (SELECT number, properties, ST_GeomFromGeoJSON(shape) AS geom
          FROM unnest(CAST(:numbers AS integer[]), CAST(:properties AS text[]), CAST(:shapes AS text[]))
               AS given (number, properties, shape)) AS made
""")

_ROWS = AnalysisResult.__table__
_SIDES: Final = ("XMin", "YMin", "XMax", "YMax")


def added(job: str, features: Sequence[tuple[int, str, str | None]]) -> Mapping[str, object]:
    """The parameters of ADD: of each feature its number, properties and geometry."""
    numbers, properties, shapes = (list(each) for each in zip(*features, strict=True))
    return {"job": job, "numbers": numbers, "properties": properties, "shapes": shapes}


def geojson(job: str) -> SqlRows:
    """One column: a comma and each feature as GeoJSON, without line breaks."""
    number, properties = cast(_ROWS.c.number, Text), cast(_ROWS.c.properties, Text)
    geometry = func.coalesce(geojson_text(_ROWS.c.geom, DEFAULT_PRECISION), "null")
    parts = (
        *(literal(',{"type":"Feature","id":', Text()), number, literal(',"geometry":', Text()), geometry),
        *(literal(',"properties":', Text()), properties, literal("}", Text())),
    )
    return _of(job, func.concat(*parts)).order_by(_ROWS.c.number)


def typed(job: str, columns: Mapping[str, Kind]) -> SqlRows:
    """The number, the properties, the box and the geometry as WKB in hexadecimal: what the packing worker reads."""
    values = [_value(name, kind) for name, kind in columns.items()]
    sides = [getattr(func, f"ST_{side}")(_ROWS.c.geom, type_=Float).label(f"bbox.{side.lower()}") for side in _SIDES]
    wkb = func.encode(func.ST_AsBinary(_ROWS.c.geom), "hex", type_=Text).label("geometry")
    return _of(job, _ROWS.c.number, *values, *sides, wkb).order_by(_ROWS.c.number)


def _value(name: str, kind: Kind) -> SqlValue:
    """As text, which is how COPY writes numbers; JSON's null is none."""
    value = _ROWS.c.properties.op("->>")(literal(name, Text()))
    if kind is not Kind.JSON:
        return cast(value, Text).label(name)
    whole = cast(_ROWS.c.properties.op("->")(literal(name, Text())), Text)
    return func.nullif(whole, "null", type_=Text).label(name)


def tile(job: str, grid: Grid, caps: Caps) -> SqlRows:
    """`tile`: the largest features of a tile within the caps as a Mapbox Vector Tile 2.1, large ones first."""
    near = _ROWS.c.geom.bool_op("&&")(envelope(grid.reach))
    order = (_ROWS.c.size.desc(), _ROWS.c.number)
    largest = _of(job, _ROWS.c.number, _ROWS.c.properties, _ROWS.c.geom, _ROWS.c.size).where(near)
    largest_ones = largest.order_by(*order).limit(bound(caps.features, BigInteger())).subquery("largest")
    drawn = func.sum(func.ST_NPoints(largest_ones.c.geom, type_=BigInteger))
    places = (largest_ones.c.size.desc(), largest_ones.c.number)
    every = select(
        largest_ones, drawn.over(order_by=places).label("drawn"), func.row_number().over(order_by=places).label("place")
    ).subquery("every")
    kept = or_(every.c.drawn <= bound(caps.vertices, BigInteger()), every.c.place == 1)
    shape = func.ST_AsMVTGeom(
        in_plane(every.c.geom, grid),
        select(func.box2d(envelope(grid.bounds))).scalar_subquery(),
        bound(grid.extent, Integer()),
        bound(grid.buffer, Integer()),
    )
    told = every.c.properties.op("-")(literal(LISTS, Text()))
    shown = select(every.c.number, told.label("properties"), shape.label("geom")).where(kept).order_by(every.c.place)
    shown_rows = shown.subquery("shown")
    encoded = func.ST_AsMVT(
        literal_column("shown"), LAYER, bound(grid.extent, Integer()), "geom", "number", type_=LargeBinary
    )
    return select(encoded.label("tile")).select_from(shown_rows)


def box(job: str) -> SqlRows:
    """West, south, east and north of all features, as one list; NULL where there are none."""
    sides = [getattr(func, f"ST_{side}")(column("whole"), type_=Float) for side in _SIDES]
    whole = _of(job, func.ST_Extent(_ROWS.c.geom).label("whole")).subquery("every")
    return select(*(each.label(side) for each, side in zip(sides, _SIDES, strict=True))).select_from(whole)


def _of(job: str, *columns: Any) -> SqlRows:
    return select(*columns).where(_ROWS.c.job == bound(job, Text()))
