import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.geo.bbox import around, from_bbox


def test_a_box_is_one_polygon_wound_counter_clockwise():
    shape = from_bbox([-71.2, 42.3, -71, 42.4])
    found = shapely.from_wkb(shape.ewkb)
    assert found.equals(shapely.box(-71.2, 42.3, -71, 42.4))
    assert found.exterior.is_ccw
    assert shape.parts == (shape.ewkb,)


def test_long_sides_have_corners_on_the_way():
    found = shapely.from_wkb(from_bbox([-180, -90, 180, 90]).ewkb)
    assert found.equals(shapely.box(-180, -90, 180, 90))
    assert max(shapely.Point(a).distance(shapely.Point(b)) for a, b in pairwise(found.exterior.coords)) < 10.001


def test_west_greater_than_east_is_a_part_on_each_side_of_the_antimeridian():
    shape = from_bbox([170, -10, -160, 10])
    assert [shapely.from_wkb(part).bounds for part in shape.parts] == [(170, -10, 180, 10), (-180, -10, -160, 10)]
    assert shape.geometry_type == "MultiPolygon"
    assert shapely.from_wkb(shape.ewkb).is_valid


@pytest.mark.parametrize(
    ("sides", "bounds"), [([170, 0, -180, 1], (170, 0, 180, 1)), ([180, 0, -170, 1], (-180, 0, -170, 1))]
)
def test_a_half_without_width_is_left_out(sides, bounds):
    shape = from_bbox(sides)
    assert shape.geometry_type == "Polygon"
    assert shapely.from_wkb(shape.ewkb).bounds == bounds


@pytest.mark.parametrize(
    ("sides", "kind"),
    [
        ([1, 2, 1, 2], "Point"),
        ([1, 2, 1, 3], "LineString"),
        ([1, 2, 3, 2], "LineString"),
        ([180, 0, -180, 1], "MultiLineString"),
        ([180, 0, -180, 0], "MultiPoint"),
        ([170, 0, -170, 0], "MultiLineString"),
    ],
)
def test_a_box_without_width_or_height_is_the_line_or_point_that_is_left(sides, kind):
    assert from_bbox(sides).geometry_type == kind


@pytest.mark.parametrize(
    ("sides", "code", "path"),
    [
        (None, "BAD_GEOMETRY", ()),
        ("1,2,3,4", "BAD_GEOMETRY", ()),
        ({}, "BAD_GEOMETRY", ()),
        ([], "BAD_GEOMETRY", ()),
        ([1, 2, 3], "BAD_GEOMETRY", ()),
        ([1, 2, 3, 4, 5], "BAD_GEOMETRY", ()),
        ([1, 2, 0, 3, 4, 0], "DIMENSION", ()),
        ([1, 2, 3, "4"], "BAD_GEOMETRY", (3,)),
        ([1, 2, True, 4], "BAD_GEOMETRY", (2,)),
        ([1, 2, None, 4], "BAD_GEOMETRY", (2,)),
        ([math.nan, 2, 3, 4], "NON_FINITE", (0,)),
        ([1, 2, 3, math.inf], "NON_FINITE", (3,)),
        ([1, 4, 3, 2], "OUT_OF_RANGE", (1,)),
        ([-181, 2, 3, 4], "OUT_OF_RANGE", (0,)),
        ([1, -91, 3, 4], "OUT_OF_RANGE", (1,)),
        ([1, 2, 200, 4], "OUT_OF_RANGE", (2,)),
        ([1, 2, 3, 95], "OUT_OF_RANGE", (3,)),
        ([10**400, 2, 3, 4], "OUT_OF_RANGE", (0,)),
    ],
)
def test_each_bad_box_is_refused_with_its_code_and_place(sides, code, path):
    with pytest.raises(errors.ArgumentError) as caught:
        from_bbox(sides)
    assert (caught.value.code, caught.value.path) == (code, path)


@given(
    st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(0, 1), st.floats(0, 1)
)
def test_a_box_holds_exactly_what_lies_between_its_sides(west, north, east, south, across, up):
    south, north = sorted([south, north])
    shape = shapely.from_wkb(from_bbox([west, south, east, north]).ewkb)
    assert shape.is_valid
    longitude, latitude = -180 + 360 * across, -90 + 180 * up
    between = west < longitude < east if west <= east else longitude > west or longitude < east
    if between and south < latitude < north:
        assert shape.intersects(shapely.Point(longitude, latitude))
    outside = not (west <= longitude <= east if west <= east else longitude >= west or longitude <= east)
    if outside or not south <= latitude <= north:
        assert not shape.intersects(shapely.Point(longitude, latitude))


@given(
    st.lists(
        st.tuples(st.floats(-180, -1e-6), st.floats(-90, 0), st.floats(1e-6, 1), st.floats(0, 90)),
        min_size=1,
        max_size=9,
    )
)
def test_the_box_around_boxes_of_less_than_half_of_the_world_has_their_sides(parts):
    boxes = np.array([(west, south, min(west + width, 0.0), north) for west, south, width, north in parts])
    west, south, east, north = boxes.T
    assert around(boxes) == [west.min(), south.min(), east.max(), north.max()]


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([(179, 0, 180, 1), (-180, 0, -179, 1)], (179, 0, -179, 1)),
        ([(179, 0, -179, 1)], (179, 0, -179, 1)),
        ([(179, 0, 181, 1), (170, 2, 171, 3)], (170, 0, -179, 3)),
        ([(179, 0, 181, 1), (-1, 0, 1, 1)], (-1, 0, -179, 1)),
        ([(-180, -90, 180, 90), (1, 1, 2, 2)], (-180, -90, 180, 90)),
    ],
)
def test_the_box_around_boxes_is_the_narrowest(boxes, expected):
    assert around(np.array(boxes, dtype=float)) == list(expected)
