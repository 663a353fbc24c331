"""What a filter names has a value: an absent variable, null or an empty lookup never stands for all rows."""

import pytest

COUNT = "query ({}) {{ parcels(first: 1, filters: {}) {{ totalCount nodes {{ parcelId }} }} }}"
REFUSED = [
    ("$id: String", "{parcelId: {exact: $id}}", {}, ("parcelId",)),
    ("$id: String", "{parcelId: {exact: $id}}", {"id": None}, ("parcelId", "exact")),
    ("$id: String", "{or: [{parcelId: {exact: $id}}, {address: {exact: $id}}]}", {}, ("or", 0, "parcelId")),
    ("$by: StringLookup", '{or: [{parcelId: $by}, {landUse: {exact: "Park"}}]}', {}, ("or", 0)),
    ("$to: Int", "{yearBuilt: {range: {end: $to}}}", {}, ("yearBuilt", "range")),
    ("$code: JSON", "{attributes: {contains: {use_code: $code}}}", {}, ("attributes", "contains")),
    ("$f: ParcelFilter", "$f", {"f": {"areaSqm": None}}, ("areaSqm",)),
    ("$f: ParcelFilter", "$f", {"f": {"not": None}}, ("not",)),
    ("$f: ParcelFilter", "$f", {"f": {"zoningDistricts": {"some": None}}}, ("zoningDistricts", "some")),
    ("$f: ZoningDistrictFilter", "{zoningDistricts: {some: $f}}", {}, ("zoningDistricts",)),
]
KEPT = [
    ("$f: ParcelFilter", "$f", {}, 300),
    ("$f: ParcelFilter", "$f", {"f": None}, 300),
    ("$f: ParcelFilter", "$f", {"f": {}}, 300),
    ("$by: StringLookup", "{landUse: $by}", {}, 300),
    ("$all: [ParcelFilter!]", "{and: $all}", {"all": []}, 300),
    ("$any: [ParcelFilter!]", "{or: $any}", {"any": []}, 0),
    ("$any: [String!]", "{landUse: {inList: $any}}", {"any": []}, 0),
    ("$any: [String!]", "{not: {landUse: {inList: $any}}}", {"any": []}, 300),
    ("$f: ZoningDistrictFilter!", "{zoningDistricts: {some: $f}}", {"f": {}}, 300),
    ("$f: ZoningDistrictFilter!", "{zoningDistricts: {none: $f}}", {"f": {}}, 0),
]


@pytest.mark.parametrize(("declared", "filters", "variables", "path"), REFUSED)
async def test_a_lookup_without_a_value_is_refused_with_its_path(both_ways, declared, filters, variables, path):
    on, off = await both_ways.run(COUNT.format(declared, filters), variables)
    assert on.answer == off.answer
    assert on.answer["data"] is None
    (error,) = on.answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("NO_VALUE", ["filters", *path])
    assert "Leave it out" in error["message"]


@pytest.mark.parametrize(("declared", "filters", "variables", "rows"), KEPT)
async def test_what_is_left_out_asks_for_nothing_and_empty_lists_have_no_members(
    both_ways, declared, filters, variables, rows
):
    on, off = await both_ways.run(COUNT.format(declared, filters), variables)
    assert on.planned
    assert on.answer == off.answer
    assert on.answer["data"]["parcels"]["totalCount"] == rows
