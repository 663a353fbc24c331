"""An order by `search`: what the text finds best comes first, page by page, by the scores of the field `search`."""

from gateway.settings import LimitSettings
from tests.fixtures.both_ways import opened_ways

TEXT = "12"  # which numbers of houses are or have
PAGE = """query ($m: String!, $o: Ordering!, $n: Int, $a: String) {
    parcels(filters: { search: { match: $m } }, order: [{ search: $o }], first: $n, after: $a) {
      nodes { featureId address } pageInfo { endCursor hasNextPage } } }"""
SCORES = """query ($m: String!) { search(text: $m, layers: [PARCELS], first: 50) {
    score node { ... on Parcel { featureId } } } }"""


def pages(steady_ways, ordering, size):
    found, after = [], None
    while True:
        on, off = steady_ways(PAGE, {"m": TEXT, "o": ordering, "n": size, "a": after})
        assert on.answer == off.answer
        assert on.planned
        page = on.answer["data"]["parcels"]
        found += [node["featureId"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def test_pages_follow_the_scores_in_either_direction(steady_ways):
    best = pages(steady_ways, "DESC", 1000)
    assert len(best) > 1
    assert pages(steady_ways, "DESC", 2) == best
    assert pages(steady_ways, "ASC", 1000) == best[::-1]
    on, _ = steady_ways(SCORES, {"m": TEXT})
    scores = {hit["node"]["featureId"]: hit["score"] for hit in on.answer["data"]["search"]}
    told = [scores[number] for number in best if number in scores]
    assert told == sorted(told, reverse=True)
    assert scores[best[0]] == max(scores.values()) > min(told)


def test_without_a_text_there_is_nothing_to_order_by(steady_ways):
    for way in steady_ways("{ parcels(order: [{ search: DESC }]) { nodes { featureId } } }"):
        (error,) = way.answer["errors"]
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == (
            "BAD_ARGUMENT",
            ["order", 0, "search"],
        )


async def test_as_of_a_moment_rows_are_found_by_what_they_had_then(small):
    document = """query ($at: DateTime) { parcels(first: 500, asOf: $at, filters: {search: {match: "old road"}},
        order: [{search: DESC}]) { totalCount nodes { address } } }"""
    limits = LimitSettings(cost=1_000_000)  # no index finds texts of the past
    async with opened_ways(small, limits=limits) as ways:
        then, off = await ways.run(document, {"at": "2026-01-20T00:00:00Z"})
        now, _ = await ways.run(document)
    assert then.answer == off.answer
    assert then.planned
    found = then.answer["data"]["parcels"]
    assert {row["address"] for row in found["nodes"]} == {"1 Old Road"}
    assert found["totalCount"] == len(found["nodes"]) > 10
    assert now.answer["data"]["parcels"]["totalCount"] == 0
