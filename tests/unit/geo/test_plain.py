import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from gateway.geo.geojson import scan
from gateway.geo.plain import plain_polygon
from gateway.geo.shapes import Shape, collected
from gateway.geo.validate import checked
from tests.unit.geo.polygons import json_values, near_geojson, star

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]


def plain(value: object, *, max_vertices: int = 10_000) -> Shape | None:
    return plain_polygon(value, max_vertices=max_vertices)


def thorough(value: object) -> Shape:
    scan(value, max_vertices=10_000, max_depth=4)
    return checked(shape(value))


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


@given(star((10.0, 50.0), 3.0))
def test_a_ring_of_either_direction_becomes_the_same_bytes_as_by_the_thorough_way(ring):
    ring = [list(position) for position in [*ring, ring[0]]]
    assert plain(polygon(ring)) == thorough(polygon(ring))


@given(star((-71.0, 42.0), 1e-4))
def test_a_collection_of_one_becomes_the_same_bytes_as_by_the_thorough_way(ring):
    value = {"type": "MultiPolygon", "coordinates": [[[list(position) for position in [*ring, ring[0]]]]]}
    assert plain(value) == thorough(value)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(list), min_size=3, max_size=7))
def test_a_ring_that_may_cross_itself_passes_only_if_the_thorough_way_lets_it(ring):
    value = polygon([*ring, ring[0]])
    if (found := plain(value)) is not None:
        assert found == thorough(value)


@given(st.one_of(json_values(), near_geojson()))
def test_of_any_json_nothing_passes_that_the_thorough_way_would_refuse(value):
    if (found := plain(value)) is not None:
        assert found == thorough(value)


def test_a_plain_polygon_is_known_to_have_an_area_and_so_is_the_collection_of_it():
    found = plain(polygon(SQUARE))
    assert found is not None
    assert found.sized
    assert collected(found).sized
    assert not thorough(polygon(SQUARE)).sized


def test_which_way_a_shape_came_shows_in_no_cursor():
    assert repr(plain(polygon(SQUARE))) == repr(thorough(polygon(SQUARE)))


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param([[0, 0], [1, 0], [1, 1], [0, 1]], id="open"),
        pytest.param([[0, 0], [1, 0], [0, 0]], id="short"),
        pytest.param([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], id="crossing"),
        pytest.param([[0, 0], [1, 1], [2, 2], [0, 0]], id="flat"),
        pytest.param([[0, 0], [1e-320, 0], [1e-320, 1e-320], [0, 0]], id="speck"),
        pytest.param([[0, 0], [math.nan, 0], [1, 1], [0, 0]], id="nan"),
        pytest.param([[0, 0], [1, 0], [math.nan, 1], [0, 0]], id="later nan"),
        pytest.param([[0, 0], [math.inf, 0], [1, 1], [0, 0]], id="infinite"),
        pytest.param([[0, 0], [10**400, 0], [1, 1], [0, 0]], id="huge"),
        pytest.param([[0, 0], [True, 0], [1, 1], [0, 0]], id="true"),
        pytest.param([[0, 0], ["1", 0], [1, 1], [0, 0]], id="text"),
        pytest.param([[0, 0], [1, 0, 0], [1, 1], [0, 0]], id="altitude"),
        pytest.param([[0, 0], {"1": 1, "0": 0}, [1, 1], [0, 0]], id="object"),
        pytest.param([[-90, 0], [90, 0], [0, 50], [-90, 0]], id="half of the Earth"),
        pytest.param([[0, 89], [1, 90], [1, 89], [0, 89]], id="pole"),
        pytest.param([[170, 0], [181, 0], [181, 1], [170, 0]], id="out of range"),
        pytest.param(
            [*([math.cos(step / 40), math.sin(step / 40)] for step in range(250)), [1.0, 0.0]], id="many vertices"
        ),
    ],
)
def test_what_may_be_wrong_or_slow_is_left_to_the_thorough_way(ring):
    assert plain(polygon(ring)) is None


@pytest.mark.parametrize(
    "value",
    [
        polygon(SQUARE, [[0.1, 0.1], [0.1, 0.2], [0.2, 0.2], [0.1, 0.1]]),
        polygon(),
        {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[x + 5, y] for x, y in SQUARE]]]},
        {"type": "LineString", "coordinates": SQUARE},
        polygon(SQUARE) | {"crs": None},
        {"type": "Polygon"},
        SQUARE,
    ],
)
def test_other_forms_are_left_to_the_thorough_way(value):
    assert plain(value) is None


def test_more_vertices_than_are_allowed_are_left_to_the_thorough_way():
    assert plain(polygon(SQUARE), max_vertices=5) is not None
    assert plain(polygon(SQUARE), max_vertices=4) is None
