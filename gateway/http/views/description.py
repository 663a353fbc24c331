"""What the pages for browsers know of the gateway; enters layers and settings, leaves plain JSON.

It is derived from the declarations of the layers, so that a page shows a new layer without a change of its own.
"""

from collections.abc import Sequence
from typing import Any

from gateway.execution.writing.drafts import required
from gateway.feeds.colors import THEMES
from gateway.feeds.styles import stacked
from gateway.http.views.documents import (
    analysis_document,
    documents,
    edge,
    grouped,
    key,
    notice_document,
    search_document,
    shown,
    statistics,
    write_documents,
)
from gateway.layers import Layer, LayerField, Layers
from gateway.models.declaration import Relation, camel
from gateway.models.kinds import Kind
from gateway.query.notices import notified
from gateway.settings import Settings, TileSettings
from gateway.sql.tile_statement import LABELS


def describe(layers: Layers, settings: Settings) -> dict[str, Any]:
    """Layers with their fields and relations, what the map draws, limits that a page must keep, and the basemap."""
    basemap = settings.map.basemap
    return {
        "layers": [_layer(layer, layers) for layer in layers],
        "drawn": _drawn(layers, settings.tiles),
        "search": search_document(layers),
        "notices": _notices(layers),
        "analysis": analysis_document(),
        "page": settings.limits.page,
        "vertices": settings.limits.vertices,
        "graphiql": settings.http.graphiql,
        "units": settings.map.units,
        "basemap": {"tiles": basemap, "attribution": settings.map.attribution} if basemap else None,
    }


def _drawn(layers: Layers, settings: TileSettings) -> dict[str, object]:
    """The styles of all layers, their names from the top, and what is common to their tiles."""
    names = [layer.name for layer in stacked(layers)]
    return {
        "styles": {theme: f"/styles/{','.join(names)}.json?theme={theme}" for theme in THEMES},
        "order": names[::-1],
        "maxzoom": settings.max_zoom,
        "attribution": settings.attribution,
    }


def _notices(layers: Layers) -> dict[str, object] | None:
    """The layer of which there are notice lists, and what asks for one; None for none."""
    if (document := notice_document(layers)) is None:
        return None
    return {"layer": notified(layers)[0].name, "document": document}


def _layer(layer: Layer, layers: Layers) -> dict[str, Any]:
    """A layer as anyone may see it: without its private columns."""
    fields = shown(layer)
    return {
        "name": layer.name,
        "type": layer.type_name,
        "one": layer.singular,
        "many": layer.plural,
        "title": layer.verbose_name,
        "titles": layer.verbose_name_plural,
        "tiles": _tiles(layer, "", layer.legend[:1]),
        "labels": _tiles(layer, LABELS, (layer.label,) if layer.label else ()),
        "minzoom": layer.minzoom,
        "tracked": layer.tracked,
        "key": key(layer),
        "fields": [_field(field) for field in fields if field.kind is not Kind.GEOMETRY],
        "documents": documents(layer, layers),
        "groups": grouped(layer),
        "summed": [camel(attribute) for attribute in layer.summed if attribute not in layer.private],
        "statistics": statistics(layer),
        "relations": [_relation(relation, layer, layers) for relation in layer.relations],
    }


def writing(layers: Layers) -> dict[str, Any]:
    """How rows are written, by layer, to whom the layers are shown: what they do not see is not named."""
    return {layer.name: _written(layer) for layer in layers.writable}


def _written(layer: Layer) -> dict[str, Any]:
    """The fields of a form, what geometries are, the documents, and whether all that may be written is among it."""
    fields = [field for field in layer.writable if field.kind is not Kind.GEOMETRY and not field.withheld]
    return {
        "fields": [_field(field) | {"required": required(layer, field)} for field in fields],
        "shape": layer.fields["geometry"].geometry_type,
        "documents": write_documents(layer),
        "whole": not any(field.withheld for field in layer.writable),
    }


def _tiles(layer: Layer, end: str, attributes: Sequence[str]) -> str:
    """The template of tiles that have what is drawn of rows, no more: with all fields they take twice the time."""
    shown = (camel(attribute) for attribute in attributes if attribute not in layer.private)
    return f"/tiles/{layer.name}{end}/{{z}}/{{x}}/{{y}}.mvt?properties={','.join(shown)}"


def _field(field: LayerField) -> dict[str, object]:
    return {"name": field.name, "kind": field.kind.value, "text": field.description}


def _relation(relation: Relation, layer: Layer, layers: Layers) -> dict[str, object]:
    """A relation with what its edges show."""
    shown = edge(relation, layer, layers)
    return {"field": relation.field, "target": relation.target, "text": relation.description, "edge": shown}
