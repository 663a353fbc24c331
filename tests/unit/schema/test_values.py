"""Variables: refused with their place, before any type coerces them; no database."""

import pytest
from graphql import parse, type_from_ast

from gateway import errors
from gateway.settings import LimitSettings
from schema.values import check_variables
from tests.fixtures.cpu import least_cpu_seconds
from tests.fixtures.schema import SCHEMA

LIMITS = LimitSettings()
LEAF = {"address": {"exact": "a"}}


def check(kind, value):
    operation = parse(f"query($v: {kind}) {{ __typename }}").definitions[0]
    check_variables([("v", type_from_ast(SCHEMA, operation.variable_definitions[0].type))], {"v": value}, LIMITS)


@pytest.mark.parametrize(
    ("kind", "value", "error", "path"),
    [
        ("String", "a\0", errors.BadText, ("$v",)),
        ("[String!]!", ["a", "\ud800"], errors.BadText, ("$v", 1)),
        (
            "ParcelFilter",
            {"or": [LEAF, {"address": {"exact": "\0"}}]},
            errors.BadText,
            ("$v", "or", 1, "address", "exact"),
        ),
        ("Geometry", {"type": "Point\0"}, errors.BadText, ("$v",)),
        ("Geometry", {"\0": [1]}, errors.BadText, ("$v",)),
        ("[ID!]", ["a"] * 1_001, errors.ListLimit, ("$v",)),
        ("GeometryInput", {"wkt": "POINT (0 0)", "node": "a"}, errors.BadVariables, ("$v",)),
        ("GeometryInput", {"wkt": None}, errors.BadVariables, ("$v",)),
        ("GeometryInput", {}, errors.BadVariables, ("$v",)),
    ],
)
def test_what_no_argument_could_take_is_refused_with_its_place(kind, value, error, path):
    with pytest.raises(error) as caught:
        check(kind, value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", "café 🏡"),
        ("String", None),
        ("Geometry", {"type": "LineString", "coordinates": [[0.0, 0.0]] * 9_000}),
        ("[ID!]", ["a"] * 1_000),
        ("ParcelFilter", {"or": [LEAF] * 250}),
        ("ParcelFilter", {"nope": 5}),  # graphql-core's to refuse
        ("ParcelFilter", "text"),
    ],
)
def test_what_an_argument_may_take_passes(kind, value):
    check(kind, value)


@pytest.mark.cpu
@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"or": [{"or": [LEAF] * 1_000}] * 30}, errors.PredicateLimit),
        ({"or": [{"or": [{}] * 1_000}] * 60}, errors.PredicateLimit),
        ({"or": [{"address": {"inList": ["a"] * 1_000}}] * 60}, errors.ListLimit),
    ],
    ids=["lookups", "empty filters", "lists"],
)
def test_variables_that_would_take_long_to_coerce_are_refused_soon(value, error):
    def refuse():
        with pytest.raises(error):
            check("ParcelFilter", value)

    assert least_cpu_seconds(refuse, 0.1) < 0.1
