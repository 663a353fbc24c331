"""Values of variables taken in one pass: what passes is what checks and graphql-core make of it; no database."""

import pytest
from graphql import Undefined, coerce_input_value, is_input_type, type_from_ast
from graphql.language import parse_type
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.settings import LimitSettings
from schema.coercers import Coercers, UnsureError
from schema.values import check_variables
from tests.fixtures.schema import SCHEMA

LIMITS = LimitSettings()
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1.5], [0, 0]]]}
PARCEL = {
    "parcelId": "1",
    "address": None,
    "assessedValue": 2,
    "attributes": {"a": ["b"]},
    "geometry": {"geojson": SQUARE},
}
CHANGE = {"id": "x", "expectedVersion": 1, "patch": {"address": "1 Elm"}}
LEAF = {"address": {"exact": "a"}}
VALUES = [
    ("Int!", 1),
    ("Int", None),
    ("BigInt!", "9007199254740993"),
    ("[BigInt!]", [1, "-9223372036854775808"]),
    ("[ID!]", ["a", "b"]),
    ("ParcelInput!", PARCEL),
    ("[ParcelInput!]!", [PARCEL] * 3),
    ("ParcelChange!", CHANGE),
    ("OnInvalid", "REPAIR"),
    ("ParcelFilter", {"or": [LEAF, {"not": LEAF}], "yearBuilt": {"range": {"start": 1, "end": 2}}}),
    ("[ParcelOrder!]", [{"address": "ASC"}]),
    ("GeometryInput", {"bbox": [1, 2, 3, 4]}),
]


def declared(kind):
    return type_from_ast(SCHEMA, parse_type(kind))


def taken(kind, value, limits=LIMITS):
    coercers = Coercers(limits)
    return coercers.of(declared(kind))(value, coercers.budget())


def thorough(kind, value):
    check_variables([("v", declared(kind))], {"v": value}, LIMITS)
    return coerce_input_value(value, declared(kind))


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_what_is_all_right_is_taken_as_graphql_core_coerces_it(kind, value):
    assert thorough(kind, value) is not Undefined
    assert taken(kind, value) == thorough(kind, value)


def scalars():
    return st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["ASC", "1", "\0", "\ud800"])
    )


def keys():
    names = {name for kind in SCHEMA.type_map.values() for name in getattr(kind, "fields", ()) if is_input_type(kind)}
    return st.sampled_from(sorted(names))


def members(inner):
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys(), inner, max_size=2))


@st.composite
def spoiled(draw):
    """A good value of a type with another value in one place of it, or without what was there."""
    kind, value = draw(st.sampled_from(VALUES))
    other = draw(st.one_of(st.just(Undefined), st.recursive(scalars(), members, max_leaves=4)))
    return kind, draw(_with(value, other))


@st.composite
def _with(draw, value, other):
    places = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    if not places or draw(st.booleans()):
        return None if other is Undefined else other
    place = (
        draw(st.one_of(st.sampled_from(places), keys())) if isinstance(value, dict) else draw(st.sampled_from(places))
    )
    found = value.copy()
    if other is Undefined and isinstance(value, dict):
        found.pop(place, None)
    else:
        found[place] = draw(_with(value[place] if place in places else None, other))
    return found


@given(spoiled())
def test_nothing_is_taken_that_is_not_all_right_nor_taken_otherwise(case):
    kind, value = case
    try:
        found = taken(kind, value)
    except Exception:  # noqa: BLE001 - whatever it raises, the thorough way is asked
        return
    assert repr(found) == repr(thorough(kind, value))  # by their texts, since NaN is not equal to itself


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", "\0"),
        ("Geometry", {"type": "\ud800"}),
        ("[ID!]", ["a"] * 1_001),
        ("[ID!]", "a"),
        ("GeometryInput", {"wkt": "POINT (0 0)", "node": "a"}),
        ("GeometryInput", {"wkt": None}),
        ("GeometryInput", {}),
        ("ParcelInput!", {}),
        ("ParcelInput!", None),
        ("ParcelFilter", {"nope": 5}),
        ("ParcelFilter", "text"),
    ],
)
def test_what_is_wrong_or_unusual_is_left_to_the_thorough_way(kind, value):
    with pytest.raises((UnsureError, errors.GatewayError)):
        taken(kind, value)


def test_more_objects_than_a_request_may_have_are_left_to_the_thorough_way():
    coercers = Coercers(LIMITS)
    take, room = coercers.of(declared("ParcelFilter")), coercers.budget()
    value = {"or": [LEAF] * (LIMITS.predicates * 8)}
    with pytest.raises(UnsureError):
        take(value, room)
