"""What operations are estimated to cost, by the names and relations of the schema as it is."""

from inspect import iscoroutinefunction

import pytest
from graphql import get_named_type, get_operation_ast, is_object_type, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CostLimit
from gateway.geo.kinds import LINES
from gateway.layers import LAYERS, PARCELS
from gateway.planner.aggregates import FUNCTIONS
from gateway.planner.derived import WEIGHTS
from gateway.query import weights
from gateway.query.costs import FilterCosts
from gateway.query.lookups import LOOKUPS
from gateway.query.order import is_orderable
from gateway.query.page import CursorCodec
from gateway.query.statistics import Column, Grid, Statistics, Table
from gateway.settings import LimitSettings
from schema.costs import Pricing
from schema.prices import Evaluation, check_cost, cost_beside
from tests.fixtures.examples import examples
from tests.fixtures.schema import SCHEMA

LIMITS = LimitSettings()
FIELDS = {
    (kind.name, name): field.extensions.get("strawberry-definition")
    for kind in SCHEMA.type_map.values()
    if is_object_type(kind) and not kind.name.startswith("__") and "Analysis" not in kind.name  # which has its own
    for name, field in kind.fields.items()
}
ROWS = {"edges", "nodes", "pageInfo", "node"}  # what is read of a page is priced by its rows
WHOLE = {"totalCount", "extent", "groupBy", "distinct", "clusters"}  # priced by the rows of the filter
AGGREGATES = {  # priced by the table of functions
    f"{layer.type_name}{suffix}"
    for layer in LAYERS
    for suffix in ("Aggregate", "Key", *(each.columns.suffix for each in FUNCTIONS if each.columns))
}


def _even(extent, cells=32):
    shares = {(x, y): 1 / cells**2 for x in range(cells) for y in range(cells)}
    return Grid.of(extent, cells, cells, shares)


EXTENT = (-93.39, 41.93, -93.20, 42.08)
INDEXES = frozenset({"gist geom", "gist geography", "gin attributes", "btree id", "btree area_sqm"})
SHARES = {
    "land_use": Column(12, {"Retail": 0.08}, 0.001, 0.0),
    "address": Column(22, {}, 1e-5, 0.0),
    "parcel_id": Column(10, {}, 5e-6, 0.0),
}
PARCEL_TABLE = Table(
    200_000,
    0,
    vertices=6.3,
    width=0.00037,
    height=0.00031,
    area=0.0196,
    grid=_even(EXTENT),
    columns=SHARES,
    indexes=INDEXES | {"btree parcel_id"},
)
DISTRICT_TABLE = Table(
    400,
    0,
    vertices=57,
    width=0.01,
    height=0.0085,
    area=0.0264,
    grid=_even(EXTENT),
    columns={"zone_code": Column(3, {"R1": 0.25}, 0.01, 0.0)},
    indexes=INDEXES | {"btree code"},
)
COUNTY = Statistics({"parcels": PARCEL_TABLE, "zoning_districts": DISTRICT_TABLE})
COSTS = FilterCosts(LAYERS, COUNTY)


def price(text, statistics=COUNTY):
    document = parse(text)
    return Pricing(SCHEMA, document, LIMITS, LAYERS, statistics).price(get_operation_ast(document))


def cost(text, statistics=COUNTY, **variables):
    """Microseconds at the worst."""
    return sum(price(text, statistics).at(Evaluation(variables, worst=True)))


def expected(text, **variables):
    """Microseconds as they are expected."""
    return sum(price(text).at(Evaluation(variables)))


def units(text, **variables):
    return check_cost(price(text), variables, LimitSettings(cost=10**12))


def polygon(vertices, size=0.01):
    """A ring of so many vertices along the sides of a box."""
    west, south = -93.30, 42.0
    steps = [size * step / (vertices - 3) for step in range(vertices - 2)]
    low = [[west + step, south] for step in steps]
    ring = [*low, [west + size, south + size], [west, south]]
    return {"geojson": {"type": "Polygon", "coordinates": [ring]}}


BOX = {"bbox": [-93.30, 42.0, -93.29, 42.01]}
PAGE = "query ($f: ParcelFilter) { parcels(first: 1, filters: $f) { nodes { parcelId } } }"


# What has a price

# No layer that is shipped has lines.
OF_LINES = {"lengthM", "overlapLengthM"}


def test_every_weight_is_that_of_a_field():
    names = {name for _, name in FIELDS} | {"__schema", "__type"}
    assert WEIGHTS.keys() - names == OF_LINES


def test_every_field_that_is_computed_has_a_weight():
    computed = {
        name
        for (kind, name), field in FIELDS.items()
        if kind not in {"Query", "Mutation"} | AGGREGATES
        and not kind.endswith(("EdgeAggregate", "EdgeNumbers"))
        and not kind.endswith("Write")
        and field
        and field.base_resolver
        and iscoroutinefunction(field.base_resolver.wrapped_func)
    }
    assert {"geometry", "overlapAreaSqm", "sharedBorderM", "featureCollection"} <= computed
    assert computed - WEIGHTS.keys() - ROWS - WHOLE == set()


def test_every_lookup_of_the_schema_has_a_weight():
    assert LOOKUPS.keys() == weights.SCALARS.keys() | {
        field.kind for field in PARCELS.fields.values() if field.name == "geometry"
    }
    spatial = {lookup.name for lookup in LOOKUPS[PARCELS.fields["geometry"].kind]}
    assert weights.SPATIAL.keys() == spatial
    offered = get_named_type(SCHEMA.type_map["ParcelFilter"].fields["geometry"].type).fields
    assert weights.SPATIAL.keys() == set(offered)


@pytest.mark.parametrize("layer", LAYERS.layers, ids=lambda layer: layer.name)
def test_every_field_that_filters_or_orders_and_is_computed_has_a_weight(layer):
    computed = {field.name for field in layer.fields.values() if field.computed}
    assert computed == weights.COMPUTED.keys() - OF_LINES
    orders = SCHEMA.type_map[f"{layer.type_name}Order"].fields.keys() - {"distanceTo", "search"}
    assert orders == {name for name, field in layer.fields.items() if is_orderable(field)}


@pytest.mark.parametrize("layer", LAYERS.layers, ids=lambda layer: layer.name)
def test_every_connection_is_priced_by_its_layer(layer):
    named = {
        (kind.name, name): field.metadata
        for kind in (SCHEMA.query_type, SCHEMA.type_map[layer.type_name])
        for name in kind.fields
        if (field := FIELDS[kind.name, name]) and "order" in kind.fields[name].args
    }
    assert named
    assert all(metadata["layer"] in LAYERS.by_name for metadata in named.values())


# The kinds of attack


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (
            "query ($g: GeometryInput!) { parcels(order: [{distanceTo: $g}], last: 1) { nodes { parcelId } } }",
            {"g": {"circle": {"center": [-93.3, 42.0], "radius": 500}}},
        ),
        *(
            (PAGE, {"f": {"geometry": {lookup: polygon(9_990)}}})
            for lookup in ("coveredBy", "touches", "crosses", "overlaps")
        ),
        (PAGE, {"f": {"geometry": {"relate": {"geometry": polygon(9_990), "pattern": "T********"}}}}),
        (PAGE, {"f": {"or": [{"address": {"iContains": f"{n}" + "x" * 9_000}} for n in range(100)]}}),
        (PAGE, {"f": {"or": [{"perimeterM": {"gt": n}} for n in range(200)]}}),
        (PAGE, {"f": {"neighbors": {"some": {}}}}),
    ],
    ids=["last", "coveredBy", "touches", "crosses", "overlaps", "relate", "texts", "terms", "neighbors"],
)
def test_what_takes_the_database_seconds_is_refused(document, variables):
    with pytest.raises(CostLimit) as refused:
        check_cost(price(document), variables, LIMITS)
    assert refused.value.details["cap"] == LIMITS.cost
    assert "Most of it is for " in refused.value.message


@pytest.mark.parametrize("quantifier", ["some", "every", "none"])
def test_each_level_of_relations_multiplies_the_one_below(quantifier):
    found = []
    filters = {}
    for _ in range(4):
        filters = {"neighbors": {quantifier: filters}}
        found.append(cost(PAGE, f={"geometry": {"bbOverlaps": BOX}, **filters}))
    first, *rest = found
    assert all(after > 1.5 * before for before, after in zip(found, rest, strict=False))
    assert cost(PAGE, f={"geometry": {"bbOverlaps": BOX}}) < first


def test_a_refusal_says_what_most_of_the_cost_is_for_and_how_to_mend_it():
    filters = {"geometry": {"coveredBy": polygon(9_990, 0.05)}}
    with pytest.raises(CostLimit, match=r"coveredBy of geometry in [\d,]+ rows: give a geometry of fewer vertices"):
        check_cost(price(PAGE), {"f": filters}, LIMITS)
    document = "{ parcels(first: 900) { nodes { neighbors { nodes { neighbors { nodes { id } } } } } } }"
    with pytest.raises(CostLimit, match=r"finding the rows of parcels.nodes.neighbors.nodes.neighbors: ask for sm"):
        check_cost(price(document), {}, LimitSettings(cost=10_000))
    document = "{ parcels(first: 900) { nodes { buffer(meters: 1) } } }"
    with pytest.raises(CostLimit, match=r"the fields of parcels.nodes: select fewer"):
        check_cost(price(document), {}, LimitSettings(cost=1_000))


# More work costs more


@settings(max_examples=examples(20, 1200), deadline=None)
@given(
    few=st.integers(5, 4_000),
    more=st.integers(1, 5_000),
    lookup=st.sampled_from(sorted(weights.SPATIAL.keys() - {"isValid", "relate", "dwithin"})),
)
def test_cost_grows_with_vertices(few, more, lookup):
    less, most = (cost(PAGE, f={"geometry": {lookup: polygon(count)}}) for count in (few, few + more))
    assert less <= most


@settings(max_examples=examples(20, 1200), deadline=None)
@given(few=st.integers(0, 1_000), more=st.integers(0, 1_000), nested=st.booleans())
def test_cost_grows_with_pages(few, more, nested):
    below = "neighbors(first: $n) { nodes { geometry } }" if nested else "geometry"
    document = f"query ($n: Int) {{ parcels(first: $n) {{ nodes {{ {below} }} }} }}"
    assert cost(document, n=few) <= cost(document, n=min(few + more, 1_000))


@settings(max_examples=examples(20, 1200), deadline=None)
@given(length=st.integers(0, 9_000), more=st.integers(0, 1_000), lookup=st.sampled_from(["contains", "iContains"]))
def test_cost_grows_with_characters(length, more, lookup):
    less, most = (cost(PAGE, f={"address": {lookup: "x" * count}}) for count in (length, length + more))
    assert less <= most


@settings(max_examples=examples(20, 1200), deadline=None)
@given(rows=st.integers(0, 10**7), more=st.integers(0, 10**7))
@pytest.mark.parametrize("asked", ["totalCount", "extent", "nodes { parcelId }"])
@pytest.mark.parametrize("filters", ['{address: {endsWith: "x"}}', "{}"])
def test_cost_grows_with_the_table(rows, more, asked, filters):
    document = f"{{ parcels(first: 10, filters: {filters}) {{ {asked} }} }}"
    sizes = (Statistics({"parcels": Table(float(count))}) for count in (rows, rows + more))
    less, most = (cost(document, each) for each in sizes)
    assert less <= most


def test_a_box_costs_the_rows_in_it():
    filters = {"address": {"iContains": "oak"}}
    everywhere, boxed = cost(PAGE, f=filters), cost(PAGE, f={**filters, "geometry": {"bbOverlaps": BOX}})
    assert boxed < everywhere / 20


KEYS = st.sampled_from([{"parcelId": {"exact": "P1"}}, {"featureId": {"exact": 7}}, {"parcelId": {"inList": ["P1"]}}])
SIBLINGS = st.recursive(
    st.sampled_from(
        [
            {"address": {"iContains": "oak"}},
            {"perimeterM": {"gt": 1}},
            {"geometry": {"disjoint": BOX}},
            {"neighbors": {"none": {}}},
            {"neighbors": {"every": {"address": {"endsWith": "oak"}}}},
            {"zoningDistricts": {"none": {"zoneCode": {"exact": "R1"}}}},
        ]
    ),
    lambda inner: st.one_of(
        inner.map(lambda each: {"not": each}),
        st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda each: st.sampled_from([{"and": each}, {"or": each}]),
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=examples(50, 1200), deadline=None)
@given(key=KEYS, sibling=SIBLINGS, nested=st.booleans(), statistics=st.sampled_from([Statistics(), COUNTY]))
def test_beside_a_key_a_filter_costs_that_of_one_row(key, sibling, nested, statistics):
    costs = FilterCosts(LAYERS, statistics)
    alone = costs.work(PARCELS, sibling)
    beside = costs.work(PARCELS, {"and": [key, sibling]} if nested else {"and": [sibling], **key})
    one = alone.each + sum(each for each, _ in (*alone.near, *alone.joins))
    assert beside.rows <= 1 + 1e-9
    assert beside.time() <= alone.once + one + weights.FETCH + 1


def test_what_no_index_serves_costs_the_table():
    indexed = cost(PAGE, f={"parcelId": {"exact": "P1"}})
    for filters in (
        {"address": {"iContains": "oak"}},
        {"address": {"endsWith": "oak"}},
        {"attributes": {"hasKey": "oak"}},
        {"perimeterM": {"gt": 1}},
        {"geometry": {"disjoint": BOX}},
        {"not": {"geometry": {"intersects": BOX}}},
        {"or": [{"geometry": {"intersects": BOX}}, {"address": {"iContains": "oak"}}]},
    ):
        assert cost(PAGE, f=filters) > 50 * indexed


def test_a_page_beyond_a_cursor_of_distances_costs_the_rows_before_it():
    place = {"wkt": "POINT(-93.3 42.0)"}
    document = (
        "query ($g: GeometryInput!, $c: String) {"
        " parcels(first: 1, order: [{distanceTo: $g}], after: $c) { nodes { parcelId } } }"
    )
    cursors = (CursorCodec(b"key").encode(b"scope", (metres, 7)) for metres in (10.0, 3_000.0, 30_000.0))
    near, far, farthest = (cost(document, g=place, c=cursor) for cursor in cursors)
    assert near < far < farthest


# Pages


def test_a_feature_collection_costs_a_feature_for_each_row():
    one, ten = (cost(f"{{ parcels(first: {rows}) {{ featureCollection }} }}") for rows in (1, 10))
    weight = WEIGHTS["featureCollection"]
    assert ten - one >= 9 * (weight.base + weight.vertex * PARCEL_TABLE.vertices)


def test_rows_multiply_through_relations():
    plain = cost("{ zoningDistricts(first: 10) { nodes { zoneCode } } }")
    nested = cost("{ zoningDistricts(first: 10) { nodes { zoneCode parcels(first: 50) { nodes { geometry } } } } }")
    assert nested - plain > 10 * 50 * WEIGHTS["geometry"].base


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


def test_a_relation_costs_what_is_about_a_row_however_large_its_page():
    query = "{ parcels { nodes { zoningDistricts%s { nodes { zoneCode } } } } }"
    assert cost(query % "(first: 1000)") == cost(query % "")
    assert cost(query % "(first: 0)") < cost(query % "")


@pytest.mark.parametrize(
    ("filters", "value"),
    [
        ("$v", {"geometry": {"intersects": BOX}}),
        ("{geometry: $v}", {"intersects": BOX}),
        ("{geometry: {intersects: $v}}", BOX),
        ("{geometry: {intersects: {bbox: $v}}}", BOX["bbox"]),
        ("{and: [{geometry: {intersects: {bbox: [-93.30, 42.0, -93.29, 42.01]}}}, $v]}", {}),
    ],
)
def test_a_filter_costs_the_same_wherever_a_variable_stands_in_it(filters, value):
    query = "query ($v: JSON) { parcels(first: 1, filters: %s) { nodes { parcelId } } }"
    plain = cost(query % "{geometry: {intersects: {bbox: [-93.30, 42.0, -93.29, 42.01]}}}")
    assert cost(query % filters, v=value) == pytest.approx(plain)


@pytest.mark.parametrize("given", [None, 5, [], ["a"] * 4, [float("nan")] * 4, {"a": 1}])
def test_a_variable_that_is_no_box_has_a_price_too(given):
    query = "query ($v: JSON) { parcels(first: 1, filters: {geometry: {bbOverlaps: {bbox: $v}}}) { totalCount } }"
    assert cost(query, v=given) > 0


def test_what_directives_leave_out_costs_nothing():
    query = "query ($v: Boolean!) { parcels { nodes { parcelId %s } } }"
    plain, costly = cost(query % "", v=True), cost(query % "buffer(meters: 5)", v=True)
    for left_out in ("buffer(meters: 5) @skip(if: $v)", "... @include(if: false) { buffer(meters: 5) }"):
        assert cost(query % left_out, v=True) == pytest.approx(plain, rel=0.05)
    assert cost(query % "buffer(meters: 5) @skip(if: $v)", v=False) == pytest.approx(costly)


@pytest.mark.parametrize(
    "filters",
    [
        None,
        [],
        "text",
        {"geometry": "nonsense"},
        {"geometry": {"intersects": None}},
        {"geometry": {"intersects": {"bbox": ["a", None]}}},
        {"geometry": {"intersects": {"bbox": ["a", "b", "c", "d"]}}},
        {"geometry": {"intersects": {"bbox": [float("nan")] * 4}}},
        {"geometry": {"intersects": {"bbox": [float("-inf"), -1e999, 1e999, float("inf")]}}},
        {"geometry": {"dwithin": {"geometry": BOX, "distance": 1e300}}},
        {"geometry": {"intersects": {"circle": {"center": [0, 90], "radius": float("inf")}}}},
        {"address": {"iContains": 5}},
        {"yearBuilt": {"gt": {}}},
        {"yearBuilt": {"range": 5}},
        {"geometry": {"intersects": {"geojson": {"coordinates": 7}}}},
        {"geometry": {"intersects": {"geojson": {"coordinates": [[[[]]], {"a": 1}]}}}},
        {"geometry": {"intersects": {"wkt": 5}}},
        {"geometry": {"intersects": {"node": "nonsense"}}},
        {"geometry": {"dwithin": {"geometry": BOX, "distance": "far"}}},
        {"geometry": {"intersects": {"circle": {"center": [1], "radius": {}}}}},
        {"geometry": {"unheard": BOX}},
        {"unheard": {"exact": 1}},
        {"parcelId": {"inList": 5}},
        {"neighbors": {"some": 5, "unheard": {}}},
        {"and": 5, "or": {}, "not": None},
    ],
)
def test_what_is_no_filter_has_a_price_too_and_is_refused_where_it_is_read(filters):
    assert cost(PAGE, f=filters) >= 0


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
        '{ parcels(filters: {zoningDistricts: {some: {zoneCode: {exact: "R1"}}}}) { totalCount } }',
        "{ parcels(filters: {zoningDistricts: {none: {}}}) { totalCount } }",
        '{ parcels(filters: {address: {iContains: "oak"}}) { totalCount extent nodes { parcelId } } }',
        "{ parcels(order: [{perimeterM: DESC}], first: 10) { nodes { parcelId } } }",
        '{ parcels(order: [{distanceTo: {wkt: "POINT(-93.3 42.0)"}}], first: 1000) { nodes { parcelId } } }',
    ],
)
def test_what_people_and_maps_ask_for_passes_at_200_000_parcels(query):
    assert units(query) <= LIMITS.cost


@pytest.mark.parametrize(
    "query",
    [
        "{ zoningDistricts(first: 500) { nodes { parcels(first: 500) { nodes { neighbors { totalCount } } } } } }",
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
    with pytest.raises(CostLimit) as refused:
        check_cost(price(query), {}, LIMITS)
    assert refused.value.details["cap"] == LIMITS.cost


def test_before_the_first_look_tables_are_those_of_a_city():
    for query in ("{ parcels { totalCount extent nodes { geometry } } }", "{ zoningDistricts { nodes { geometry } } }"):
        assert 20 < check_cost(price(query, Statistics()), {}, LIMITS) < 10_000


def test_what_is_read_once_costs_once():
    once = cost("{ parcels { nodes { neighbors { totalCount nodes { parcelId address } } } } }")
    twice = cost(
        "{ parcels { nodes { neighbors { totalCount nodes { parcelId } } neighbors { nodes { address } } } } }"
    )
    again = cost("{ parcels { nodes { neighbors { totalCount totalCount nodes { parcelId address parcelId } } } } }")
    assert once == twice == again


def test_an_operation_is_told_what_is_expected_and_refused_by_the_worst_that_it_may_take():
    frequent, rare = ({"landUse": {"exact": value}} for value in ("Retail", "Circus"))
    assert expected(PAGE, f=frequent) < expected(PAGE, f=rare) / 3
    assert cost(PAGE, f=frequent) == pytest.approx(cost(PAGE, f=rare))
    many = {"or": [frequent, *({"address": {"iContains": f"{n}" + "x" * 9_000}} for n in range(100))]}
    assert expected(PAGE, f=many) < LIMITS.cost * weights.UNIT
    with pytest.raises(CostLimit):
        check_cost(price(PAGE), {"f": many}, LIMITS)


def test_an_id_costs_what_is_asked_of_rows_of_its_type():
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Parcel { buffer(meters: 5) } } }"
    parcel, district = "UGFyY2VsOjc=", "Wm9uaW5nRGlzdHJpY3Q6Nw=="
    none, one, two = (cost(query, ids=ids) for ids in ([district], [parcel], [parcel, "nonsense", parcel]))
    assert none < one < two
    assert cost(query.replace("$ids)", f'["{parcel}"])'), ids=[]) == pytest.approx(one)


def test_the_nearest_rows_in_a_box_far_from_a_large_geometry_may_be_those_of_the_whole_table():
    document = (
        "query ($f: ParcelFilter, $g: GeometryInput!) {"
        " parcels(first: 1, filters: $f, order: [{distanceTo: $g}]) { nodes { parcelId } } }"
    )
    boxed = {"geometry": {"bbOverlaps": BOX}}
    assert check_cost(price(document), {"f": boxed, "g": polygon(100)}, LIMITS) < 20_000
    assert check_cost(price(document), {"g": polygon(9_990)}, LIMITS) < 20_000
    with pytest.raises(CostLimit):
        check_cost(price(document), {"f": boxed, "g": polygon(9_990)}, LIMITS)


# All rows that a filter keeps


def test_an_aggregate_costs_each_of_its_functions_for_each_row():
    counted = cost("{ parcels { aggregate { __typename } } }")
    for function in FUNCTIONS:
        if function.columns is None and function.dimension != LINES:
            given = f"{{ parcels {{ aggregate {{ {function.name} }} }} }}"
            weight = function.weight.base + function.weight.vertex * PARCEL_TABLE.vertices
            assert cost(given) - counted >= PARCEL_TABLE.rows * weight * 0.99
    one, two = (
        cost(f"{{ parcels {{ aggregate {{ sum {{ {columns} }} }} }} }}") for columns in ("yearBuilt", "areaSqm")
    )
    assert two > one + PARCEL_TABLE.rows


def test_an_aggregate_of_relations_costs_the_rows_around_each_parent():
    few, many = (
        cost(f"{{ zoningDistricts(first: {rows}) {{ nodes {{ parcels {{ aggregate {{ areaSqm }} }} }} }} }}")
        for rows in (1, 100)
    )
    assert many > 50 * few / 2
    assert cost("{ parcels { aggregate { union } } }") > LIMITS.cost * weights.UNIT


@pytest.mark.parametrize("summed", ["aggregate", "groupBy"])
def test_shares_of_related_rows_cost_what_edges_cost(summed):
    keys, below = {"aggregate": ("", "count"), "groupBy": (", keys: [{column: LAND_USE}]", "totalCount")}[summed]
    ask = f"""query ($s: GroupShare!) {{ zoningDistricts {{ nodes {{ parcels {{
        {summed}(share: $s{keys}) {{ {below} }} }} }} }} }}"""
    whole, shared, primary = (cost(ask, s=share) for share in ("ANY", "OVERLAP", "PRIMARY"))
    assert whole < shared < primary
    literal = ask.replace("query ($s: GroupShare!)", "")
    assert [cost(literal.replace("$s", share)) for share in ("ANY", "OVERLAP", "PRIMARY")] == [whole, shared, primary]


GROUPS = "query ($k: [ParcelGroupKey!]!) { parcels { groupBy(keys: $k) { groups { weight aggregate { areaSqm } } } } }"


def test_groups_cost_their_keys_and_functions_for_each_row():
    by_use, by_cell, by_district = (
        cost(GROUPS, k=keys) for keys in ([{"column": "landUse"}], [{"geohash": 6}], [{"zoningDistricts": "OVERLAP"}])
    )
    assert cost("{ parcels { aggregate { areaSqm } } }") < by_use < by_cell < by_district
    assert cost(GROUPS.replace("aggregate { areaSqm }", ""), k=[{"column": "landUse"}]) < by_use - PARCEL_TABLE.rows
    literal = GROUPS.replace("query ($k: [ParcelGroupKey!]!)", "").replace("$k", "[{geohash: 6}]")
    assert cost(literal) == by_cell
    assert cost(GROUPS, k=[{"column": "landUse"}, {"geohash": 6}]) > by_cell


def test_distinct_values_cost_each_row_and_a_match_more():
    ask = "query ($d: ParcelDistinctField!, $m: String) { parcels { distinct(field: $d, match: $m) { totalCount } } }"
    column, member = ({"column": "landUse"}, {"attribute": "n"})
    assert PARCEL_TABLE.rows * 0.3 < cost(ask, d=column) < cost(ask, d=column, m="r") < cost(ask, d=member)
    literal = ask.replace("query ($d: ParcelDistinctField!, $m: String)", "").replace("$m", '"r"')
    assert cost(literal.replace("$d", "{column: LAND_USE}")) == cost(ask, d=column, m="r")


def test_a_count_of_related_rows_costs_a_test_of_each_that_is_near():
    one, two = (
        cost(PAGE, f={"zoningDistricts": {"count": count}}) for count in ({"gte": 2}, {"range": {"start": 1, "end": 2}})
    )
    assert cost(PAGE) * 50 < one < two


# Analyses

ANALYSIS = "{ analysis { parcels(filters: {geometry: {intersects: {bbox: [%s]}}}) { %s } } }"
WIDE, NARROW = "-93.3, 42.0, -93.2, 42.1", "-93.3, 42.0, -93.29, 42.01"
METHODS = [
    "union { count }",
    "concaveHull",
    "voronoi { ids }",
    "dissolve(by: LAND_USE) { count }",
    "clusterDbscan(distance: 50) { noise }",
    "clusterKMeans(clusters: 8) { noise }",
    "intersectionWith(other: {zoningDistricts: {}}) { id }",
    'intersectionWith(other: {geometry: {wkt: "POINT(-93.29 42.01)"}}) { id }',
]


@pytest.mark.parametrize("method", METHODS)
def test_an_analysis_costs_more_for_more_rows_and_apart_from_finding_them(method):
    wide, narrow = price(ANALYSIS % (WIDE, method)), price(ANALYSIS % (NARROW, method))
    assert cost_beside(wide, {}) > 2 * cost_beside(narrow, {}) > 0
    assert sum(wide.at(Evaluation({}))) < 20 * cost_beside(wide, {})  # units are 10 microseconds
    assert cost_beside(price("{ parcels { totalCount } }"), {}) == 0


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("clusterDbscan(distance: 50) { noise }", "clusterDbscan(distance: 50, unit: METERS) { a: noise noise }"),
        ("clusterDbscan(distance: 50, unit: FEET) { noise }", "clusterDbscan(distance: 5000) { noise }"),
        ("clusterKMeans(clusters: 8) { noise }", "clusterKMeans(clusters: 800) { noise }"),
    ],
)
def test_an_analysis_costs_no_less_for_more_work(less, more):
    assert cost_beside(price(ANALYSIS % (WIDE, less)), {}) <= cost_beside(price(ANALYSIS % (WIDE, more)), {})


def test_an_analysis_is_priced_with_the_values_of_variables():
    text = "query ($d: Float!) { analysis { parcels { clusterDbscan(distance: $d) { noise } } } }"
    assert cost_beside(price(text), {"d": 10.0}) < cost_beside(price(text), {"d": 1000.0})
    assert cost_beside(price(text), {"d": float("nan")}) >= 0


# Clusters

COUNTED = Statistics(COUNTY.tables, frozenset({"parcels_overview"}))
CLUSTERS = "{ parcels%s { clusters(zoom: %s%s) { pointCount %s } } }"


def test_clusters_of_cells_that_are_counted_already_cost_little_and_all_else_costs_the_rows():
    counted = cost(CLUSTERS % ("", 3, "", ""), COUNTED)
    kept = cost(CLUSTERS % ("", 3, ", sum: ASSESSED_VALUE", "sum"), COUNTED)
    assert counted == kept < PARCEL_TABLE.rows
    for read in (
        CLUSTERS % ("", 3, ", sum: YEAR_BUILT", "sum"),
        CLUSTERS % ("", 14, "", ""),
        CLUSTERS % ("(filters: {yearBuilt: {gt: 1}})", 3, "", ""),
        CLUSTERS % ('(asOf: "2026-01-01T00:00:00Z")', 3, "", ""),
    ):
        assert cost(read, COUNTED) > PARCEL_TABLE.rows * weights.CELL
    named = "query ($n: ParcelNumber) { parcels { clusters(zoom: 3, sum: $n) { sum } } }"
    assert cost(named, COUNTED, n="assessedValue") == kept < cost(named, COUNTED, n="yearBuilt")


def test_clusters_in_a_box_cost_the_rows_of_all_cells_that_it_meets():
    ask = (
        "query ($z: Int!, $b: BBox) { parcels(filters: {yearBuilt: {gt: 1}}) { clusters(zoom: $z, bbox: $b) { sum } } }"
    )
    box = [-93.3, 42.0, -93.2999, 42.0001]
    assert cost(ask, z=0, b=box) == cost(ask, z=0, b=None) > 100 * cost(ask, z=16, b=box)
    across = cost(ask, z=16, b=[box[2], 42.0, box[0], 42.0001])
    assert across > 10 * cost(ask, z=16, b=box)
    for given_box in ([1, 2], "text", [5, 5, 5, 0], [float("nan")] * 4, {}):
        assert cost(ask, z=3, b=given_box) >= 0
    assert cost(ask, z=99, b=None) >= 0


def test_where_clusters_fall_apart_costs_the_rows_once_more():
    for zoom, filters, at_least in ((3, "", 10), (14, "", 2), (3, "(filters: {yearBuilt: {gt: 1}})", 2)):
        ask = CLUSTERS % (filters, zoom, "", "%s")
        assert cost(ask % "expansionZoom", COUNTED) >= at_least * cost(ask % "", COUNTED) * 0.99


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("concaveHull", "concaveHull(ratio: 0.1)"),
        ("concaveHull", "concaveHull(allowHoles: true)"),
        ("clusterKMeans(clusters: 1) { noise }", "clusterKMeans(clusters: 1, maxRadius: 50) { noise }"),
    ],
)
def test_what_makes_an_analysis_take_many_times_as_long_costs_as_much_more(less, more):
    assert cost_beside(price(ANALYSIS % (WIDE, less)), {}) * 3 < cost_beside(price(ANALYSIS % (WIDE, more)), {})


def test_to_count_what_is_analysed_costs_each_row_pair_and_the_filter_of_what_it_is_compared_with():
    ask = "{ analysis { parcels { %s } } }"
    whole = cost(ask % "union { count }")
    assert whole > PARCEL_TABLE.rows * 1.5
    pairs = cost(ask % "intersectionWith(other: {parcels: {}}) { id }")
    costly = cost(ask % 'intersectionWith(other: {parcels: {address: {iContains: "oak"}}}) { id }')
    assert whole + PARCEL_TABLE.rows < pairs < costly - PARCEL_TABLE.rows * 0.4
