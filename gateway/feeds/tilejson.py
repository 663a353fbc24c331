"""What a map must know of tiles; enters the layers of tiles and where they lie, leaves TileJSON 3.0.

https://github.com/mapbox/tilejson-spec/tree/master/3.0.0
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.feeds.spread import Spread
from gateway.feeds.tile_sets import TileSet
from gateway.models.kinds import Kind
from gateway.settings import TileSettings
from gateway.sql.overview_tiles import OVERVIEW
from gateway.sql.tile_statement import TileLayer

_TYPES: Mapping[Kind, str] = {
    Kind.INTEGER: "Number",
    Kind.BIGINT: "Number",
    Kind.FLOAT: "Number",
    Kind.DECIMAL: "Number",
    Kind.BOOLEAN: "Boolean",
}


def of_set(wanted: TileSet, url: str, spread: Spread | None, settings: TileSettings) -> Mapping[str, Any]:
    """The TileJSON of the tiles of layers; without `spread` there are no rows."""
    least = min(0 if has_overview(item) else item.layer.minzoom for item in wanted.layers)
    layers = [
        *(_layer(item, settings) for item in wanted.layers),
        *(_overview(item) for item in wanted.layers if has_overview(item)),
    ]
    name = ", ".join(item.name for item in wanted.layers)
    return tilejson(name, url, layers, spread, settings, minzoom=least)


def tilejson(
    name: str,
    url: str,
    layers: Sequence[Mapping[str, object]],
    spread: Spread | None,
    settings: TileSettings,
    *,
    minzoom: int = 0,
) -> Mapping[str, Any]:
    """The TileJSON of tiles at `url`, a template with {z}, {x} and {y}.

    `bounds` is the box of all rows, `center` the middle of most of them and a zoom at which some of these are drawn.
    """
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": name,
        "scheme": "xyz",
        "tiles": [url],
        "minzoom": minzoom,
        "maxzoom": max(settings.max_zoom, minzoom),
        "vector_layers": layers,
    }
    if settings.attribution:
        document["attribution"] = settings.attribution
    if spread is not None:
        document |= {"bounds": spread.bounds, "center": (*spread.center, min(spread.zoom, document["maxzoom"]))}
    return document


def value_type(kind: Kind) -> str:
    """What TileJSON calls the values of a property."""
    return _TYPES.get(kind, "String")


def _layer(item: TileLayer, settings: TileSettings) -> Mapping[str, object]:
    text = f"a point in each of the {item.layer.verbose_name_plural}" if item.labels else item.layer.verbose_name_plural
    return {
        "id": item.name,
        "description": f"{text.capitalize()}.",
        "minzoom": item.layer.minzoom,
        "maxzoom": max(settings.max_zoom, item.layer.minzoom),
        "fields": {field.name: value_type(field.kind) for field in item.properties},
    }


def has_overview(item: TileLayer) -> bool:
    """Whether tiles that are too far out for the rows of a layer hold an overview of them."""
    return item.layer.minzoom > 0 and not item.labels


def _overview(item: TileLayer) -> Mapping[str, object]:
    return {
        "id": f"{item.layer.name}{OVERVIEW}",
        "description": f"Cells of the map with how many {item.layer.verbose_name_plural} lie there.",
        "minzoom": 0,
        "maxzoom": item.layer.minzoom - 1,
        "fields": {"count": "Number"} | ({"sum": "Number"} if item.overview.summed else {}),
    }
