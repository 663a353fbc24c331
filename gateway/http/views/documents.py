"""The documents of the map; enters the declarations of layers, leaves operations by their purpose.

They are made here, and sent with the page, so that the map asks for nothing else: what it asks for is trusted without
being told to a command.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from graphql import parse, print_ast

from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation, Side, camel
from gateway.models.kinds import Kind
from gateway.planner.keys import columns, numbers
from gateway.query.notices import has_recipients, notified
from gateway.query.values import EdgeValue, edge_values

_TITLES = ("address", "name", "zoneCode")
_EXACT = "geometry(precision: 15)"
_EXPORTS = "geojson geojsonSeq csv flatgeobuf"


def map_documents(layers: Layers, views: Iterable[Layers] = ()) -> Iterator[str]:
    """All of them; `views` are the layers as those who may write see them."""
    for view in views:
        for layer in view.writable:
            yield from write_documents(layer).values()
    for layer in layers:
        yield from documents(layer, layers).values()
        yield from statistics(layer).values()
    for text in (search_document(layers), notice_document(layers), analysis_document()):
        if text is not None:
            yield text


def analysis_document() -> str:
    """What the map asks of an analysis whose result it shows."""
    text = (
        "query Analysis($id: ID!) { analysisJob(id: $id) { layer method state phase rows written expectedSeconds "
        "startedAt expiresAt error { message } result { tileJson geojson geoparquet } } }"
    )
    return print_ast(parse(text))


def search_document(layers: Layers) -> str | None:
    """What the search box asks, None where no layer is searchable; a row stands under the plural of its layer."""
    rows = " ".join(
        f"{layer.plural}: node {{ ... on {layer.type_name} {{ {_brief(layer)} bbox }} }}" for layer in layers.searchable
    )
    text = (
        "query Search($text: String!, $near: GeometryInput, $first: Int!) { search(text: $text, near: $near, "
        f"first: $first) {{ layer parts {{ text matched }} {rows} }} }}"
    )
    return _printed(text) if rows else None


def notice_document(layers: Layers) -> str | None:
    """What the notice list asks, None where no layer has recipients; its subject is a row or a shape."""
    if not has_recipients(layers):
        return None
    layer, _ = notified(layers)
    parcels = f"parcels {{ distance node {{ {_brief(layer)} bbox geometry }} }}"
    text = (
        "query Notice($geometry: GeometryInput!, $distance: Float!, $unit: LengthUnit!, $include: [NoticeInclude!]!, "
        "$asOf: DateTime) { noticeList(geometry: $geometry, distance: $distance, unit: $unit, include: $include, "
        f"asOf: $asOf) {{ recipients {{ label distance {parcels} }} omitted {{ reason count {parcels} }} "
        "proof { dataAsOf found metres recipients } files { labels recipients parcels } } }"
    )
    return _printed(text)


def documents(layer: Layer, layers: Layers) -> Mapping[str, str]:
    """Those of one layer."""
    many, brief, filters = layer.plural, _brief(layer), f"$filters: {layer.type_name}Filter"
    then, moment = (", asOf: $asOf", ", $asOf: DateTime") if layer.tracked else ("", "")
    row = f"node {{ {brief} bbox }}"
    counts = "totalCount(mode: CAPPED) extent"
    fields = " ".join(field.name for field in shown(layer) if field.kind is not Kind.GEOMETRY)
    related = " ".join(_related(relation, layer, layers) for relation in layer.relations)
    one, own = f"{layer.singular}(featureId: $id{then})", "id " if layer.tracked else ""
    made = {
        "selection": f"query Selection({filters}, $first: Int!{moment}) {{ "
        f"{many}(filters: $filters, first: $first{then}) {{ {counts} edges {{ {row} }} }} }}",
        "nearest": f"query Nearest({filters}, $first: Int!, $near: GeometryInput!{moment}) {{ "
        f"{many}(filters: $filters, order: [{{ distanceTo: $near }}], first: $first{then}) "
        f"{{ {counts} edges {{ distance {row} }} }} }}",
        "title": f"query Title($id: BigInt!{moment}) {{ {one} {{ {brief} }} }}",
        "sheet": f"query Sheet($id: BigInt!{', $related: Int!' if layer.relations else ''}{moment}) "
        f"{{ {one} {{ {own}{fields} bbox geometry {related} }} }}",
        "place": f"query Place($id: BigInt!, $metres: Float!, $reach: Boolean!{moment}) {{ {one} {{ {own}{brief} "
        "geometry buffer(meters: $metres) @include(if: $reach) } }",
        "rows": f"query Rows({filters}, $order: [{layer.type_name}Order!], $first: Int!, $after: String{moment}) "
        f"{{ {many}(filters: $filters, order: $order, first: $first, after: $after{then}) "
        f"{{ totalCount nodes {{ {fields} bbox }} pageInfo {{ hasNextPage endCursor }} }} }}",
        "extent": f"{{ {many}(first: 0) {{ extent }} }}",
        "links": f"query Links({filters}) {{ {many}(filters: $filters) "
        f"{{ tiles {{ url }} exports {{ {_EXPORTS} }} }} }}",
        "groups": f"query Groups($keys: [{layer.type_name}GroupKey!]!, $first: Int!{moment}) {{ "
        f"{many}{then and '(asOf: $asOf)'} {{ groupBy(keys: $keys, first: $first) "
        f"{{ groups {{ key {{ {_keys(layer)} }} aggregate {{ count }} }} }} }} }}",
        "summary": f"query Summary({filters}, $keys: [{layer.type_name}GroupKey!]!, $first: Int!{moment}) {{ "
        f"{many}(filters: $filters{then}) {{ aggregate {{ count }} groupBy(keys: $keys, first: $first) "
        f"{{ groups {{ key {{ {_keys(layer)} }} aggregate {{ count }} }} withheld }} }} }}",
    }
    made |= _further(layer)
    return {purpose: _printed(text) for purpose, text in made.items()}


def _further(layer: Layer) -> Mapping[str, str]:
    """Every digit of the geometries that corners are drawn to, and what only layers can whose past is kept."""
    many, filters = layer.plural, f"$filters: {layer.type_name}Filter"
    snaps = f"query Snaps({filters}, $first: Int!) {{ {many}(filters: $filters, first: $first) "
    return {"snaps": f"{snaps}{{ nodes {{ featureId {_EXACT} }} }} }}", **(_past(layer) if layer.tracked else {})}


def statistics(layer: Layer) -> Mapping[str, str]:
    """What asks for the least, greatest and middle number of a field, and where all but a few lie, by its name."""
    then, moment = (", asOf: $asOf", ", $asOf: DateTime") if layer.tracked else ("", "")
    shares = {"low": 0.01, "median": 0.5, "high": 0.99}
    made = {}
    for name in grouped(layer)["numbers"]:
        spread = " ".join(f"{alias}: percentile(p: {share}) {{ {name} }}" for alias, share in shares.items())
        made[name] = (
            f"query Statistics($filters: {layer.type_name}Filter{moment}) {{ {layer.plural}(filters: $filters{then}) "
            f"{{ aggregate {{ min {{ {name} }} max {{ {name} }} {spread} }} }} }}"
        )
    return {name: _printed(text) for name, text in made.items()}


def _past(layer: Layer) -> Mapping[str, str]:
    """Those that compare now with a moment: tiles, what changed in a box since, and the history of a row."""
    many, brief, filters = layer.plural, _brief(layer), f"$filters: {layer.type_name}Filter"
    then = f"{many}(filters: $filters, asOf: $asOf"
    stored = " ".join(field.name for field in shown(layer) if not field.computed)
    kept = f"$changed: {layer.type_name}Filter, $added: {layer.type_name}Filter"
    return {
        "tilesThen": f"query TilesThen({filters}, $asOf: DateTime!) {{ {then}) {{ tiles {{ url }} }} }}",
        "changed": f"query Changed({filters}, {kept}, $asOf: DateTime!, $first: Int!) {{ "
        f"now: {many}(filters: $filters, first: 0) {{ totalCount }} then: {then}, first: 0) {{ totalCount }} "
        f"added: {many}(filters: $added, first: 0) {{ totalCount }} changed: {many}(filters: $changed, first: $first) "
        f"{{ totalCount nodes {{ {brief} createdAt bbox geometry }} }} }}",
        "ids": f"query Ids({filters}, $asOf: DateTime, $first: Int!, $after: String) {{ {then}, first: $first, "
        "after: $after) { nodes { featureId } pageInfo { hasNextPage endCursor } } }",
        "shapes": f"query Shapes({filters}, $asOf: DateTime, $first: Int!) {{ {then}, first: $first) "
        f"{{ nodes {{ {brief} bbox geometry }} }} }}",
        "history": f"query History($id: BigInt!, $global: ID!, $first: Int!) {{ {layer.singular}(featureId: $id) "
        f"{{ {stored} }} {layer.singular}History(id: $global, first: $first) {{ nodes {{ version operation changedAt "
        f"before {{ {stored} }} }} pageInfo {{ hasNextPage }} }} }}",
    }


def write_documents(layer: Layer) -> Mapping[str, str]:
    """Those of who may write to a layer that is shown to them so.

    A row with what may be written, its state before its last change, and the writes.
    """
    one, kind = layer.singular, layer.type_name
    names = " ".join(field.name for field in layer.writable if field.kind is not Kind.GEOMETRY and not field.withheld)
    written = f"outcome {one} {{ id featureId version }}"
    made = {
        "edited": f"query Edited($id: BigInt!) {{ {one}(featureId: $id) {{ id featureId version {names} {_EXACT} }} }}",
        "before": f"query Before($global: ID!) {{ {one}History(id: $global, first: 1) "
        f"{{ nodes {{ version before {{ {names} {_EXACT} }} }} }} }}",
        "create": f"mutation Create($input: {kind}Input!) {{ create{kind}(input: $input) {{ {written} }} }}",
        "update": f"mutation Update($change: {kind}Change!) {{ update{kind}(change: $change) {{ {written} }} }}",
        "delete": f"mutation Delete($removal: {kind}Removal!) {{ delete{kind}(removal: $removal) {{ outcome }} }}",
    }
    return {purpose: _printed(text) for purpose, text in made.items()}


def shown(layer: Layer) -> list[LayerField]:
    """The fields of a layer that anyone may see."""
    return [field for field in layer.fields.values() if field.attribute not in layer.private]


def key(layer: Layer) -> str:
    """The field that holds a layer's natural key."""
    return next(field.name for field in shown(layer) if field.attribute == layer.natural_key)


def edge(relation: Relation, layer: Layer, layers: Layers) -> list[str]:
    """What the edges of a relation show; only the part of an overlap has a primary whole."""
    values = edge_values(relation, layer, layers[relation.target])
    return [camel(value) for value in values if value is not EdgeValue.IS_PRIMARY or relation.part is Side.SOURCE]


def titles(layer: Layer) -> list[str]:
    """Fields that name a row to a person; the key comes first."""
    names = {field.name for field in shown(layer)}
    return [key(layer), *(name for name in _TITLES if name in names and name != key(layer))]


def grouped(layer: Layer) -> dict[str, list[str]]:
    """The fields that anyone may group by: by their values, and by ranges of them."""
    names = {field.name for field in shown(layer)}
    every = {"columns": columns(layer), "numbers": numbers(layer)}
    return {kind: [field.name for field in fields.values() if field.name in names] for kind, fields in every.items()}


def _keys(layer: Layer) -> str:
    fields = grouped(layer)
    return " ".join([*fields["columns"], *(["bin { start end }"] if fields["numbers"] else [])])


def _brief(layer: Layer) -> str:
    return " ".join(["featureId", *titles(layer)])


def _related(relation: Relation, layer: Layer, layers: Layers) -> str:
    rows = f"edges {{ {' '.join(edge(relation, layer, layers))} node {{ {_brief(layers[relation.target])} }} }}"
    return f"{relation.field}(first: $related) {{ totalCount(mode: CAPPED) {rows} }}"


@cache
def _printed(text: str) -> str:
    """A document as it is sent; each is made for its page and for the trusted ones, and takes a millisecond."""
    return print_ast(parse(text))
