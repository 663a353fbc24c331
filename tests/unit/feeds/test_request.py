"""What a URL asks for: the same filters as GraphQL's, a box, and properties that may be seen."""

import asyncio

import orjson
import pytest

from gateway import errors
from gateway.feeds.request import PARAMETERS, Asked, FeedParser
from gateway.layers import LAYERS, PARCELS, ZONING_DISTRICTS
from gateway.query.parameters import parameters
from gateway.query.parse import parse_filter
from gateway.query.tokens import FilterCodec, Signed
from gateway.settings import LimitSettings
from tests.fixtures.principals import ACCESS, CLERK, NOBODY


async def as_signed(principal, _):
    return principal


def parser(**limits):
    found = LimitSettings(**limits)
    return FeedParser(LAYERS, ACCESS.seen_by, as_signed, found, FilterCodec(b"key", found))


PARSER = parser()


def parse(layer=PARCELS, *, form="tiles", by=PARSER, **given):
    return asyncio.run(by.parse(layer.name, Asked(NOBODY, form, given), None))


def names(feed):
    return [field.name for field in feed.properties]


FILTERS = [
    {"landUse": {"exact": "R1"}, "not": {"address": {"isNull": True}}},
    {"geometry": {"dwithin": {"geometry": {"circle": {"center": [-71, 42], "radius": 9}}, "distance": 5}}},
    {"zoningDistricts": {"some": {"zoneCode": {"inList": ["A", "B"]}}}},
    {"assessedValue": {"range": {"start": 0.1, "end": 7}}},
    {"createdAt": {"gte": "2026-05-17T09:30:00-04:00"}},
]


@pytest.mark.parametrize("filters", FILTERS)
def test_json_and_token_are_the_filter_of_graphql(filters):
    wanted = parse_filter(PARCELS, LAYERS, LimitSettings(), filters)
    assert parse(filters=orjson.dumps(filters).decode()).filter == wanted
    assert parse(filters=PARSER.codec.encode(PARCELS, filters)).filter == wanted


@pytest.mark.parametrize("signed", [(), (Signed(NOBODY, "tiles"), 60)], ids=["plain", "signed"])
def test_a_lookup_without_a_value_is_refused_in_urls_too(signed):
    filters = {"parcelId": {"exact": None}}
    for text in (orjson.dumps(filters).decode(), PARSER.codec.encode(PARCELS, filters, *signed)):
        with pytest.raises(errors.NoValue) as caught:
            parse(filters=text)
        assert caught.value.path == ("filters", "parcelId", "exact")


def test_without_parameters_it_is_every_row():
    assert parse().filter is None


def test_a_box_is_one_condition_more():
    wanted = {"geometry": {"intersects": {"bbox": [-71.2, 42.3, -71.1, 42.4]}}}
    box = parse_filter(PARCELS, LAYERS, LimitSettings(), wanted)
    assert parse(bbox="-71.2,42.3, -71.1,42.4").filter == box
    assert parse(bbox="-71.2,42.3,-71.1,42.4", filters='{"landUse":{"exact":"R1"}}').filter.items[0] == box


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,1e999,1,2", "nan,0,1,1", "0,5,1,4", "0,0,999,1"]
)
def test_what_is_no_box_is_refused_at_its_place(box):
    with pytest.raises(errors.ArgumentError) as caught:
        parse(bbox=box)
    assert caught.value.path[0] == "bbox"


def test_an_error_in_a_filter_names_its_place():
    with pytest.raises(errors.ArgumentError) as caught:
        parse(filters='{"and":[{"geometry":{"intersects":{"wkt":"POINT (999 1)"}}}]}')
    assert caught.value.path[:6] == ("filters", "and", 0, "geometry", "intersects", "wkt")


@pytest.mark.parametrize("given", ["yesterday", "2026-05-17", "2026-05-17T09:30:00", "0001-01-01T00:00:00+23:00"])
def test_a_time_that_is_none_is_refused(given):
    with pytest.raises(errors.ArgumentError) as caught:
        parse(filters=orjson.dumps({"createdAt": {"gt": given}}).decode())
    assert caught.value.path == ("filters", "createdAt", "gt")


def test_limits_are_those_of_graphql():
    line = '{"geometry":{"intersects":{"wkt":"LINESTRING (0 0, 1 1, 2 2, 3 3, 4 4, 5 5)"}}}'
    deep = '{"not":' * 11 + "{}" + "}" * 11
    many = '{"or":[' + ",".join(['{"landUse":{"exact":"a"}}'] * 257) + "]}"
    for settings, text, kind in (
        ({"vertices": 5}, line, errors.VertexLimit),
        ({}, deep, errors.PredicateLimit),
        ({}, many, errors.PredicateLimit),
    ):
        with pytest.raises(kind):
            parse(by=parser(**settings), filters=text)


def test_a_filter_costs_what_it_takes_on_all_rows_or_near_a_tile():
    far = {"perimeterM": {"gt": 7}, "geometry": {"bbOverlaps": {"bbox": [0, 0, 1, 1]}}}
    found = parse(by=parser(cost=49), filters=orjson.dumps(far).decode())
    with pytest.raises(errors.CostLimit, match="perimeterM in 10,000 rows") as caught:
        found.price.check()
    assert caught.value.path == ("filters",)
    assert found.price.tile((0, 0, 1, 1), 10) > parse(bbox="0,0,1,1").price.tile((0, 0, 1, 1), 10)
    parse().price.check()
    everything = parse(by=parser(cost=1))
    everything.price.check()  # is a stream, or a map
    assert everything.cost > 1


def test_without_properties_it_is_the_layers_own_columns_but_private_ones():
    assert names(parse()) == ["parcelId", "address", "landUse", "assessedValue", "yearBuilt"]
    assert names(parse(ZONING_DISTRICTS)) == ["code", "zoneCode", "name", "category"]


def test_properties_are_told_in_the_order_asked_for_once():
    assert names(parse(properties="yearBuilt, areaSqm,yearBuilt")) == ["yearBuilt", "areaSqm"]
    assert names(parse(properties="")) == []


@pytest.mark.parametrize("name", ["ownerName", "geometry", "featureId", "nope", "land_use"])
def test_private_and_unknown_properties_are_refused_alike(name):
    with pytest.raises(errors.ArgumentError) as caught:
        parse(properties=f"landUse,{name}")
    assert caught.value.path == ("properties",)
    assert "ownerName" not in caught.value.message.partition("There are")[2]


def test_parameters_that_nobody_knows_are_refused():
    with pytest.raises(errors.ArgumentError) as caught:
        parameters(b"filter=%7B%7D", PARAMETERS)
    assert caught.value.path == ("filter",)
    assert "filters" in caught.value.message


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(errors.ArgumentError):
        parameters(b"bbox=1&bbox=2", PARAMETERS)


@pytest.mark.parametrize("query", [b"filters=%FF", b"filters=\xff", b"&".join([b"a=1"] * 101)])
def test_query_strings_that_are_none_are_refused(query):
    with pytest.raises(errors.BadJson):
        parameters(query, PARAMETERS)


def signed(form="csv", **parameters):
    return PARSER.codec.encode(PARCELS, {}, Signed(CLERK, form, parameters), 60)


def test_a_signed_url_shows_what_was_signed():
    found = parse(form="csv", filters=signed(properties="ownerName,areaSqm", crs="EPSG:2249", precision="2"))
    assert names(found) == ["ownerName", "areaSqm"]
    assert (found.parameters["crs"], found.parameters["precision"]) == ("EPSG:2249", "2")
    assert "ownerName" in names(parse(form="csv", filters=signed()))


def test_of_what_was_signed_some_may_be_left_out():
    assert names(parse(form="csv", filters=signed(properties="ownerName,areaSqm"), properties="areaSqm")) == ["areaSqm"]
    assert names(parse(form="csv", filters=signed(), properties="")) == []
    assert parse(form="csv", filters=signed(), bbox="0,0,1,1", after="7", precision="3").signed
    assert parse(form="csv", filters=signed(crs="EPSG:2249"), crs="EPSG:2249").signed


@pytest.mark.parametrize(
    ("form", "parameters", "added", "place"),
    [
        ("geojson", {}, {}, "filters"),
        ("tiles", {}, {}, "filters"),
        ("csv", {"properties": "address"}, {"properties": "ownerName"}, "properties"),
        ("csv", {"properties": "address"}, {"properties": "address,ownerName"}, "properties"),
        ("csv", {"properties": ""}, {"properties": "address"}, "properties"),
        ("csv", {}, {"properties": "attributes"}, "properties"),
        ("csv", {}, {"properties": "areaSqm"}, "properties"),
        ("csv", {}, {"crs": "EPSG:2249"}, "crs"),
        ("csv", {"crs": "EPSG:2249"}, {"crs": "EPSG:3857"}, "crs"),
        ("csv", {"precision": "2"}, {"precision": "15"}, "precision"),
    ],
)
def test_a_signed_url_takes_no_more_than_was_signed(form, parameters, added, place):
    with pytest.raises(errors.NotSigned) as caught:
        parse(form=form, filters=signed(**parameters), **added)
    assert caught.value.path == (place,)
