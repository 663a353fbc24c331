"""Which layers a URL of tiles asks for; enters names and query parameters, leaves a frozen TileSet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

from gateway import errors
from gateway.db.sessions import Database
from gateway.feeds.costs import FeedCost
from gateway.feeds.request import PARAMETERS, Asked, Feed, FeedParser
from gateway.geo.tile_grid import Tile
from gateway.identity.principal import Principal
from gateway.layers import Layer
from gateway.query.links import TILES
from gateway.query.operands import instant
from gateway.query.parameters import parameters
from gateway.sql.tile_statement import LABELS, Overview, TileLayer

_MOST_LAYERS = 10
_COMMON = frozenset({"bbox", "cells", "asOf"})  # parameters of all layers
_PARAMETERS = PARAMETERS | _COMMON | {"sum"}
_SHAPES = ("squares", "points")


@dataclass(frozen=True, slots=True)
class TileSet:
    """Layers of tiles as a URL asks for them: hashable, equal for equal tiles."""

    layers: tuple[TileLayer, ...]
    signed: bool = False
    prices: tuple[FeedCost, ...] = field(default=(), compare=False, repr=False)

    def cost(self, tile: Tile | None = None, most: float = inf) -> int:
        """Units of cost to draw a tile of `most` rows a layer; without one to find where all rows lie."""
        if tile is None:
            return sum(price.spread for price in self.prices)
        summed = {item.layer.name: item.overview.summed for item in self.layers}
        box = tile.degrees()
        return sum(
            price.tile(box, most) if price.layer.minzoom <= tile.z else price.overview(box, summed[price.layer.name])
            for price in self.prices
        )

    def check(self, tile: Tile | None = None) -> None:
        """Refuse a filter that takes longer than an operation may."""
        for price in self.prices:
            price.check(None if tile is None else tile.degrees())


class TileSets:
    """Reads URLs of tiles for one server."""

    def __init__(self, parser: FeedParser) -> None:
        self._parser = parser
        self._layers = parser.layers

    async def parse(self, names: str, query: bytes, asker: Principal, database: Database) -> TileSet:
        """Read `parcels,zoning_districts` and the parameters, as `asker` may see what they name.

        Each layer may come as its areas and, under `{layer}_labels`, as points for labels. A parameter is that of the
        only layer, or names its own: `filters.parcels`.
        """
        wanted = [self._wanted(name) for name in names.split(",")]
        if len(set(wanted)) < len(wanted) or len(wanted) > _MOST_LAYERS:
            raise errors.ArgumentError(f"Name each layer once, and at most {_MOST_LAYERS}.", path=("layers",))
        layers = dict.fromkeys(layer for layer, _ in wanted)
        given = self._given(list(layers), query)
        alone, feeds = len(layers) == 1, {}
        for layer in layers:
            asked = Asked(asker, TILES, given[layer.name])
            feeds[layer] = await self._feed(layer, asked, database, alone=alone)
        made = ((feeds[layer], labels) for layer, labels in wanted)
        tiled = tuple(
            TileLayer(feed.layer, feed.filter, feed.properties, labels, _overview(feed)) for feed, labels in made
        )
        signed = any(feed.signed for feed in feeds.values())
        return TileSet(tiled, signed, tuple(feed.price for feed in feeds.values()))

    def _wanted(self, name: str) -> tuple[Layer, bool]:
        layer = self._layers.by_name.get(name)
        if layer is not None:
            return layer, False
        layer = self._layers.by_name.get(name.removesuffix(LABELS))
        if layer is None:
            known = ", ".join(f"{layer.name}, {layer.name}{LABELS}" for layer in self._layers)
            raise errors.NotFound(f"There is no layer {name[:80]!r}. There are {known}.")
        return layer, True

    def _given(self, layers: list[Layer], query: bytes) -> Mapping[str, Mapping[str, str]]:
        if not query:
            return {layer.name: {} for layer in layers}
        own = {f"{name}.{layer.name}" for name in _PARAMETERS - _COMMON for layer in layers}
        given = parameters(query, own | _COMMON if len(layers) > 1 else _PARAMETERS)
        return {
            layer.name: {name.removesuffix(f".{layer.name}"): value for name, value in given.items()}
            for layer in layers
        }

    async def _feed(self, layer: Layer, asked: Asked, database: Database, *, alone: bool) -> Feed:
        try:
            return _then(await self._parser.parse(layer.name, asked, database))
        except errors.ArgumentError as error:
            if not alone and error.path and error.path[0] not in _COMMON:
                error.path = (f"{error.path[0]}.{layer.name}", *error.path[1:])
            raise


def _then(feed: Feed) -> Feed:
    """The rows of the moment that the URL names, if it does."""
    given = feed.parameters.get("asOf")
    return feed if given is None else replace(feed, layer=replace(feed.layer, moment=instant(given, ("asOf",))))


def _overview(feed: Feed) -> Overview:
    shape = feed.parameters.get("cells", _SHAPES[0])
    if shape not in _SHAPES:
        raise errors.ArgumentError(f"cells must be {' or '.join(_SHAPES)}.", path=("cells",))
    return Overview(feed.summed, points=shape == "points")
