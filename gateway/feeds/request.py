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
from gateway.query.costs import check_filter_cost
from gateway.query.filters import And, Filter, Spatial
from gateway.query.parse import parse_filter
from gateway.query.tokens import FilterCodec
from gateway.settings import LimitSettings

PARAMETERS = frozenset({"filters", "bbox", "properties"})

Default = Callable[[Layer, str | None], tuple[LayerField, ...]]


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows of a layer, and the fields of each that are told; `principal` is whom a signed filter speaks for."""

    layer: Layer
    filter: Filter | None
    properties: tuple[LayerField, ...]
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class FeedParser:
    """Reads query parameters for one server, within the limits of a GraphQL request."""

    layers: Layers
    limits: LimitSettings
    codec: FilterCodec

    def parse(self, layer: Layer, given: Mapping[str, str], *, default: Default = own_fields) -> Feed:
        """Read the parameters of one layer; an error's path begins at the parameter. Other parameters are passed over.

        Without `properties` it is the fields that `default` names.
        """
        filters, principal = self._filter(layer, given.get("filters"))
        if (box := given.get("bbox")) is not None:
            within = Spatial(layer.fields["geometry"], "intersects", parse_bbox(box))
            filters = within if filters is None else And((within, filters))
        chosen = given.get("properties")
        fields = default(layer, principal) if chosen is None else parse_properties(layer, chosen, principal)
        return Feed(layer, filters, fields, principal)

    def _filter(self, layer: Layer, text: str | None) -> tuple[Filter | None, str | None]:
        if text is None:
            return None, None
        token = self.codec.decode(layer, text)
        check_filter_cost(token.filters, self.limits)
        return parse_filter(layer, self.layers, self.limits, token.filters), token.principal


def parse_bbox(text: str) -> Shape:
    """Read `bbox=west,south,east,north`."""
    try:
        return bbox.from_bbox([float(side) for side in text.split(",", 6)])
    except ValueError:
        raise errors.GeometryError("bbox must be west,south,east,north in degrees.", path=("bbox",)) from None
    except errors.ArgumentError as error:
        raise error.at("bbox") from error
