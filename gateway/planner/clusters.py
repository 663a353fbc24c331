"""Arguments of `clusters`; enters coerced arguments, leaves cells of the map, or an error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway import errors
from gateway.geo import bbox
from gateway.geo.cells import PLACES, degrees, place
from gateway.layers import Layer, LayerField
from gateway.models.overview import level_of, levels
from gateway.query.cells import Cells
from gateway.query.connection import QueryParser
from gateway.query.seen import check_seen
from gateway.query.values import Given

DETAIL: Final = 4  # a tile has 2 ** 4 columns of clusters, 32 pixels wide on most maps
DEEPEST: Final = 22
_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters of a zoom: in which cells, two areas where a box crosses the antimeridian, and the sum of a column."""

    areas: tuple[Cells, ...]
    summed: LayerField | None


def parse_clusters(parser: QueryParser, layer: Layer, given: Given) -> Clusters:
    """Read the arguments of `clusters`; raises what is wrong with one."""
    cells = areas(layer, given["zoom"], given.get("bbox"), parser.least_group)
    summed = None
    if (name := given.get("sum")) is not None:
        summed = parser.layers[layer.name].fields[name]
        check_seen(summed, ("sum",))
    return Clusters(cells, summed)


def areas(layer: Layer, zoom: int, box: object, least: int = 1) -> tuple[Cells, ...]:
    """The cells of a zoom that share a point with a box, None for all of the map; raises what is wrong with one."""
    if not 0 <= zoom <= DEEPEST:
        raise errors.OutOfRange(f"zoom must be 0 to {DEEPEST}, not {zoom}.", path=("zoom",))
    try:
        west, south, east, north = _WORLD if box is None else bbox.sides(box)
    except errors.ArgumentError as error:
        raise error.at("bbox") from error
    level = zoom + DETAIL
    parts = _parts(level, west, east)
    return tuple(_area(layer, level, least, (left, south, right, north)) for left, right in parts)


def _parts(level: int, west: float, east: float) -> Sequence[tuple[float, float]]:
    """A box across the antimeridian in two; one that ends in the column in which it begins goes around the world."""
    if west <= east:
        return [(west, east)]
    first, last = (place(side, 0.0)[0] >> PLACES - level for side in (west, east))
    return [(west, 180.0), (-180.0, east)] if first > last else [(-180.0, 180.0)]


def _area(layer: Layer, level: int, least: int, box: tuple[float, float, float, float]) -> Cells:
    """The cells that share a point with a box, each of them whole."""
    shift, (west, south, east, north) = PLACES - level, box
    (left, top), (right, bottom) = place(west, north), place(east, south)
    left, top, right, bottom = (each >> shift for each in (left, top, right, bottom))
    corners = degrees(level, left, bottom), degrees(level, right, top)
    reach = (*corners[0][:2], *corners[1][2:])
    kept = level_of(layer.minzoom, level) if level <= max(levels(layer.minzoom), default=0) else None
    ends = (left << shift, top << shift, (right + 1 << shift) - 1, (bottom + 1 << shift) - 1)
    return Cells(level, kept, *ends, least=least, reach=reach)
