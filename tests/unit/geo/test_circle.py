import math

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from gateway import errors
from gateway.geo.circle import CORNERS, circle

WGS84 = Geod(ellps="WGS84")
HALF_EARTH = 20_037_508.0


def test_a_circle_keeps_its_center_and_radius_for_exact_distances():
    shape = circle(-71.1, 42.37, 500, max_radius=HALF_EARTH)
    assert (shape.center, shape.radius) == ((-71.1, 42.37), 500.0)
    assert shape.vertices == CORNERS + 1


def test_the_corners_lie_on_the_geodesic_circle():
    ring = shapely.from_wkb(circle(-71.1, 42.37, 500, max_radius=HALF_EARTH).ewkb).exterior
    assert ring.is_ccw
    for corner in ring.coords:
        assert WGS84.inv(-71.1, 42.37, *corner)[2] == pytest.approx(500, abs=1e-6)


@pytest.mark.parametrize("longitude", [179.999, -179.999, 180, -180])
def test_a_circle_across_the_antimeridian_is_a_part_on_each_side(longitude):
    shape = circle(longitude, -17, 5_000, max_radius=HALF_EARTH)
    east, west = sorted((shapely.from_wkb(part) for part in shape.parts), key=lambda part: -part.bounds[0])
    assert east.bounds[2] == 180
    assert west.bounds[0] == -180
    assert shape.geometry_type == "MultiPolygon"
    assert shape.center == (longitude, -17)


def test_a_circle_smaller_than_a_step_of_a_float_is_its_center():
    assert circle(1, 2, 1e-12, max_radius=HALF_EARTH).geometry_type == "Point"


@pytest.mark.parametrize(
    ("arguments", "code", "path"),
    [
        ((math.nan, 0, 1), "NON_FINITE", ("center", 0)),
        ((0, math.inf, 1), "NON_FINITE", ("center", 1)),
        ((0, 0, math.nan), "NON_FINITE", ("radius",)),
        ((0, 0, math.inf), "NON_FINITE", ("radius",)),
        (("0", 0, 1), "BAD_GEOMETRY", ("center", 0)),
        ((0, None, 1), "BAD_GEOMETRY", ("center", 1)),
        ((0, 0, True), "BAD_GEOMETRY", ("radius",)),
        ((181, 0, 1), "OUT_OF_RANGE", ("center", 0)),
        ((42, -171, 1), "OUT_OF_RANGE", ("center", 1)),
        ((0, 0, 0), "OUT_OF_RANGE", ("radius",)),
        ((0, 0, -5), "OUT_OF_RANGE", ("radius",)),
        ((0, 0, 1e300), "OUT_OF_RANGE", ("radius",)),
        ((0, 0, HALF_EARTH + 1), "OUT_OF_RANGE", ("radius",)),
        ((0, 90, 1), "OUT_OF_RANGE", ("radius",)),
        ((0, 89.99, 5_000), "OUT_OF_RANGE", ("radius",)),
        ((0, -80, 5_000_000), "OUT_OF_RANGE", ("radius",)),
        ((0, 0, HALF_EARTH), "OUT_OF_RANGE", ("radius",)),
    ],
)
def test_each_bad_circle_is_refused_with_its_code_and_place(arguments, code, path):
    with pytest.raises(errors.ArgumentError) as caught:
        circle(*arguments, max_radius=HALF_EARTH)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_a_circle_over_a_pole_says_to_use_dwithin():
    with pytest.raises(errors.OutOfRange, match="Use dwithin") as caught:
        circle(5, -89.99, 5_000, max_radius=HALF_EARTH)
    assert caught.value.details["point"] == {"type": "Point", "coordinates": [5.0, -90.0]}


@given(st.floats(-180, 180), st.floats(-90, 90), st.floats(0.01, 9_000_000))
def test_every_circle_that_reaches_no_pole_is_valid_and_within_the_world(longitude, latitude, radius):
    assume(all(WGS84.inv(longitude, latitude, longitude, pole)[2] > radius for pole in (90, -90)))
    shape = circle(longitude, latitude, radius, max_radius=HALF_EARTH)
    assert shape.geometry_type in {"Polygon", "MultiPolygon"}
    found = shapely.from_wkb(shape.ewkb)
    assert found.is_valid
    west, south, east, north = found.bounds
    assert west >= -180
    assert south >= -90
    assert east <= 180
    assert north <= 90
    assert 1 <= len(shape.parts) <= 2


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(1, 100_000))
def test_the_area_of_a_circle_is_that_of_its_polygon_of_64_corners(longitude, latitude, radius):
    shape = circle(longitude, latitude, radius, max_radius=HALF_EARTH)
    area = abs(WGS84.geometry_area_perimeter(shapely.from_wkb(shape.ewkb))[0])
    corners = CORNERS / 2 * math.sin(math.tau / CORNERS) * radius**2
    assert area == pytest.approx(corners, rel=2e-3)
