"""Where geometries may be put in a CRS: PROJ has finite places for them there."""

import math

import pytest
from pyproj import Transformer

from gateway.geo.crs import reach


def test_the_reach_of_a_zone_ends_ten_degrees_outside_of_its_area_of_use():
    (box,) = reach(26915)
    assert box == pytest.approx((-106.0, 15.61, -80.0, 90.0))


def test_a_crs_of_the_world_reaches_around_it():
    assert reach(3857) == reach(4326) == ((-180.0, -90.0, 180.0, 90.0),)


def test_an_area_of_use_across_the_antimeridian_is_two_boxes():
    east, west = sorted(reach(2193), reverse=True)
    assert (east[2], west[0]) == (180.0, -180.0)
    assert east[0] < 167 < 180
    assert west[2] > -176  # the Chatham Islands


@pytest.mark.parametrize("srid", [2193, 2249, 3338, 3857, 5070, 26915, 27700, 28992, 31370, 32601, 3031, 3413])
def test_proj_has_finite_places_in_the_reach_of_a_crs(srid):
    transformer = Transformer.from_crs(4326, srid, always_xy=True)
    for west, south, east, north in reach(srid):
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x, y = transformer.transform(west + share * (east - west), south + (1 - share) * (north - south))
            assert math.isfinite(x)
            assert math.isfinite(y)
