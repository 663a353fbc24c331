"""Whole numbers above 2^53, which browsers cannot write as numbers, come as texts of their digits."""

import pytest

BY_ID = """query ($id: BigInt!, $ids: [BigInt!]) {
  one: parcel(featureId: $id) { featureId }
  literal: parcel(featureId: "7") { featureId }
  many: parcels(filters: {featureId: {inList: $ids}}) { nodes { featureId } }
}"""


async def test_a_row_is_named_by_a_text_of_its_integer_id(both_ways):
    on, off = await both_ways.run(BY_ID, {"id": "7", "ids": ["7", 8, "9007199254740993"]})
    assert on.planned
    assert on.answer == off.answer
    assert on.answer["data"] == {
        "one": {"featureId": 7},
        "literal": {"featureId": 7},
        "many": {"nodes": [{"featureId": 7}, {"featureId": 8}]},
    }


@pytest.mark.parametrize("given", ["7.0", "", "seven", 7.5, True])
async def test_a_text_that_is_no_whole_number_is_refused_with_its_place(both_ways, given):
    on, off = await both_ways.run(BY_ID, {"id": 7, "ids": [given]})
    assert on.answer == off.answer
    (error,) = on.answer["errors"]
    assert error["extensions"] == {"code": "BAD_VARIABLES", "argument": ["$ids", 0]}
    assert "text of its digits" in error["message"]
