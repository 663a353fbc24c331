"""Filters are read, or refused with the path of what is wrong; nothing that is given breaks the reader."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import errors
from gateway.layers import LAYERS, PARCELS
from gateway.models.kinds import Kind
from gateway.query.filters import And, Compare, Not, Or, Quantifier
from gateway.query.lookups import LOOKUPS
from gateway.query.parse import parse_filter
from gateway.settings import LimitSettings
from tests.fixtures.examples import examples

LIMITS = LimitSettings()


def read(value):
    return parse_filter(PARCELS, LAYERS, LIMITS, value)


def refused(value):
    with pytest.raises(errors.ArgumentError) as caught:
        read(value)
    return caught.value.code, caught.value.path


names = st.sampled_from(
    [
        *PARCELS.fields,
        *(lookup.name for lookups in LOOKUPS.values() for lookup in lookups),
        *("and", "or", "not", "neighbors", "zoningDistricts", "some", "every", "none", "start", "end", "geometry"),
        *("distance", "pattern", "geojson", "wkt", "bbox", "circle", "node", "center", "radius", "type", "coordinates"),
    ]
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.text(st.characters(codec=None), max_size=3),
    st.datetimes(timezones=st.one_of(st.none(), st.timezones())),
    st.binary(max_size=3),
    st.sampled_from(["POINT (1 2)", "UGFyY2VsOjc=", "T********", "Point", [1, 2], [1, 2, 3, 4]]),
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=examples(80, 10000))
@given(anything)
def test_anything_at_all_is_read_or_refused(value):
    try:
        hash(read(value))
    except errors.GatewayError as error:
        assert error.path[0] == "filters"  # noqa: PT017


@settings(max_examples=examples(80, 10000))
@given(names, names, names, anything)
def test_any_operand_of_any_name_is_read_or_refused(first, second, third, value):
    for nested in ({first: {second: value}}, {first: {second: {third: value}}}):
        try:
            hash(read(nested))
        except errors.GatewayError as error:
            assert error.path[0] == "filters"  # noqa: PT017


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        ([], "BAD_ARGUMENT", ()),
        ({"nothing": {}}, "BAD_ARGUMENT", ("nothing",)),
        ({"address": {"near": "x"}}, "BAD_ARGUMENT", ("address", "near")),
        ({"address": {"exact": 1}}, "BAD_ARGUMENT", ("address", "exact")),
        ({"address": {"contains": "a\0"}}, "BAD_TEXT", ("address", "contains")),
        ({"address": {"inList": "ab"}}, "BAD_ARGUMENT", ("address", "inList")),
        ({"address": {"inList": ["a", None]}}, "BAD_ARGUMENT", ("address", "inList", 1)),
        ({"featureId": {"inList": [1] * 1_001}}, "LIST_LIMIT", ("featureId", "inList")),
        ({"featureId": {"exact": 2**63}}, "OUT_OF_RANGE", ("featureId", "exact")),
        ({"featureId": {"exact": str(2**63)}}, "OUT_OF_RANGE", ("featureId", "exact")),
        *(
            ({"featureId": {"exact": text}}, "BAD_ARGUMENT", ("featureId", "exact"))
            for text in ("", "1.0", "0x1", " 1", "1_0", "\u0661", "+1", "9" * 5_000)
        ),
        ({"yearBuilt": {"exact": "1"}}, "BAD_ARGUMENT", ("yearBuilt", "exact")),
        ({"yearBuilt": {"range": {"end": 2**31}}}, "OUT_OF_RANGE", ("yearBuilt", "range", "end")),
        ({"areaSqm": {"gt": float("nan")}}, "NON_FINITE", ("areaSqm", "gt")),
        ({"areaSqm": {"gt": 10**400}}, "NON_FINITE", ("areaSqm", "gt")),
        ({"createdAt": {"lt": datetime(2026, 1, 1)}}, "BAD_ARGUMENT", ("createdAt", "lt")),
        (
            {"createdAt": {"lt": datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))}},
            "OUT_OF_RANGE",
            ("createdAt", "lt"),
        ),
        (
            {"createdAt": {"lt": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))}},
            "OUT_OF_RANGE",
            ("createdAt", "lt"),
        ),
        ({"attributes": {"contains": "{}"}}, "BAD_ARGUMENT", ("attributes", "contains")),
        ({"attributes": {"contains": {"a": 10**30}}}, "BAD_ARGUMENT", ("attributes", "contains")),
        ({"attributes": {"contains": {"\ud800": 1}}}, "BAD_ARGUMENT", ("attributes", "contains")),
        ({"attributes": {"contains": {"a": "\0"}}}, "BAD_TEXT", ("attributes", "contains")),
        ({"geometry": {"isValid": 1}}, "BAD_ARGUMENT", ("geometry", "isValid")),
        ({"geometry": {"intersects": {}}}, "BAD_GEOMETRY", ("geometry", "intersects")),
        ({"geometry": {"intersects": {"node": 7}}}, "BAD_ARGUMENT", ("geometry", "intersects", "node")),
        (
            {"geometry": {"within": {"circle": {"radius": 1}}}},
            "BAD_ARGUMENT",
            ("geometry", "within", "circle", "center"),
        ),
        (
            {"geometry": {"dwithin": {"geometry": {"wkt": "POINT (1 2)"}, "distance": -1}}},
            "OUT_OF_RANGE",
            ("geometry", "dwithin", "distance"),
        ),
        (
            {"geometry": {"relate": {"geometry": {"wkt": "POINT (1 2)"}, "pattern": "T"}}},
            "BAD_ARGUMENT",
            ("geometry", "relate", "pattern"),
        ),
        ({"neighbors": {"many": {}}}, "BAD_ARGUMENT", ("neighbors", "many")),
        ({"neighbors": {"some": {"address": {"exact": 1}}}}, "BAD_ARGUMENT", ("neighbors", "some", "address", "exact")),
        ({"or": [{"and": []}, {"not": {"version": {"gt": "1"}}}]}, "BAD_ARGUMENT", ("or", 1, "not", "version", "gt")),
        ({"yearBuilt": {"range": {"from": 1}}}, "BAD_ARGUMENT", ("yearBuilt", "range", "from")),
        ({"and": {}}, "BAD_ARGUMENT", ("and",)),
        ({"or": [{"version": {"exact": 1}}] * 257}, "PREDICATE_LIMIT", ("or", 256, "version")),
    ],
)
def test_what_is_wrong_is_named_with_its_path(value, code, path):
    assert refused(value) == (code, ("filters", *path))


def test_a_filter_nested_too_deeply_is_refused():
    value = {"address": {"exact": "a"}}
    for _ in range(LIMITS.filter_depth):
        value = {"not": value}
    assert refused(value) == ("PREDICATE_LIMIT", ("filters", *["not"] * LIMITS.filter_depth))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"address": None}, ("address",)),
        ({"address": {}}, ("address",)),
        ({"address": {"exact": None}}, ("address", "exact")),
        ({"address": {"isNull": None}}, ("address", "isNull")),
        ({"address": {"inList": None}}, ("address", "inList")),
        ({"yearBuilt": {"range": None}}, ("yearBuilt", "range")),
        ({"yearBuilt": {"range": {}}}, ("yearBuilt", "range")),
        ({"yearBuilt": {"range": {"start": 1900, "end": None}}}, ("yearBuilt", "range", "end")),
        ({"attributes": {}}, ("attributes",)),
        ({"attributes": {"contains": {}}}, ("attributes", "contains")),
        ({"geometry": None}, ("geometry",)),
        ({"geometry": {}}, ("geometry",)),
        ({"geometry": {"intersects": None}}, ("geometry", "intersects")),
        ({"zoningDistricts": None}, ("zoningDistricts",)),
        ({"zoningDistricts": {}}, ("zoningDistricts",)),
        ({"zoningDistricts": {"some": None}}, ("zoningDistricts", "some")),
        ({"zoningDistricts": {"none": {"zoneCode": {}}}}, ("zoningDistricts", "none", "zoneCode")),
        ({"and": None}, ("and",)),
        ({"and": [{}, None]}, ("and", 1)),
        ({"or": None}, ("or",)),
        ({"or": [{"address": {"exact": "a"}}, {}]}, ("or", 1)),
        ({"or": [None]}, ("or", 0)),
        ({"not": None}, ("not",)),
        ({"not": {}}, ("not",)),
    ],
)
def test_what_is_named_and_has_no_value_is_refused(value, path):
    assert refused(value) == ("NO_VALUE", ("filters", *path))


@pytest.mark.parametrize("value", [None, {}, {"and": []}, {"and": [{}]}, {"or": [{"and": []}]}])
def test_a_filter_that_says_nothing_is_none(value):
    assert read(value) is None


def test_an_empty_list_holds_for_every_row_in_and_and_for_none_elsewhere():
    assert read({"not": {"and": []}}) == Not(And(()))
    assert read({"or": []}) == Or(())
    assert read({"address": {"inList": []}}).value == ()


@pytest.mark.parametrize("quantifier", Quantifier)
def test_an_empty_filter_of_related_rows_is_of_all_of_them(quantifier):
    assert read({"neighbors": {quantifier: {}}}).filter is None


def test_a_whole_number_of_64_bits_may_be_a_text_of_its_digits():
    assert read({"featureId": {"inList": ["9007199254740993", 7]}}).value == (9007199254740993, 7)


def test_a_decimal_keeps_its_digits_and_a_time_is_one_of_utc():
    assert read({"assessedValue": {"exact": 0.1}}).value == Decimal("0.1")
    assert read({"areaSqm": {"exact": 0.1}}).value == 0.1
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    assert read({"createdAt": {"exact": noon}}).value == datetime(2026, 1, 1, 7, tzinfo=UTC)


def test_json_that_speaks_of_nul_holds_none():
    assert read({"attributes": {"contains": {"a": "\\u0000"}}}).value == '{"a":"\\\\u0000"}'


def test_every_lookup_of_every_kind_has_an_operand_that_is_read():
    point = {"wkt": "POINT (1 2)"}
    samples = {
        Kind.TEXT: "a",
        Kind.INTEGER: 1,
        Kind.BIGINT: 1,
        Kind.FLOAT: 1.5,
        Kind.DECIMAL: "1.5",
        Kind.DATETIME: datetime(2026, 1, 1, tzinfo=UTC),
        Kind.JSON: {"a": 1},
    }
    for field in PARCELS.fields.values():
        for lookup in LOOKUPS[field.kind]:
            value = samples.get(field.kind)
            operand = {
                "same": value,
                "many": [value],
                "range": {"start": value},
                "flag": True,
                "text": "a",
                "geometry": point,
                "dwithin": {"geometry": point, "distance": 5},
                "cell": "0123",
                "relate": {"geometry": point, "pattern": "T********"},
            }[lookup.operand]
            assert read({field.name: {lookup.name: operand}}) is not None


def test_lookups_side_by_side_hold_together():
    found = read({"version": {"gt": 1, "lt": 3}})
    assert [(item.lookup, item.value) for item in found.items] == [("gt", 1), ("lt", 3)]
    assert all(isinstance(item, Compare) for item in found.items)
