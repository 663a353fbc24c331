"""Floor 5. Fields that hold URLs of a connection: its rows as tiles and as files; enters a layer, leaves fields."""

from collections.abc import Callable, Mapping
from typing import Any

from strawberry.types.field import StrawberryField

from gateway.layers import Layer, camel
from gateway.query.links import check_now
from schema.annotations import Types, make_type, resolved
from schema.info import Info

_TILES: Mapping[str, str] = {
    "url": "Template of the URLs of vector tiles (MVT) with {z}, {x} and {y}, for `tiles` of a map's source.",
    "tile_json": "URL of their TileJSON, for `url` of a map's source: with bounds, zooms and properties.",
}
_EXPORTS: Mapping[str, str] = {
    "geojson": "One GeoJSON FeatureCollection (RFC 7946).",
    "geojson_seq": "One GeoJSON Feature a line, to be read while it comes.",
    "csv": "Comma separated values, with the geometry as WKT.",
    "flatgeobuf": "FlatGeobuf, for GIS programs.",
}


def add_link_types(types: Types) -> None:
    """Make `TileLinks` and `ExportLinks`."""
    tiles = "URLs of vector tiles of all rows that the filter keeps; they carry the filter."
    exports = "URLs of files of all rows that the filter keeps; they carry the filter."
    make_type(types, "TileLinks", tiles, _fields(types, _TILES))
    make_type(types, "ExportLinks", exports, _fields(types, _EXPORTS))


def _fields(types: Types, texts: Mapping[str, str]) -> Mapping[str, StrawberryField]:
    return {name: resolved(types, _url(camel(name)), str, text) for name, text in texts.items()}


def _url(name: str) -> Callable[..., str]:
    def resolve(root: Mapping[str, str]) -> str:
        return root[name]

    return resolve


def link_fields(types: Types, layer: Layer) -> Mapping[str, StrawberryField]:
    """`tiles` and `exports`; null, with an error, where a filter is too long for a URL."""
    return {
        "tiles": resolved(types, _tiles(layer), "TileLinks | None", "All these rows as vector tiles, for a map."),
        "exports": resolved(types, _exports(layer), "ExportLinks | None", "All these rows as a file to download."),
    }


def _tiles(layer: Layer) -> Callable[..., Any]:
    def resolve(root: Any, info: Info) -> Mapping[str, str]:
        check_now("Tiles", root.moment)
        return info.context.parser.links.tiles(layer, root.filters)

    return resolve


def _exports(layer: Layer) -> Callable[..., Any]:
    def resolve(root: Any, info: Info) -> Mapping[str, str]:
        check_now("Exports", root.moment)
        return info.context.parser.links.exports(layer, root.filters)

    return resolve
