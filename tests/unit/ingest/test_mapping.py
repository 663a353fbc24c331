"""Which field fills which column."""

import pytest

from gateway.errors import BadMapping
from gateway.ingest import mapping
from gateway.layers import PARCELS, ZONING_DISTRICTS


def chosen(layer, wanted, *fields, fid=None):
    plan = mapping.plan(layer, wanted, fields, fid)
    return {target.column: target.field for target in plan.targets}, plan.rest


def test_fields_of_equal_name_need_no_mapping_in_any_spelling():
    found, rest = chosen(PARCELS, {}, "PARCEL_ID", "landUse", "year_built", "other")
    assert found == {"parcel_id": "PARCEL_ID", "land_use": "landUse", "year_built": "year_built"}
    assert rest == ("other",)


def test_what_is_mapped_wins_over_equal_names_and_the_rest_is_left_for_attributes():
    found, rest = chosen(PARCELS, {"parcelId": "lot", "address": "ADDR"}, "parcel_id", "lot", "addr", "address")
    assert found == {"parcel_id": "lot", "address": "addr"}
    assert rest == ("parcel_id", "address")


@pytest.mark.parametrize(
    "fields",
    [
        ("OWN_ADDR", "OWN_CITY", "OWN_STATE", "OWN_ZIP"),  # Massachusetts, level 3
        ("OWN_ADDR1", "OWN_CITY", "OWN_STATE", "OWN_ZIPCD"),  # Florida
        ("PSTLADDRESS", "PSTLCITY", "PSTLSTATE", "PSTLZIP5"),  # Esri's local government model
        ("mail_addr", "Mail_City", "MAIL_STATE", "MailZip"),
        ("mailingAddress", "MAILING_CITY", "mailing_state", "mailingZip"),
    ],
)
def test_mailing_addresses_are_known_by_the_names_that_assessors_have_for_them(fields):
    columns = ("mailing_address", "mailing_city", "mailing_state", "mailing_zip")
    found, _ = chosen(PARCELS, {"parcel_id": "id"}, "id", *fields)
    assert found == {"parcel_id": "id", **dict(zip(columns, fields, strict=True))}


def test_the_name_of_the_column_wins_over_others_that_files_have_for_it():
    found, _ = chosen(PARCELS, {"parcel_id": "id"}, "id", "MAIL_ADDR", "MAILING_ADDRESS")
    assert found["mailing_address"] == "MAILING_ADDRESS"


def test_an_empty_source_leaves_a_field_alone():
    assert chosen(PARCELS, {"address": ""}, "parcel_id", "address") == ({"parcel_id": "parcel_id"}, ("address",))


def test_one_field_may_fill_two_columns():
    found, rest = chosen(ZONING_DISTRICTS, {"code": "zone", "zone_code": "zone"}, "zone")
    assert found == {"code": "zone", "zone_code": "zone"}
    assert rest == ()


def test_the_number_of_a_feature_can_be_a_key():
    assert chosen(PARCELS, {"parcel_id": "fid"}, "address", fid="fid")[0]["parcel_id"] == "fid"


@pytest.mark.parametrize("name", ["nothing", "geom", "id", "version", "attributes", "areaSqm", "created_at"])
def test_a_field_that_the_layer_does_not_take_is_named_with_those_it_does(name):
    with pytest.raises(BadMapping, match=rf"no field {name} .*parcel_id, address"):
        chosen(PARCELS, {name: "x"}, "x", "parcel_id")


@pytest.mark.parametrize("fields", [("parcel_id", "b"), ("parcel_id", "Nothing", "NOTHING")])
def test_a_field_that_the_source_lacks_or_that_is_ambiguous_is_named_with_those_it_has(fields):
    with pytest.raises(BadMapping, match=r"no field nothing\. It has: parcel_id"):
        chosen(PARCELS, {"address": "nothing"}, *fields)


def test_required_columns_without_a_source_are_named_with_the_flag_to_give():
    with pytest.raises(BadMapping, match=r"needs code, zone_code.*--map code=FIELD --map zone_code=FIELD.*has: a, b"):
        chosen(ZONING_DISTRICTS, {}, "a", "b")
