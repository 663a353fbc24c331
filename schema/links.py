"""URLs of a connection: its rows as tiles and as files; enters a layer, leaves types and resolvers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from strawberry.types.field import StrawberryField

from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.query.links import check_now, parse_parameters
from schema.annotations import Argument, Types, make_type, plain, resolved
from schema.info import Info

Resolver: TypeAlias = tuple[Callable[..., Any], Mapping[str, Argument]]  # of a field, and its arguments

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


def link_resolvers(types: Types, layer: Layer) -> Mapping[str, Resolver]:
    """Those of `tiles` and `exports`; null, with an error, where a filter is too long for a URL."""
    choice: Any = types[f"{layer.type_name}Property"]
    signed = "A URL of someone with credentials shows these and no others."
    properties = Argument(list[choice] | None, f"What features hold; without it what the format holds. {signed}")
    crs = Argument(str | None, "CRS of csv and flatgeobuf, for example EPSG:2249; without it WGS 84.")
    precision = Argument(int | None, "Decimals of coordinates, 0 to 15; without it every digit that is stored.")
    given = {"properties": properties, "crs": crs, "precision": precision}
    return {"tiles": (_tiles(layer), {"properties": properties}), "exports": (_exports(layer), given)}


def _tiles(layer: Layer) -> Callable[..., object]:
    def resolve(root: Any, info: Info, **given: Any) -> Mapping[str, str]:
        check_now("Tiles", root.moment)
        return info.context.parser.links.tiles(layer, root.filters, _parameters(info, layer, given))

    return resolve


def _exports(layer: Layer) -> Callable[..., object]:
    def resolve(root: Any, info: Info, **given: Any) -> Mapping[str, str]:
        check_now("Exports", root.moment)
        return info.context.parser.links.exports(layer, root.filters, _parameters(info, layer, given))

    return resolve


def _parameters(info: Info, layer: Layer, given: Mapping[str, Any]) -> Mapping[str, str]:
    return parse_parameters(info.context.layers[layer.name], **{name: plain(value) for name, value in given.items()})
