"""Versions below a floor are told, and exactly that."""

import pytest

from gateway.checks.server import judge_postgis, judge_postgresql, parts


def ids(messages):
    return [message.rule.id for message in messages]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (130022, ["gateway.E202"]),
        (140023, ["gateway.W201"]),
        (150019, ["gateway.W201"]),
        (150020, []),
        (180005, ["gateway.W201"]),
        (180006, []),
        (190000, []),
    ],
)
def test_postgresql_is_held_against_its_floors(number, expected):
    assert ids(judge_postgresql(number)) == expected


@pytest.mark.parametrize(
    ("extension", "library", "geos", "expected"),
    [
        ("3.1.9", "3.1.9", "3.12.0", ["gateway.E204"]),
        ("3.3.2", "3.3.2", "3.12.0", ["gateway.W202"]),
        ("3.5.4", "3.5.4", "3.11.1", ["gateway.W203"]),
        ("3.5.4", "3.6.0", "3.13.1", ["gateway.W204"]),
        ("3.6.0", "3.6.0", "3.15.0beta1", []),
    ],
)
def test_postgis_and_geos_are_held_against_their_floors(extension, library, geos, expected):
    assert ids(judge_postgis(extension, library, geos)) == expected


@pytest.mark.parametrize(
    ("text", "numbers"), [("3.11.1", (3, 11, 1)), ("3.10", (3, 10)), ("3.6.0beta1", (3, 6, 0)), ("3.7dev", (3, 7))]
)
def test_versions_compare_by_their_numbers(text, numbers):
    assert parts(text) == numbers
