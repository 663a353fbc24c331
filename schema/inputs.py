"""The inputs, derived from layers; enters a layer, leaves its filter and order types.

Lookups of a kind of field are one input, shared by all fields of that kind; what a filter means is in `gateway.query`.
"""

from collections.abc import Mapping

from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.models.kinds import Kind
from gateway.query.lookups import LOOKUPS, Lookup, Operand
from gateway.query.order import Ordering, is_orderable
from schema.annotations import Member, Types, apart, make_enum, make_input
from schema.geometry_inputs import add_geometry_inputs

SCALAR_OF: Mapping[Kind, str] = {
    Kind.TEXT: "String",
    Kind.INTEGER: "Int",
    Kind.BIGINT: "BigInt",
    Kind.FLOAT: "Float",
    Kind.DECIMAL: "Decimal",
    Kind.BOOLEAN: "Boolean",
    Kind.DATETIME: "DateTime",
    Kind.UUID: "UUID",
    Kind.JSON: "JSON",
}


_LOOKUP = (
    "Lookups of a {}, named as in Django; all that are given must hold. A row without a value holds for isNull alone. "
    "A lookup that is named has a value: null, or no lookup at all, is refused (NO_VALUE)."
)


def add_shared_inputs(types: Types) -> None:
    """Make the inputs that every layer uses: geometries, lookups of each kind, orderings."""
    make_enum(types, "Ordering", "A direction, and where rows without a value go.", Ordering, _ORDERINGS)
    add_geometry_inputs(types)
    for kind, name in SCALAR_OF.items():
        _add_lookups(types, kind, name)
    members = {lookup.name: Member(_SPATIAL[lookup.operand], lookup.description) for lookup in LOOKUPS[Kind.GEOMETRY]}
    description = (
        "Lookups of a geometry, named as in GeoDjango; all that are given must hold. `it` is the row's geometry. All "
        "but dwithin, which is geodesic, work with straight edges in degrees. A lookup that is named has a value: "
        "null, or no lookup at all, is refused (NO_VALUE)."
    )
    make_input(types, "GeometryLookup", description, members)
    if types.layers.searchable:
        match = (
            "What people type: words in any order, the last one maybe only begun. One column must have all of them, as "
            "they are, abbreviated (St, N, LLC), without accents or punctuation, or with an error in each."
        )
        make_input(types, "SearchInput", "A search as a condition.", {"match": Member("String", match, required=True)})


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


_ORDERINGS: Mapping[str, str] = {
    "ASC": "Ascending; rows without a value last.",
    "ASC_NULLS_FIRST": "Ascending; rows without a value first.",
    "ASC_NULLS_LAST": "Ascending; rows without a value last.",
    "DESC": "Descending; rows without a value last.",
    "DESC_NULLS_FIRST": "Descending; rows without a value first.",
    "DESC_NULLS_LAST": "Descending; rows without a value last.",
}

_SPATIAL: Mapping[Operand, str] = {
    Operand.GEOMETRY: "GeometryInput",
    Operand.DWITHIN: "DistanceInput",
    Operand.RELATE: "RelateInput",
    Operand.FLAG: "Boolean",
    Operand.CELL: "ID",
}


def _add_lookups(types: Types, kind: Kind, name: str) -> None:
    if any(lookup.operand is Operand.RANGE for lookup in LOOKUPS[kind]):
        bounds = {
            "start": Member(name, "The least value that is in the range; without it any lesser one is."),
            "end": Member(name, "The greatest value that is in the range; without it any greater one is."),
        }
        make_input(types, f"{name}Range", f"A range of {name} values, both ends included.", bounds)
    members = {lookup.name: Member(_operand(lookup, name), lookup.description) for lookup in LOOKUPS[kind]}
    make_input(types, f"{name}Lookup", _LOOKUP.format(name), members)


def _operand(lookup: Lookup, name: str) -> str:
    return {
        Operand.SAME: name,
        Operand.MANY: f"list[{name}]",
        Operand.RANGE: f"{name}Range",
        Operand.FLAG: "Boolean",
        Operand.TEXT: "String",
    }[lookup.operand]


def _lookup_name(field: LayerField) -> str:
    return "GeometryLookup" if field.kind is Kind.GEOMETRY else f"{SCALAR_OF[field.kind]}Lookup"


def _add_filter(types: Types, layer: Layer) -> None:
    name = filter_name(layer.type_name)
    columns = {field.name: Member(_lookup_name(field), field.description) for field in layer.fields.values()}
    related = {each.field: Member(relation_filter_name(layer, each), each.description) for each in layer.relations}
    names = " or ".join(field.name for field in layer.fields.values() if field.attribute in layer.searchable)
    text = f"A text finds it by {names}; what is private finds nothing for those who may not see it."
    searched = {"search": Member("SearchInput", text)} if layer.searchable else {}
    combined = {
        "and": Member(f"list[{name}]", "All of these must hold; an empty list keeps every row."),
        "or": Member(
            f"list[{name}]", "At least one of these must hold; an empty list keeps no row. {} is refused here."
        ),
        "not": Member(
            name,
            "This must not hold. A row without a value fails each lookup of it, so it passes `not`. "
            "{} is refused here.",
        ),
    }
    description = (
        f"Which {layer.verbose_name_plural}: what stands side by side must hold together. {{}} keeps every row; a "
        "member that is named has a value, so null is refused (NO_VALUE)."
    )
    make_input(types, name, description, apart(name, columns, related, searched, combined))


def _add_relation_filter(types: Types, layer: Layer, relation: Relation) -> None:
    target = filter_name(types.layers[relation.target].type_name)
    members = {
        "some": Member(target, "At least one related row matches; {} asks for any at all."),
        "every": Member(target, "No related row fails to match; so does a row without related rows."),
        "none": Member(target, "No related row matches; {} asks for none at all."),
        "count": Member("IntLookup", "The number of all related rows; 0 where there is none."),
    }
    name = relation_filter_name(layer, relation)
    description = f"Which {layer.verbose_name_plural}, by the rows of {relation.field}: {relation.description}"
    make_input(types, name, description, members)


def _curve(field: LayerField) -> str:
    """PostgreSQL orders geometries along a Hilbert curve."""
    return " Along a curve that keeps what is near together." if field.kind is Kind.GEOMETRY else ""


def _add_order(types: Types, layer: Layer) -> None:
    members = {
        field.name: Member("Ordering", f"By: {field.description}{_curve(field)}")
        for field in layer.fields.values()
        if is_orderable(field)
    }
    nearest = "By geodesic distance in metres to a geometry, nearest first. Only as the first term."
    description = (
        f"One term of an order of {layer.verbose_name_plural}: exactly one of the members. Rows that tie in all terms "
        "are ordered by their integer id."
    )
    name = f"{layer.type_name}Order"
    others = {"distanceTo": Member("GeometryInput", nearest)}
    if layer.searchable:
        others["search"] = Member(
            "Ordering", "By how well the filter `search` finds the row: the best is the greatest."
        )
    members = apart(name, members, others)
    make_input(types, name, description, members, one_of=True)
