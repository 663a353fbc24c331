"""Answers of relations that are kept, or behind, are those of relations that are computed, planned or not."""

import asyncio

import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st

from gateway.query.groups import SHARES
from gateway.query.statistics import Statistics
from gateway.settings import LimitSettings
from tests.fixtures.arguments import Enumerated, literal
from tests.fixtures.both_ways import opened_ways
from tests.fixtures.examples import examples
from tests.fixtures.pairs import ALL_KEPT, agrees
from tests.integration.planner.test_aggregates import of_column

LIMITS = LimitSettings(cost=10**9)
EDGES = {
    "zoningDistricts": ("parcels", "zoningDistricts", "overlapAreaSqm coverage isPrimary"),
    "neighbors": ("parcels", "parcels", "sharedBorderM"),
    "parcels": ("zoningDistricts", "parcels", "overlapAreaSqm coverage isPrimary"),
}

KEYS = {
    "parcels": [
        "{zoningDistricts: OVERLAP}",
        "{zoningDistricts: PRIMARY}",
        "{zoningDistricts: WITHIN}",
        "{bin: {column: YEAR_BUILT, quantiles: 3}}",
        "{h3: 9}",
        "{column: LAND_USE}",
    ],
    "zoningDistricts": ["{column: ZONE_CODE}", "{geohash: 6}"],
}

GROUPED = "groupBy(keys: [{key}], share: {share}) {{ totalCount groups {{ weight aggregate {{ {summed} }} }} }}"


OF_EDGES = ("sum", "avg", "min", "max", "stddev", "percentile")


def numbers(values):
    """Those values of edges of which there are aggregates."""
    return [each for each in values.split() if each != "isPrimary"]


def of_edges(values, share):
    """The selection of all aggregates of edges."""
    columns = " ".join(numbers(values))
    return "count " + " ".join(
        f"{each}(p: {share}) {{ {columns} }}" if each == "percentile" else f"{each} {{ {columns} }}"
        for each in OF_EDGES
    )


@pytest.fixture(scope="module")
def asked(kept_small, behind_small):
    """The answers to a document by the planner and by resolvers: of kept, computed and behind pairs, two of each."""
    with asyncio.Runner() as runner:
        openings = [opened_ways(url, limits=LIMITS) for url in (kept_small, kept_small, behind_small)]
        ways = [runner.run(opening.__aenter__()) for opening in openings]

        def ask(document):
            found = []
            for each, kept in zip(ways, (ALL_KEPT, frozenset(), ALL_KEPT), strict=True):
                for way in (each.on, each.off):
                    way.operations.estimates.now = Statistics(kept=kept)
                    found.append(runner.run(way.run(document)))
            return found

        yield ask
        for opening in openings:
            runner.run(opening.__aexit__(None, None, None))


def related_filter(draw, target, depth):
    """A filter of rows of `target`: of a column, of a geometry, or of what they are related to."""
    columns = {
        "parcels": [{"yearBuilt": {"gt": 1950}}, {"landUse": {"startsWith": "R"}}, {"address": {"isNull": True}}],
        "zoningDistricts": [{"zoneCode": {"startsWith": "R"}}, {"name": {"isNull": False}}, {"code": {"gte": "D"}}],
    }
    if depth and draw(st.booleans()):
        name = draw(st.sampled_from([name for name, (source, *_) in EDGES.items() if source == target]))
        quantifier = draw(st.sampled_from(["some", "none", "every"]))
        return {name: {quantifier: related_filter(draw, EDGES[name][1], depth - 1)}}
    plain, other = draw(st.sampled_from(columns[target])), draw(st.sampled_from(columns[target]))
    form = draw(st.sampled_from(["plain", "not", "or"]))
    return {"plain": plain, "not": {"not": plain}, "or": {"or": [plain, other]}}[form]


def ordering(draw, target):
    down = Enumerated("DESC")
    fields = ["areaSqm", "createdAt", *(["yearBuilt"] if target == "parcels" else ["zoneCode"])]
    terms = [{"distanceTo": {"wkt": "POINT(-71.1 42.37)"}}, *({field: down} for field in fields)]
    return draw(st.lists(st.sampled_from(terms[1:]), max_size=2, unique_by=str) | st.just(terms[:1]))


def arguments(draw, name, target, depth):
    page = draw(st.sampled_from(["first", "last"]))
    given = {page: draw(st.integers(0, 5))}
    if draw(st.booleans()):
        given["filters"] = related_filter(draw, target, depth)
    if order := ordering(draw, target):
        given["order"] = order
    if name in {"zoningDistricts", "parcels"} and draw(st.booleans()):
        given["minCoverage"] = draw(st.sampled_from([0.001, 0.5, 1.0]))
    return "(" + ", ".join(f"{key}: {literal(value)}" for key, value in given.items()) + ")"


def selection(draw, layer, depth):
    name = draw(st.sampled_from([name for name, (source, *_) in EDGES.items() if source == layer]))
    _, target, values = EDGES[name]
    below = selection(draw, target, depth - 1) if depth else ""
    whole = draw(st.sampled_from(["totalCount", "extent", "pageInfo { hasNextPage hasPreviousPage startCursor }"]))
    if "coverage" in values:
        share = draw(st.sampled_from(SHARES))
        key = draw(st.sampled_from(KEYS[target]))
        summed = "count sum { areaSqm } areaSqm"
        whole += f" aggregate(share: {share}) {{ {summed} }}"
        groups = f"totalCount groups {{ weight aggregate {{ {summed} }} }}"
        whole += f" groupBy(keys: [{key}], share: {share}) {{ {groups} }}"
    if draw(st.booleans()):
        share = draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
        whole += f" edgeAggregate {{ {of_edges(values, share)} }}"
    fields = f"{whole} edges {{ cursor distance {values} node {{ featureId {below} }} }}"
    return f"{name}{arguments(draw, name, target, depth)} {{ {fields} }}"


@st.composite
def documents(draw):
    layer = draw(st.sampled_from(["parcels", "zoningDistricts"]))
    given = {"first": draw(st.integers(1, 20)), "filters": related_filter(draw, layer, 2)}
    head = ", ".join(f"{key}: {literal(value)}" for key, value in given.items())
    return f"{{ {layer}({head}) {{ totalCount extent nodes {{ featureId {selection(draw, layer, 1)} }} }} }}"


@settings(max_examples=examples(6, 5_000), derandomize=True, phases=(Phase.generate,))
@given(document=documents())
def test_kept_and_computed_answers_are_equal(asked, document):
    note(document)
    found = asked(document)
    assert [each.codes for each in found] == [[]] * 6
    assert all(agrees(each.answer["data"], found[0].answer["data"]) for each in found[1:])


@pytest.mark.parametrize(("size", "beyond"), [("first", "after"), ("last", "before")])
@pytest.mark.parametrize("name", EDGES)
def test_pages_go_on_at_cursors_of_the_other(asked, name, size, beyond):
    layer, _, values = EDGES[name]
    form = f"""{{ {layer}(first: 60) {{ nodes {{ {name}({size}: 2%s) {{
        edges {{ cursor {values} node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage }} }} }} }} }}"""
    first, cursor = asked(form % ""), ""
    for each in first[2].answer["data"][layer]["nodes"]:
        if len(edges := each[name]["edges"]) == 2:
            cursor = edges[0 if size == "first" else -1]["cursor"]
    assert cursor
    found = asked(form % f', {beyond}: "{cursor}"')
    assert any(each[name]["edges"] for each in found[0].answer["data"][layer]["nodes"])
    assert all(agrees(each.answer["data"], found[0].answer["data"]) for each in found[1:])


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("name", ["zoningDistricts", "parcels"])
@pytest.mark.parametrize("made", ["aggregate(share: {share}) {{ {summed} }}", GROUPED], ids=["aggregate", "groupBy"])
def test_what_is_made_of_related_rows_is_right_where_nothing_else_reads_their_pairs(asked, name, share, made):
    layer, target, _ = EDGES[name]
    wanted = made.format(share=share, key=KEYS[target][-1], summed="count sum { areaSqm } areaSqm")
    found = asked(f"{{ {layer}(first: 5) {{ nodes {{ {name} {{ {wanted} }} }} }} }}")
    assert [each.codes for each in found] == [[]] * 6
    assert all(agrees(each.answer["data"], found[0].answer["data"]) for each in found[1:])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("name", EDGES)
def test_what_edges_have_together_is_what_python_makes_of_them(asked, name, share):
    layer, target, values = EDGES[name]
    below = {"parcels": "{yearBuilt: {gt: 1920}}", "zoningDistricts": '{code: {gte: "B"}}'}[target]
    given = f"first: 500, filters: {below}" + (", minCoverage: 0.01" if "coverage" in values else "")
    document = f"""{{ {layer}(first: 60) {{ nodes {{ {name}({given}) {{
        edgeAggregate {{ {of_edges(values, share)} }} edges {{ {values} }} }} }} }} }}"""
    found = asked(document)
    assert [each.codes for each in found] == [[]] * 6
    many = 0
    for each in found:
        for row in each.answer["data"][layer]["nodes"]:
            told, edges = row[name]["edgeAggregate"], row[name]["edges"]
            many += len(edges)
            assert told["count"] == len(edges)
            for value in numbers(values):
                measured = [edge[value] for edge in edges]
                for function in OF_EDGES:
                    wanted = of_column(function, measured, share)
                    assert agrees(told[function][value], wanted), (function, value)
    assert many > 60


def test_what_edges_have_together_is_one_statement_and_needs_no_page(asked):
    document = """{ parcels(first: 20) { nodes { neighbors {
        edgeAggregate { sum { sharedBorderM } longest: max { sharedBorderM } __typename } } } } }"""
    for each in asked(document)[:4:2]:  # of what is behind they are sent again
        assert each.planned
        assert each.sent == 2
        together = each.answer["data"]["parcels"]["nodes"][0]["neighbors"]["edgeAggregate"]
        assert together["__typename"] == "ParcelNeighborsEdgeAggregate"
        assert 0 < together["longest"]["sharedBorderM"] <= together["sum"]["sharedBorderM"]


def test_of_no_edges_the_count_is_zero_and_all_else_null(asked):
    document = """{ parcels(first: 1) { nodes { neighbors(filters: {yearBuilt: {gt: 3000}}) {
        edgeAggregate { count sum { sharedBorderM } percentile(p: 0.5) { sharedBorderM } } } } } }"""
    nothing = {"count": 0, "sum": {"sharedBorderM": None}, "percentile": {"sharedBorderM": None}}
    for each in asked(document):
        assert each.answer["data"]["parcels"]["nodes"][0]["neighbors"]["edgeAggregate"] == nothing


@pytest.mark.parametrize("columns", ["{ sharedBorderM }", "{ __typename }"])
def test_a_share_of_edges_that_is_out_of_range_is_refused(asked, columns):
    document = (
        f"{{ parcels(first: 1) {{ nodes {{ neighbors {{ edgeAggregate {{ percentile(p: 2) {columns} }} }} }} }} }}"
    )
    for each in asked(document):
        assert each.codes == ["OUT_OF_RANGE"]


def test_kept_relations_cost_less(asked):
    document = "{ parcels(first: 50) { nodes { zoningDistricts { edges { coverage isPrimary node { code } } } } } }"
    kept, _, computed, *_ = (each.answer["extensions"]["cost"]["estimated"] for each in asked(document))
    assert kept < computed / 4
    document = "{ parcels(first: 50) { nodes { neighbors { edgeAggregate { sum { sharedBorderM } } } } } }"
    kept, _, computed, *_ = (each.answer["extensions"]["cost"]["estimated"] for each in asked(document))
    assert kept < computed / 2
    document = "{ parcels(filters: {neighbors: {none: {yearBuilt: {lt: 1900}}}}) { totalCount } }"
    kept, _, computed, *_ = (each.answer["extensions"]["cost"]["estimated"] for each in asked(document))
    assert kept < computed / 4
