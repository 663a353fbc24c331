"""What operations are reckoned to cost, by the names and relations of the schema as it is."""

from inspect import iscoroutinefunction

import pytest
from graphql import get_operation_ast, is_object_type, parse

from gateway.errors import CostLimit
from gateway.query.costs import PREDICATE, RELATED_PREDICATE
from gateway.settings import LimitSettings
from schema import build_schema
from schema.costs import PAGE_WEIGHTS, WEIGHTS, Pricing, check_cost

LIMITS = LimitSettings()
SCHEMA = build_schema()._schema
FIELDS = {
    (kind.name, name): field.extensions.get("strawberry-definition")
    for kind in SCHEMA.type_map.values()
    if is_object_type(kind) and not kind.name.startswith("__")
    for name, field in kind.fields.items()
}
ROWS = {"edges", "nodes", "pageInfo", "node"}  # what is read of a page is priced by its rows


def cost(text, **variables):
    document = parse(text)
    return Pricing(SCHEMA, document, LIMITS).price(get_operation_ast(document)).at(variables)


def test_every_weight_is_that_of_a_field():
    names = {name for _, name in FIELDS} | {"__schema", "__type"}
    assert (WEIGHTS.keys() | PAGE_WEIGHTS.keys()) - names == set()


def test_every_field_that_is_computed_has_a_weight():
    computed = {
        name
        for (kind, name), field in FIELDS.items()
        if kind not in {"Query", "Mutation"}
        and not kind.endswith("Write")
        and field
        and field.base_resolver
        and iscoroutinefunction(field.base_resolver.wrapped_func)
    }
    assert {"geometry", "overlapAreaSqm", "sharedBorderM", "featureCollection"} <= computed
    assert computed - WEIGHTS.keys() - PAGE_WEIGHTS.keys() - ROWS == set()


def test_a_feature_collection_costs_a_feature_for_each_row():
    one, ten = (cost(f"{{ parcels(first: {rows}) {{ featureCollection }} }}") for rows in (1, 10))
    assert ten - one == 9 * PAGE_WEIGHTS["featureCollection"]


def test_rows_multiply_through_relations():
    plain = cost("{ zoningDistricts(first: 10) { nodes { zoneCode } } }")
    nested = cost("{ zoningDistricts(first: 10) { nodes { zoneCode parcels(first: 50) { nodes { geometry } } } } }")
    assert nested - plain > 10 * 50 * WEIGHTS["geometry"]


@pytest.mark.parametrize("variables", [{}, {"n": None}])
def test_a_page_size_that_is_not_given_costs_the_default_page(variables):
    document = "query ($n: Int) { parcels(first: $n) { nodes { geometry } } }"
    assert cost(document, **variables) == cost("{ parcels { nodes { geometry } } }")
    assert cost(document, n=5) == cost("{ parcels(first: 5) { nodes { geometry } } }")


@pytest.mark.parametrize(
    ("arguments", "variables", "rows"),
    [
        ("last: $a", {}, 100),
        ("last: $a", {"a": None}, 100),
        ("last: $a", {"a": 7}, 7),
        ("first: $a, last: 900", {}, 900),
        ("first: $a, last: 900", {"a": None}, 900),
        ("last: 900, first: $a", {"a": 5}, 900),
        ("first: 5, last: $a", {"a": 900}, 900),
        ("first: $a, last: $b", {"a": 5, "b": 900}, 900),
        ("first: $a, last: $b", {"b": 5}, 5),
        ("first: $a, last: $b", {}, 100),
        ("first: null, last: 900", {}, 900),
        ("first: null, last: $a", {"a": 7}, 7),
        ("first: null", {}, 100),
        ("first: $a", {"a": 5_000}, 1_000),
        ("first: $a", {"a": 0}, 0),
    ],
)
def test_a_page_costs_the_larger_of_first_and_last_that_are_given(arguments, variables, rows):
    document = "query ($a: Int, $b: Int) { parcels(%s) { nodes { geometry } } }"
    assert cost(document % arguments, **variables) == cost(document % f"first: {rows}")


def test_a_page_of_a_relation_costs_the_larger_of_first_and_last_too():
    document = (
        "query ($a: Int) { parcels { nodes { neighbors(%s) { ...F } } } } fragment F on ParcelNeighborsConnection"
    )
    document += " { nodes { geometry } }"
    assert cost(document % "first: $a, last: 6") == cost(document % "first: 6")


def test_a_relation_costs_what_it_is_known_to_find_however_large_its_page():
    query = "{ parcels { nodes { zoningDistricts%s { nodes { zoneCode } } } } }"
    assert cost(query % "(first: 1000)") == cost(query % "")
    assert cost(query % "(first: 1)") < cost(query % "")


def test_spatial_and_related_lookups_cost_wherever_they_stand():
    query = "query ($f: ParcelFilter) { parcels(first: 1, filters: %s) { nodes { parcelId } } }"
    plain = cost(query % '{address: {contains: "a"}}')
    spatial = "{geometry: {intersects: {bbox: [0, 0, 1, 1]}}}"
    assert cost(query % spatial) == plain + PREDICATE
    assert cost(query % f"{{or: [{spatial}, {{not: {spatial}}}]}}") == plain + 2 * PREDICATE
    related = '{zoningDistricts: {some: {zoneCode: {exact: "R1"}}}}'
    assert cost(query % related) == plain + RELATED_PREDICATE
    given = {"zoningDistricts": {"some": {"geometry": {"intersects": {"bbox": [0, 0, 1, 1]}}}}}
    assert cost(query % "$f", f=given) == plain + RELATED_PREDICATE + PREDICATE


@pytest.mark.parametrize(
    ("filters", "value", "lookups"),
    [
        ("$v", {"geometry": {"intersects": {"bbox": [0, 0, 1, 1]}}}, PREDICATE),
        ("{geometry: $v}", {"intersects": {"bbox": [0, 0, 1, 1]}}, PREDICATE),
        ("{geometry: {intersects: $v}}", {"bbox": [0, 0, 1, 1]}, PREDICATE),
        ("{geometry: {intersects: {bbox: $v}}}", [0, 0, 1, 1], PREDICATE),
        ("{or: [{geometry: {intersects: {bbox: [0, 0, 1, 1]}}}, $v]}", {"geometry": {"covers": {}}}, 2 * PREDICATE),
        ("{not: $v}", {"geometry": {"covers": {}}}, PREDICATE),
        ("{zoningDistricts: {some: $v}}", {"geometry": {"covers": {}}}, RELATED_PREDICATE + PREDICATE),
        ("{address: {contains: $v}}", "a", 0),
    ],
)
def test_a_filter_costs_the_same_wherever_a_variable_stands_in_it(filters, value, lookups):
    query = "query ($v: JSON) { parcels(first: 1, filters: %s) { nodes { parcelId } } }"
    plain = cost(query % '{address: {contains: "a"}}')
    assert cost(query % filters, v=value) == plain + lookups


@pytest.mark.parametrize(
    "query",
    [
        "{ parcels(first: 1000) { featureCollection extent totalCount } }",
        (
            "{ parcels(first: 1000) { edges { node { parcelId address landUse assessedValue yearBuilt geometry"
            " areaSqm zoningDistricts { edges { overlapAreaSqm coverage isPrimary node { zoneCode name } } } } } } }"
        ),
        (
            "{ parcels(first: 500) { edges { node { parcelId geometry bbox neighbors { edges { sharedBorderM"
            " node { parcelId geometry } } } } } } }"
        ),
        (
            "{ zoningDistricts(first: 100) { nodes { code geometry parcels(first: 100) { edges { coverage"
            " node { parcelId areaSqm } } } } } }"
        ),
    ],
)
def test_what_maps_ask_for_passes(query):
    assert cost(query) <= LIMITS.cost


@pytest.mark.parametrize(
    "query",
    [
        "{ zoningDistricts(first: 1000) { nodes { parcels(first: 1000) { nodes { parcelId } } } } }",
        (
            "{ zoningDistricts(first: 1000) { nodes { parcels { nodes { geometry zoningDistricts { nodes { geometry"
            " parcels { nodes { geometry } } } } } } } } }"
        ),
        (
            "{ parcels(first: 1000) { nodes { neighbors { nodes { neighbors { nodes {"
            " neighbors { nodes { geometry } } } } } } } } }"
        ),
    ],
)
def test_what_no_one_needs_is_refused(query):
    document = parse(query)
    price = Pricing(SCHEMA, document, LIMITS).price(get_operation_ast(document))
    with pytest.raises(CostLimit) as refused:
        check_cost(price, {}, LIMITS)
    assert refused.value.details["cap"] == LIMITS.cost
