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
        "{column: LAND_USE}",
    ],
    "zoningDistricts": ["{column: ZONE_CODE}", "{geohash: 6}"],
}

GROUPED = "groupBy(keys: [{key}], share: {share}) {{ totalCount groups {{ weight aggregate {{ {summed} }} }} }}"


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
    fields = f"{whole} edges {{ cursor distance {values} node {{ featureId {below} }} }}"
    return f"{name}{arguments(draw, name, target, depth)} {{ {fields} }}"


@st.composite
def documents(draw):
    layer = draw(st.sampled_from(["parcels", "zoningDistricts"]))
    given = {"first": draw(st.integers(1, 20)), "filters": related_filter(draw, layer, 2)}
    head = ", ".join(f"{key}: {literal(value)}" for key, value in given.items())
    return f"{{ {layer}({head}) {{ totalCount extent nodes {{ featureId {selection(draw, layer, 1)} }} }} }}"


@settings(max_examples=examples(12, 5_000), derandomize=True, phases=(Phase.generate,))
@given(document=documents())
def test_kept_and_computed_answers_are_equal(asked, document):
    note(document)
    found = asked(document)
    assert [each.codes for each in found] == [[]] * 6
    assert all(agrees(each.answer["data"], found[0].answer["data"]) for each in found[1:])


@pytest.mark.parametrize("name", EDGES)
def test_pages_go_on_at_cursors_of_the_other(asked, name):
    layer, _, values = EDGES[name]
    form = (
        f"{{ {layer}(first: 3) {{ nodes {{ {name}(first: 2%s) {{ edges {{ cursor {values} node {{ id }} }} }} }} }} }}"
    )
    first, after = asked(form % ""), ""
    for each in first[2].answer["data"][layer]["nodes"]:
        if edges := each[name]["edges"]:
            after = edges[0]["cursor"]
    assert after
    found = asked(form % f', after: "{after}"')
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


def test_kept_relations_cost_less(asked):
    document = "{ parcels(first: 50) { nodes { zoningDistricts { edges { coverage isPrimary node { code } } } } } }"
    kept, _, computed, *_ = (each.answer["extensions"]["cost"]["estimated"] for each in asked(document))
    assert kept < computed / 4
    document = "{ parcels(filters: {neighbors: {none: {yearBuilt: {lt: 1900}}}}) { totalCount } }"
    kept, _, computed, *_ = (each.answer["extensions"]["cost"]["estimated"] for each in asked(document))
    assert kept < computed / 4
