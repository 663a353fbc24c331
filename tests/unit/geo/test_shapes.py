"""Shapes that are written out are the bytes that shapely writes."""

import pytest
import shapely

from gateway.geo.shapes import collected, point, rectangle, whole


def test_a_point_is_that_of_shapely():
    assert point(-71.1, 42.375) == whole(shapely.Point(-71.1, 42.375))


def test_a_rectangle_is_the_box_of_shapely():
    assert rectangle(-71.2, 42.3, -71, 42.4) == whole(shapely.box(-71.2, 42.3, -71, 42.4))


@pytest.mark.parametrize(
    ("single", "collect"),
    [
        (shapely.Point(-71.11, 42.37), shapely.multipoints),
        (shapely.LineString([(0, 0), (1, 2), (3, -1)]), shapely.multilinestrings),
        (shapely.Polygon([(0, 0), (9, 0), (9, 9)], [[(5, 1), (6, 2), (6, 1)]]), shapely.multipolygons),
    ],
    ids=lambda value: getattr(value, "geom_type", ""),
)
def test_a_collection_of_one_is_that_of_shapely(single, collect):
    assert collected(whole(single)) == whole(collect([single]))
