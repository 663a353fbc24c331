"""Tiles, TileJSON and styles over HTTP; enters a path and a query string, leaves bytes with their ETag."""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlencode

import orjson
from cachetools import LRUCache

from gateway import errors
from gateway.feeds.cache import Body, body, packed
from gateway.feeds.colors import THEMES
from gateway.feeds.fields import with_seen_legend
from gateway.feeds.styles import Served, style
from gateway.feeds.tile_sets import TileSet, TileSets
from gateway.feeds.tilejson import of_set
from gateway.geo.tile_grid import parse_tile
from gateway.http.answers import JSON, Application, Scope, Send, answer, header, matches, qualities, unchanged
from gateway.http.origin import origin
from gateway.http.state import state_of
from gateway.http.views.read_only import read_only
from gateway.layers import Layer
from gateway.query.parameters import pairs
from gateway.settings import Settings
from gateway.sql.tile_statement import LABELS

_MVT = b"application/vnd.mapbox-vector-tile"
_KEPT = 512  # URLs that need not be read again


def views(sets: TileSets, settings: Settings) -> Mapping[str, Application]:
    """The views by their paths."""
    made = _Views(sets, settings)
    return {
        "/tiles/{layers}/{z}/{x}/{y}.mvt": read_only(made.tile, "tiles"),
        "/tiles/{layers}.json": read_only(made.tilejson, "tiles"),
        "/styles/{layers}.json": read_only(made.style, "tiles"),
    }


class _Views:
    def __init__(self, sets: TileSets, settings: Settings) -> None:
        self._sets = sets
        self._settings = settings
        self._read: LRUCache[Hashable, TileSet] = LRUCache(_KEPT)

    async def tile(self, scope: Scope, send: Send) -> None:
        """One tile."""
        path = scope["path_params"]
        tile = parse_tile(path["z"], path["x"], path["y"])
        wanted = await self._set(scope, path["layers"], scope["query_string"])
        wanted.check(tile)
        made = await state_of(scope)["tiles"].get(wanted, tile, state_of(scope)["claim"])
        await self._send(scope, send, made, _MVT, private=_private(scope, wanted))

    async def tilejson(self, scope: Scope, send: Send) -> None:
        """What a map must know of the tiles."""
        names, query = scope["path_params"]["layers"], scope["query_string"]
        wanted, claim = await self._set(scope, names, query), state_of(scope)["claim"]
        wanted.check()
        url = f"{origin(scope, self._settings.http)}/tiles/{names}/{{z}}/{{x}}/{{y}}.mvt{_query(query)}"
        document = of_set(wanted, url, await state_of(scope)["tiles"].spread(wanted, claim), self._settings.tiles)
        await self._send_json(scope, send, document, private=_private(scope, wanted))

    async def style(self, scope: Scope, send: Send) -> None:
        """How a map draws the tiles; `theme` is light or dark, other parameters are those of the tiles."""
        names, given = scope["path_params"]["layers"], pairs(scope["query_string"])
        theme = next((value for name, value in given if name == "theme"), THEMES[0])
        if theme not in THEMES:
            raise errors.ArgumentError(f"theme must be {' or '.join(THEMES)}.", path=("theme",))
        query = urlencode([pair for pair in given if pair[0] != "theme"]).encode()
        wanted, claim = await self._set(scope, names, query), state_of(scope)["claim"]
        wanted.check()
        layers = list(dict.fromkeys(with_seen_legend(item, signed=wanted.signed) for item in wanted.layers))
        kinds = {layer: await state_of(scope)["tiles"].kinds(layer, claim) for layer in layers}
        spread = await state_of(scope)["tiles"].spread(wanted, claim)
        document = style(layers, kinds, spread, self._served(scope, layers, query), theme)
        await self._send_json(scope, send, document, private=_private(scope, wanted))

    def _served(self, scope: Scope, layers: Sequence[Layer], query: bytes) -> Served:
        """The URLs of a style."""
        root, given = origin(scope, self._settings.http), pairs(query)
        names = scope["path_params"]["layers"]
        texts = {}
        for layer in layers:
            own = [(name.removesuffix(f".{layer.name}"), text) for name, text in given if _is_of(name, layer)]
            url = f"{root}/tiles/{layer.name}{LABELS}/{{z}}/{{x}}/{{y}}.mvt"
            texts[layer.name] = url + _query(urlencode(own).encode())
        tiles = f"{root}/tiles/{names}.json{_query(query)}"
        return Served(tiles, texts, f"{root}/static", self._settings.tiles.max_zoom)

    async def _set(self, scope: Scope, names: str, query: bytes) -> TileSet:
        """The layers of a URL; those of the last URLs are kept, unless they are signed and so expire."""
        asker = state_of(scope)["principal"]
        key = (names, query, asker.scopes)
        if (known := self._read.get(key)) is not None:
            return known
        parsed = await self._sets.parse(names, query, asker, state_of(scope)["database"])
        if not parsed.signed:
            self._read[key] = parsed
        return parsed

    async def _send_json(self, scope: Scope, send: Send, document: Mapping[str, object], *, private: bool) -> None:
        await self._send(scope, send, body(orjson.dumps(document)), JSON, private=private)

    async def _send(self, scope: Scope, send: Send, made: Body, media: bytes, *, private: bool) -> None:
        control = "private, no-cache" if private else self._settings.tiles.cache_control
        headers: list[tuple[bytes, bytes]] = [
            (b"etag", made.etag),
            (b"cache-control", control.encode()),
            (b"vary", b"Accept-Encoding"),
        ]
        if matches(scope, made.etag):
            await unchanged(send, headers)
            return
        content = made.plain
        if _takes_gzip(header(scope, b"accept-encoding")):
            compressed = await packed(made, self._settings.tiles.gzip_level)
            if compressed is not None:
                content = compressed
                headers.append((b"content-encoding", b"gzip"))
        await answer(send, 200, content, content_type=media, headers=headers)


def _private(scope: Scope, wanted: TileSet) -> bool:
    """Whether the answer is for this client alone, and for no shared cache."""
    return wanted.signed or not state_of(scope)["principal"].anonymous


def _is_of(parameter: str, layer: Layer) -> bool:
    """Whether `filters.parcels` or `bbox` is about a layer."""
    _, _, name = parameter.partition(".")
    return name in {"", layer.name}


def _query(query: bytes) -> str:
    """The query string with every brace encoded: clients put numbers for {z}, {x} and {y} alone."""
    return f"?{urlencode(pairs(query))}" if query else ""


@lru_cache(maxsize=64)  # clients say the same with each request
def _takes_gzip(accepted: bytes | None) -> bool:
    encodings = qualities(accepted or b"")
    return encodings.get(b"gzip", encodings.get(b"*", 0.0)) > 0
