"""`distinct` tells the values that Python finds in the rows themselves, whatever the filter."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fixtures.both_ways import opened_ways
from tests.fixtures.examples import examples
from tests.integration.planner.test_aggregates import Rows, filters

COLUMNS = "featureId landUse yearBuilt assessedValue areaSqm createdAt attributes address"
ASKED = """query ($f: ParcelFilter, $d: ParcelDistinctField!, $m: String, $n: Int) { parcels(filters: $f) {
    distinct(field: $d, match: $m, first: $n) { totalCount withheld values { value count } } } }"""
OF = {
    "LAND_USE": lambda row: row["landUse"],
    "ADDRESS": lambda row: row["address"],
    "YEAR_BUILT": lambda row: row["yearBuilt"],
    "ASSESSED_VALUE": lambda row: row["assessedValue"],
    "n": lambda row: row["attributes"].get("n"),
}


@pytest.fixture(scope="module")
def parcels(steady_ways):
    """All parcels, as a page of them says."""
    on, _ = steady_ways(f"{{ parcels(first: 1000) {{ nodes {{ {COLUMNS} }} }} }}")
    return Rows(on.answer["data"]["parcels"]["nodes"])


def asked_for(name):
    return {"d": {"attribute" if name == "n" else "column": name}}


@settings(max_examples=examples(30, 2_000), deadline=None)
@given(asked=filters(), name=st.sampled_from([*OF]), match=st.sampled_from([None, "", "r", "RE", "19", "1 ", "%", "_"]))
def test_values_and_counts_are_those_of_the_rows(steady_ways, parcels, asked, name, match):
    wanted, passes = asked
    on, off = steady_ways(ASKED, {"f": wanted, "m": match, "n": 1000, **asked_for(name)})
    assert on.answer == off.answer
    assert (on.planned, on.sent) == (True, 1)
    told = on.answer["data"]["parcels"]["distinct"]
    known = Counter(OF[name](row) for row in parcels if passes(row))
    if match:
        known = {value: count for value, count in known.items() if value is not None and match.lower() in text(value)}
    assert {each["value"]: each["count"] for each in told["values"]} == known
    assert (told["totalCount"], told["withheld"]) == (len(known), 0)
    ranks = [(not text(each["value"]).startswith((match or "").lower()), -each["count"]) for each in told["values"]]
    assert ranks == sorted(ranks) or None in known


def text(value):
    return format(value, "f") if isinstance(value, Decimal) else str(value).lower()


def test_first_takes_the_most_frequent_and_the_number_of_all_stays(steady_ways, parcels):
    on, _ = steady_ways(ASKED, {"n": 2, **asked_for("LAND_USE")})
    told = on.answer["data"]["parcels"]["distinct"]
    uses = Counter(row["landUse"] for row in parcels)
    assert [each["count"] for each in told["values"]] == [count for _, count in uses.most_common(2)]
    assert told["totalCount"] == len(uses)


@pytest.mark.parametrize(
    ("given", "code", "place"),
    [
        ({"n": -1}, "BAD_PAGE", ["first"]),
        ({"m": "x" * 100_000}, "BAD_TEXT", ["match"]),
    ],
)
def test_what_cannot_be_told_is_refused(steady_ways, given, code, place):
    on, off = steady_ways(ASKED, given | asked_for("LAND_USE"))
    assert on.answer == off.answer
    extensions = on.answer["errors"][0]["extensions"]
    assert (extensions["code"], extensions["argument"]) == (code, place)


async def test_values_of_few_rows_are_withheld_and_counted(small):
    async with opened_ways(small) as ways:
        for way in (ways.on, ways.off):
            way._parser = replace(way._parser, least_group=5)
            answer = (await way.run(ASKED, {"n": 1000, **asked_for("YEAR_BUILT")})).answer
            told = answer["data"]["parcels"]["distinct"]
            assert told["withheld"] > 0
            assert min(each["count"] for each in told["values"]) >= 5
