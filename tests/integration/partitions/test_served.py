"""A layer in partitions is served as one table is, at every door."""

import json

import pytest

from gateway.feeds.formats import FORMATS
from tests.fixtures.mvt import decode
from tests.integration.jurisdictions.test_served import CASES, asked, plain

ORDERED = [form for form in FORMATS if form not in {"parquet", "arrow"}]  # whose files tell their own making


async def test_all_golden_cases_answer_as_of_one_table(whole_door, divided_door):
    differences = []
    for case in CASES:
        given = case.parent / "variables.json"
        document, variables = case.read_text(), json.loads(given.read_text() if given.exists() else "{}")
        one = plain((await asked(whole_door, "", document, variables)).json, 0)
        other = plain((await asked(divided_door, "", document, variables)).json, 0)
        if one != other:
            differences.append((case.parent.name, one, other))
    assert len(CASES) >= 40
    assert not differences, "\n".join(f"{name}\n{one}\n{other}" for name, one, other in differences)


async def extent(door):
    answer = await door.post("{ parcels { extent { west south east north } } }", {})
    return answer.json["data"]["parcels"]["extent"]


@pytest.mark.parametrize("form", ORDERED)
async def test_exports_have_the_same_features(whole_door, divided_door, form):
    path = f"/export/parcels.{form}?order=" + '[{"parcelId": "ASC"}]'
    one, other = [await door.request("GET", path) for door in (whole_door, divided_door)]
    assert one.status == other.status
    assert sorted(one.body.splitlines()) == sorted(other.body.splitlines())


async def test_tiles_have_the_same_features(whole_door, divided_door):
    for path in ("/tiles/parcels/0/0/0.mvt", "/tiles/parcels/10/246/379.mvt", "/tiles/parcels.json"):
        one, other = [await door.request("GET", path) for door in (whole_door, divided_door)]
        assert one.status == other.status
        if path.endswith("mvt"):
            assert decode(one.body) == decode(other.body)
