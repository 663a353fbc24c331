"""Geometries whose numbers have more digits than a double are those of the nearest doubles, errors included."""

import orjson
import pytest
from hypothesis import given, settings

from gateway import errors
from gateway.layers import LAYERS
from gateway.query.geometry import parse_target
from gateway.query.numbers import Written
from gateway.settings import LimitSettings
from tests.fixtures.examples import examples
from tests.unit.geo.polygons import near_geojson

LIMITS = LimitSettings()


def written(value):
    """The same value with each number written in more digits than it needs."""
    match value:
        case dict():
            return {name: written(item) for name, item in value.items()}
        case list():
            return [written(item) for item in value]
        case float() | int() if not isinstance(value, bool) and abs(value) < 2**63:
            return Written(repr(float(value)))
        case _:
            return value


def outcome(value):
    try:
        return parse_target(value, LAYERS, LIMITS, path=())
    except errors.ArgumentError as error:
        orjson.dumps(error.extensions)
        return error.message, error.extensions


@settings(max_examples=examples(30, 2000))
@given(near_geojson())
def test_a_geometry_of_long_numbers_is_that_of_doubles(value):
    assert outcome({"geojson": written(value)}) == outcome({"geojson": value})


SQUARE = [[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5], [0.5, 0.5]]
HOLE = [[0.7, 0.7], [0.7, 0.9], [0.9, 0.9], [0.7, 0.7]]


@pytest.mark.parametrize(
    "value",
    [
        {"geojson": {"type": "Point", "coordinates": [1.5, 2.5]}},
        {"geojson": {"type": "Point", "coordinates": [1.5, 92.5]}},
        {"geojson": {"type": "Polygon", "coordinates": [SQUARE]}},
        {"geojson": {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE]]}},
        {"geojson": {"type": "Polygon", "coordinates": [SQUARE[:-1]]}},
        {"geojson": {"type": "Polygon", "coordinates": [[[0.5, 0.5], [1.5, 1.5], [1.5, 0.5], [0.5, 1.5], [0.5, 0.5]]]}},
        {"bbox": [0.5, 0.5, 1.5, 1.5]},
        {"bbox": [170.5, 0.5, -170.5, 1.5]},
        {"bbox": [0.5, 1.5, 0.7, 0.5]},
        {"circle": {"center": [0.5, 0.5], "radius": 12.5}},
        {"circle": {"center": [0.5, 190.5], "radius": 12.5}},
        {"circle": {"center": [0.5, 0.5], "radius": -12.5}},
    ],
    ids=lambda value: str(value)[:70],
)
def test_every_form_takes_long_numbers(value):
    assert outcome(written(value)) == outcome(value)
