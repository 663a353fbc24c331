"""Shapes that are written out are the bytes that shapely writes."""

import shapely

from gateway.geo.shapes import point, rectangle, whole


def test_a_point_is_that_of_shapely():
    assert point(-71.1, 42.375) == whole(shapely.Point(-71.1, 42.375))


def test_a_rectangle_is_the_box_of_shapely():
    assert rectangle(-71.2, 42.3, -71, 42.4) == whole(shapely.box(-71.2, 42.3, -71, 42.4))
