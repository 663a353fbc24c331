"""Floor 5. The inputs, derived from layers; enters a layer, leaves its filter and order types.

Lookups of a kind of field are one input, shared by all fields of that kind; what a filter means is in `gateway.query`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from gateway.layers import Kind, Layer, LayerField, Relation
from gateway.query.lookups import LOOKUPS, Lookup, Operand
from gateway.query.order import Ordering, is_orderable
from schema.annotations import Member, Types, make_input
from schema.scalars import BBox, BigInt, Geometry

VALUES: Mapping[Kind, tuple[str, Any]] = {
    Kind.TEXT: ("String", str),
    Kind.INTEGER: ("Int", int),
    Kind.BIGINT: ("BigInt", BigInt),
    Kind.FLOAT: ("Float", float),
    Kind.BOOLEAN: ("Boolean", bool),
    Kind.DATETIME: ("DateTime", datetime),
    Kind.JSON: ("JSON", JSON),
}


def add_shared_inputs(types: Types) -> None:
    """Make the inputs that every layer uses: geometries, lookups of each kind, orderings."""
    types["Ordering"] = strawberry.enum(
        Ordering,
        description="A direction. Without NULLS_FIRST or NULLS_LAST a missing value counts as the greatest.",
    )
    _add_geometry_inputs(types)
    for kind, (name, annotation) in VALUES.items():
        _add_lookups(types, kind, name, annotation)
    members = {lookup.name: Member(_SPATIAL[lookup.operand], lookup.description) for lookup in LOOKUPS[Kind.GEOMETRY]}
    make_input(types, "GeometryLookup", "Lookups of a geometry, named as in GeoDjango; all given must hold.", members)


def add_layer_inputs(types: Types, layer: Layer) -> None:
    """Make `ParcelFilter`, its relation filters and `ParcelOrder`."""
    _add_filter(types, layer)
    for relation in layer.relations:
        _add_relation_filter(types, layer, relation)
    _add_order(types, layer)


def relation_filter_name(layer: Layer, relation: Relation) -> str:
    """`ParcelZoningDistrictsFilter`."""
    return f"{layer.type_name}{relation.field[0].upper()}{relation.field[1:]}Filter"


def filter_name(layer_type: str) -> str:
    """`ParcelFilter`."""
    return f"{layer_type}Filter"


_SPATIAL: Mapping[Operand, Any] = {
    Operand.GEOMETRY: "GeometryInput",
    Operand.DWITHIN: "DistanceInput",
    Operand.RELATE: "RelateInput",
    Operand.FLAG: bool,
}


def _add_geometry_inputs(types: Types) -> None:
    make_input(
        types,
        "CircleInput",
        "A circle on the ellipsoid.",
        {
            "center": Member(list[float], "Longitude and latitude in degrees.", required=True),
            "radius": Member(float, "Radius in metres.", required=True),
        },
    )
    make_input(
        types,
        "GeometryInput",
        "A geometry in WGS 84 longitude and latitude, in one of five forms.",
        {
            "geojson": Member(Geometry, "A GeoJSON geometry object; rings in either direction."),
            "wkt": Member(str, "Well-known text, for example 'POINT(-71.11 42.37)': longitude first."),
            "bbox": Member(BBox, "A box [west, south, east, north]; west > east crosses the antimeridian."),
            "circle": Member("CircleInput", "All points within a radius in metres."),
            "node": Member(strawberry.ID, "The geometry of a row of this server, by its id."),
        },
        one_of=True,
    )
    make_input(
        types,
        "DistanceInput",
        "A distance from a geometry.",
        {
            "geometry": Member("GeometryInput", "The geometry to measure from.", required=True),
            "distance": Member(float, "Distance in metres, geodesic.", required=True),
        },
    )
    make_input(
        types,
        "RelateInput",
        "A DE-9IM relation with a geometry.",
        {
            "geometry": Member("GeometryInput", "The geometry to compare with.", required=True),
            "pattern": Member(str, "Nine of 0, 1, 2, T, F and *, for example 'T*F**F***'.", required=True),
        },
    )


def _add_lookups(types: Types, kind: Kind, name: str, annotation: Any) -> None:
    if any(lookup.operand is Operand.RANGE for lookup in LOOKUPS[kind]):
        bounds = {
            "start": Member(annotation, "Least value, included; without it there is none."),
            "end": Member(annotation, "Greatest value, included; without it there is none."),
        }
        make_input(types, f"{name}Range", "A range of values.", bounds)
    members = {lookup.name: Member(_operand(lookup, name, annotation), lookup.description) for lookup in LOOKUPS[kind]}
    make_input(types, f"{name}Lookup", f"Lookups of a {name}, named as in Django; all given must hold.", members)


def _operand(lookup: Lookup, name: str, annotation: Any) -> Any:
    return {
        Operand.SAME: annotation,
        Operand.MANY: list[annotation],
        Operand.RANGE: f"{name}Range",
        Operand.FLAG: bool,
        Operand.TEXT: str,
    }[lookup.operand]


def _lookup_name(field: LayerField) -> str:
    return "GeometryLookup" if field.kind is Kind.GEOMETRY else f"{VALUES[field.kind][0]}Lookup"


def _add_filter(types: Types, layer: Layer) -> None:
    name = filter_name(layer.type_name)
    members = {field.name: Member(_lookup_name(field), field.description) for field in layer.fields.values()}
    for relation in layer.relations:
        members[relation.field] = Member(relation_filter_name(layer, relation), relation.description)
    members |= {
        "and": Member(f"list[{name}]", "All of these must hold."),
        "or": Member(f"list[{name}]", "One of these must hold at least."),
        "not": Member(name, "This must not hold; a missing value holds for no lookup, so its negation holds."),
    }
    make_input(types, name, f"Which rows of {layer.plural}: what stands side by side must hold together.", members)


def _add_relation_filter(types: Types, layer: Layer, relation: Relation) -> None:
    target = filter_name(types["layers"][relation.target].type_name)
    members = {
        "some": Member(target, "One related row matches at least."),
        "every": Member(target, "All related rows match; none need exist."),
        "none": Member(target, "No related row matches."),
    }
    name = relation_filter_name(layer, relation)
    make_input(types, name, f"Which rows, by their {relation.field}.", members)


def _add_order(types: Types, layer: Layer) -> None:
    members = {
        field.name: Member(types["Ordering"], field.description)
        for field in layer.fields.values()
        if is_orderable(field)
    }
    members["distanceTo"] = Member("GeometryInput", "Geodesic distance in metres to a geometry, nearest first.")
    description = f"One term of an order of {layer.plural}; rows that tie are ordered by their integer id."
    make_input(types, f"{layer.type_name}Order", description, members, one_of=True)
