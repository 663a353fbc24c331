"""URLs of a connection: its rows as tiles and as files; enters a layer, leaves types and resolvers."""

from collections.abc import Callable, Mapping

from gateway.execution.loaders.connection import Connection
from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.query.links import Links, at_moment, check_now, parse_parameters
from schema.annotations import Argument, Fields, Resolver, Types, entry, make_type, plain, resolved
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
    "geoparquet": "GeoParquet 1.1, for DuckDB, GeoPandas and the like.",
    "arrow": "Arrow IPC file with GeoArrow's WKB, for what reads Arrow.",
}


def add_link_types(types: Types) -> None:
    """Make `TileLinks` and `ExportLinks`."""
    tiles = "URLs of vector tiles of all rows that the filter keeps; they carry the filter and the moment of `asOf`."
    exports = "URLs of files of all rows that the filter keeps; they carry the filter."
    make_type(types, "TileLinks", tiles, _fields(types, _TILES))
    make_type(types, "ExportLinks", exports, _fields(types, _EXPORTS))


def _fields(types: Types, texts: Mapping[str, str]) -> Fields:
    return {name: resolved(types, entry(camel(name)), "String", text) for name, text in texts.items()}


def link_resolvers(layer: Layer) -> Mapping[str, tuple[Resolver, Mapping[str, Argument]]]:
    """Those of `tiles` and `exports`; null, with an error, where a filter is too long for a URL."""
    signed = "A URL of someone with credentials shows these and no others."
    text = f"What features hold; without it what the format holds. {signed}"
    properties = Argument(f"list[{layer.type_name}Property] | None", text)
    crs = Argument("String | None", "CRS, not for GeoJSON, for example EPSG:2249; without it WGS 84.")
    precision = Argument("Int | None", "Decimals of coordinates, 0 to 15; without it every digit that is stored.")
    arguments = {"properties": properties, "crs": crs, "precision": precision}
    return {
        "tiles": (_urls(layer, Links.tiles), {"properties": properties}),
        "exports": (_urls(layer, Links.exports), arguments),
    }


def _urls(layer: Layer, make: Callable[..., Mapping[str, str]]) -> Resolver:
    def resolve(root: Connection, info: Info, **given: object) -> Mapping[str, str]:
        if make is Links.exports:
            check_now("Exports", root.moment)
        seen = info.context.layers[layer.name]
        parameters = parse_parameters(seen, **{name: plain(value) for name, value in given.items()})
        if make is Links.tiles:
            parameters = at_moment(parameters, root.moment)
        return make(info.context.parser.links, layer, root.filters, parameters)

    return resolve
