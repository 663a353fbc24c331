"""Geometries that have no measures on the ellipsoid."""

import pytest
import shapely

from gateway.geo.worldwide import unmeasurable

WORLD = shapely.box(-180, -90, 180, 90)


@pytest.mark.parametrize(
    "geometry",
    [
        WORLD,
        shapely.box(-90, 10, 90, 20),
        shapely.LineString([(-170, 0), (170, 5)]),
        shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(-100, 10, 80, 20)]),
    ],
)
def test_an_edge_over_half_of_the_world_or_more_is_told(geometry):
    assert "degrees of longitude" in unmeasurable(geometry)


def test_more_than_half_of_the_world_is_told():
    assert "half of the world" in unmeasurable(shapely.segmentize(WORLD, 10))
    assert "half of the world" in unmeasurable(shapely.segmentize(shapely.box(-180, -1, 180, 90), 10))


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.Point(180, 0),
        shapely.MultiPoint([(-180, 0), (180, 0)]),
        shapely.box(-71.2, 42.3, -71.1, 42.4),
        shapely.segmentize(shapely.box(-180, 60, 180, 90), 10),
        shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)]),
        shapely.LineString([(-180, 0), (-60, 0), (60, 0), (180, 0)]),
    ],
)
def test_others_can_be_measured(geometry):
    assert unmeasurable(geometry) is None
