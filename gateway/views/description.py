"""Floor 5. What the pages for browsers know of the gateway; enters layers and settings, leaves plain JSON.

It is derived from the declarations of the layers, so that a page shows a new layer without a change of its own.
"""

from typing import Any

from gateway.layers import Kind, Layer, LayerField, Layers, Relation, RelationKind, Side
from gateway.settings import Settings


def describe(layers: Layers, settings: Settings) -> dict[str, Any]:
    """Layers with their fields and relations, limits that a page must keep, and the basemap."""
    basemap = settings.map.basemap
    return {
        "layers": [_layer(layer) for layer in layers],
        "page": settings.limits.page,
        "vertices": settings.limits.vertices,
        "graphiql": settings.http.graphiql,
        "basemap": {"tiles": basemap, "attribution": settings.map.attribution} if basemap else None,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    """A layer as anyone may see it: without its private columns."""
    fields = [field for field in layer.fields.values() if field.attribute not in layer.private]
    key = next(field.name for field in fields if field.attribute == layer.natural_key)
    return {
        "name": layer.name,
        "type": layer.type_name,
        "one": layer.singular,
        "many": layer.plural,
        "title": layer.verbose_name,
        "titles": layer.verbose_name_plural,
        "key": key,
        "fields": [_field(field) for field in fields if field.kind is not Kind.GEOMETRY],
        "relations": [_relation(relation) for relation in layer.relations],
    }


def _field(field: LayerField) -> dict[str, Any]:
    return {"name": field.name, "kind": field.kind.value, "text": field.description}


def _relation(relation: Relation) -> dict[str, Any]:
    """A relation with what its edges tell; only the part of an overlap has a primary whole."""
    if relation.kind is RelationKind.BORDER:
        edge = ["sharedBorderM"]
    else:
        edge = ["overlapAreaSqm", "coverage", *(["isPrimary"] if relation.part is Side.SOURCE else [])]
    return {"field": relation.field, "target": relation.target, "text": relation.description, "edge": edge}
