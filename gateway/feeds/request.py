"""What a URL of tiles or an export asks for; enters a layer and query parameters, leaves a frozen Feed.

filters     the `filters` argument of GraphQL, as JSON or as a token that GraphQL gave
bbox        west,south,east,north in degrees: rows that share a point with the box
properties  names of fields, comma separated
sum         of tiles: the name of the field whose sum the cells of an overview have
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from gateway import errors
from gateway.db.sessions import Database
from gateway.feeds.costs import FeedCost
from gateway.feeds.fields import own_fields, parse_properties, visible_fields
from gateway.geo import bbox
from gateway.geo.shapes import Shape
from gateway.identity.principal import Principal, Scope
from gateway.layers import Layer, LayerField, Layers
from gateway.models.kinds import Kind
from gateway.query.filters import And, Filter, Spatial
from gateway.query.parse import parse_filter
from gateway.query.statistics import Estimates
from gateway.query.tokens import FilterCodec, FilterToken, Signed
from gateway.settings import LimitSettings

PARAMETERS = frozenset({"filters", "bbox", "properties"})

_NUMBERS = {Kind.INTEGER, Kind.BIGINT, Kind.FLOAT, Kind.DECIMAL}

Default = Callable[[Layer], tuple[LayerField, ...]]


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows of a layer, and the fields of each that are told.

    `parameters` are those of the URL and those that were signed, `signed` is whether the URL speaks for someone.
    """

    layer: Layer
    filter: Filter | None
    properties: tuple[LayerField, ...]
    parameters: Mapping[str, str]
    price: FeedCost = field(compare=False, repr=False)
    layers: Layers = field(compare=False, repr=False)
    signed: bool = False
    summed: LayerField | None = None

    @property
    def cost(self) -> int:
        """Units of cost to read all of it."""
        return self.price.whole


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks for: an asker, query parameters, and in which form: tiles, or the ending of an export."""

    asker: Principal
    form: str
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FeedParser:
    """Reads query parameters for one server, within the limits of a GraphQL request.

    `seen_by` gives the layers as a principal may see them, with those of their relations that are read from pairs;
    `confirm` the principal of a signed URL as it is now.
    """

    layers: Layers
    seen_by: Callable[[Principal, frozenset[str]], Layers]
    confirm: Callable[[Principal, Database], Awaitable[Principal]]
    limits: LimitSettings
    codec: FilterCodec
    estimates: Estimates = field(default_factory=Estimates)
    suggestions: bool = True  # whether errors list the names that there are

    async def parse(self, name: str, asked: Asked, database: Database, *, default: Default = own_fields) -> Feed:
        """Read the parameters of one layer; an error's path begins at the parameter. Other parameters are passed over.

        Without `properties` it is the fields that `default` names. A signed URL may leave out of what was signed.

        Raises Unauthenticated or Forbidden where neither the asker nor whom a signed filter speaks for may read.
        """
        try:
            return await self._parse(name, asked, database, default)
        except errors.ArgumentError as error:
            if not self.suggestions:
                error.without_names()
            raise

    async def _parse(self, name: str, asked: Asked, database: Database, default: Default) -> Feed:
        token = self._token(name, asked.given.get("filters"))
        principal, given, signed = asked.asker, asked.given, token.signed
        if signed is not None:
            given = permitted(signed, asked)
            principal = await self.confirm(signed.principal, database)
        principal.require(Scope.READ, "To read")
        layers = self.seen_by(principal, self.estimates.now.kept)
        layer = layers[name]
        filters = parse_filter(layer, layers, self.limits, token.filters)
        if (box := given.get("bbox")) is not None:
            within = Spatial(layer.fields["geometry"], "intersects", parse_bbox(box))
            filters = within if filters is None else And((within, filters))
        fields = _fields(layer, given.get("properties"), default)
        summed = _summed(layer, given["sum"]) if "sum" in given else None
        if signed is not None:
            allowed = _fields(layer, signed.parameters.get("properties"), default)
            check_signed(fields if summed is None else (*fields, summed), allowed)
        price = self._price(layer, token.filters, given)
        return Feed(layer, filters, fields, given, price, layers, signed is not None, summed)

    def _token(self, name: str, text: str | None) -> FilterToken:
        if text is None:
            return FilterToken({})
        return self.codec.decode(self.layers[name], text)

    def _price(self, layer: Layer, filters: Mapping[str, object], given: Mapping[str, str]) -> FeedCost:
        if (box := given.get("bbox")) is not None:
            within = {"geometry": {"intersects": {"bbox": _sides(box)}}}
            filters = {"and": [filters, within]} if filters else within
        return FeedCost(self.layers, layer, filters, self.estimates, self.limits, past="asOf" in given)


def _fields(layer: Layer, chosen: str | None, default: Default) -> tuple[LayerField, ...]:
    return default(layer) if chosen is None else parse_properties(layer, chosen)


def _summed(layer: Layer, name: str) -> LayerField:
    numbers = {each.name: each for each in visible_fields(layer) if _addable(layer, each)}
    if (field := numbers.get(name)) is None:
        message = f"{layer.plural} have no number {name[:80]!r} to be added."
        raise errors.ArgumentError(message, path=("sum",), names=f"There are {', '.join(numbers)}.")
    return field


def _addable(layer: Layer, field: LayerField) -> bool:
    return field.own and not field.computed and field.kind in _NUMBERS and field.attribute != layer.natural_key


def permitted(signed: Signed, asked: Asked) -> Mapping[str, str]:
    """The parameters of a signed URL and those that were signed; raises NotSigned where they differ."""
    if asked.form != signed.form:
        message = f"The URL is signed for {signed.form}, not for {asked.form}. Ask GraphQL for its URL."
        raise errors.NotSigned(message, path=("filters",))
    if "relations" in asked.given:
        message = "A signed URL is of the rows alone. Leave relations out, or send a credential with the request."
        raise errors.NotSigned(message, path=("relations",))
    for name in ("crs", "precision", "asOf"):
        kept = signed.parameters.get(name)
        coarser = name == "precision" and kept is None
        if asked.given.get(name, kept) != kept and not coarser:
            message = f"The URL is signed with another {name}, or none. Ask GraphQL for the URL with it."
            raise errors.NotSigned(message, path=(name,))
    return {**signed.parameters, **asked.given}


def check_signed(fields: Iterable[LayerField], signed: Collection[LayerField]) -> None:
    """Refuse properties that were not signed."""
    if more := next((field.name for field in fields if field not in signed), None):
        message = f"The URL is signed without the property {more!r}. Ask GraphQL for its URL with these properties."
        raise errors.NotSigned(message, path=("properties",))


def parse_bbox(text: str) -> Shape:
    """Read `bbox=west,south,east,north`."""
    try:
        return bbox.from_bbox(_sides(text))
    except ValueError:
        raise errors.GeometryError("bbox must be west,south,east,north in degrees.", path=("bbox",)) from None
    except errors.ArgumentError as error:
        raise error.at("bbox") from error


def _sides(text: str) -> list[float]:
    return [float(side) for side in text.split(",", 6)]
