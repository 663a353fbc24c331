"""Floor 3. What a URL of tiles or an export asks for; enters a layer and query parameters, leaves a frozen Feed.

filters     the `filters` argument of GraphQL, as JSON or as a token that GraphQL gave
bbox        west,south,east,north in degrees: rows that share a point with the box
properties  names of fields, comma separated
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway import errors
from gateway.feeds.fields import own_fields, parse_properties
from gateway.geo import bbox
from gateway.geo.shapes import Shape
from gateway.layers import Layer, LayerField, Layers
from gateway.principal import Principal, Scope
from gateway.query.costs import check_filter_cost
from gateway.query.filters import And, Filter, Spatial
from gateway.query.parse import parse_filter
from gateway.query.tokens import FilterCodec, FilterToken
from gateway.settings import LimitSettings

PARAMETERS = frozenset({"filters", "bbox", "properties"})

Default = Callable[[Layer], tuple[LayerField, ...]]


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows of a layer, and the fields of each that are told; `signed` where the URL speaks for someone."""

    layer: Layer
    filter: Filter | None
    properties: tuple[LayerField, ...]
    signed: bool = False


@dataclass(frozen=True, slots=True)
class FeedParser:
    """Reads query parameters for one server, within the limits of a GraphQL request.

    `seen_by` gives the layers as a principal may see them.
    """

    layers: Layers
    seen_by: Callable[[Principal], Layers]
    limits: LimitSettings
    codec: FilterCodec

    def parse(self, name: str, given: Mapping[str, str], asker: Principal, *, default: Default = own_fields) -> Feed:
        """Read the parameters of one layer; an error's path begins at the parameter. Other parameters are passed over.

        Without `properties` it is the fields that `default` names.

        Raises Unauthenticated or Forbidden where neither `asker` nor whom a signed filter speaks for may read.
        """
        token = self._token(name, given.get("filters"))
        principal = asker if token.principal is None else token.principal
        principal.require(Scope.READ, "To read")
        layers = self.seen_by(principal)
        layer = layers[name]
        filters = parse_filter(layer, layers, self.limits, token.filters)
        if (box := given.get("bbox")) is not None:
            within = Spatial(layer.fields["geometry"], "intersects", parse_bbox(box))
            filters = within if filters is None else And((within, filters))
        chosen = given.get("properties")
        fields = default(layer) if chosen is None else parse_properties(layer, chosen)
        return Feed(layer, filters, fields, signed=token.principal is not None)

    def _token(self, name: str, text: str | None) -> FilterToken:
        if text is None:
            return FilterToken({})
        token = self.codec.decode(self.layers[name], text)
        check_filter_cost(token.filters, self.limits)
        return token


def parse_bbox(text: str) -> Shape:
    """Read `bbox=west,south,east,north`."""
    try:
        return bbox.from_bbox([float(side) for side in text.split(",", 6)])
    except ValueError:
        raise errors.GeometryError("bbox must be west,south,east,north in degrees.", path=("bbox",)) from None
    except errors.ArgumentError as error:
        raise error.at("bbox") from error
