"""Whatever 10,000 vertices come in, the validity test must not take long; and what people draw must pass."""

import math
import subprocess
import sys

import numpy as np
import pytest
import shapely
from shapely.geometry import mapping

from gateway import errors
from gateway.geo.geojson import from_geojson
from gateway.geo.validate import MOST_EDGE_PAIRS, MOST_RING_PAIRS
from tests.fixtures.cpu import least_cpu_seconds

SEA = [(-80, -80), (80, -80), (80, 80), (-80, 80)]
CPU_SECONDS = 0.5  # a tenth of it is used; without the bounds the worst takes eight seconds


def turns(count):
    return np.linspace(0, math.tau, count, endpoint=False)


def around(radii):
    angles = turns(len(radii))
    return shapely.Polygon(np.c_[radii * np.cos(angles), radii * np.sin(angles)])


def ring_of_noise():
    return shapely.Polygon(np.random.default_rng(7).random((9_999, 2)))


def star_of_noise():
    return around(np.random.default_rng(7).random(9_999) + 0.1)


def star_polygon():
    angles = turns(9_999)[np.arange(9_999) * 4_999 % 9_999]
    return shapely.Polygon(np.c_[np.cos(angles), np.sin(angles)])


def sawtooth_on_the_diagonal():
    return shapely.Polygon([(index % 2 * 50 + index * 1e-3, index % 2 * 50 - index * 1e-3) for index in range(9_998)])


def petal(index, count, center=0.0):
    start, end = math.tau * index / count, math.tau * (index + 0.4) / count
    return [(center, 0), (center + math.cos(start), math.sin(start)), (center + math.cos(end), math.sin(end))]


def holes_in_a_fan():
    return shapely.Polygon(SEA, [petal(index, 2_400) for index in range(2_400)])


def polygons_in_a_fan():
    return shapely.MultiPolygon([shapely.Polygon(petal(index, 2_400)) for index in range(2_400)])


def nested_holes():
    return shapely.Polygon(SEA, [[(-size, -size), (size, -size), (0, size)] for size in np.linspace(1, 50, 2_400)])


def slivers_side_by_side():
    return shapely.MultiPolygon(
        [shapely.Polygon([(i * 1e-3, 0), (i * 1e-3 + 50, 50), (i * 1e-3 + 50.0005, 50)]) for i in range(2_500)]
    )


def bars_both_ways():
    # Half of them overlap by longitude and half by latitude, so that neither axis alone tells how few really meet.
    upright = [shapely.box(i * 0.01, -80, i * 0.01 + 0.004, 0) for i in range(1_000)]
    flat = [shapely.box(20, i * 0.01, 80, i * 0.01 + 0.004) for i in range(1_000)]
    return shapely.MultiPolygon(upright + flat)


def comb():
    teeth = np.arange(9_996)
    return shapely.Polygon([*zip(teeth * 1e-3, teeth % 2, strict=True), (10, -1), (0, -1)])


def coast():
    steps = np.random.default_rng(7).normal(size=9_999)
    return around(10 + np.cumsum(steps - steps.mean()) * 0.01)


def spiral():
    angles = np.arange(4_998) * 0.1
    arms = [
        np.c_[(2 + angles * 0.1 + gap) * np.cos(angles), (2 + angles * 0.1 + gap) * np.sin(angles)] for gap in (0, 0.3)
    ]
    return shapely.Polygon(np.r_[arms[0], arms[1][::-1]])


def blocks_of_a_town():
    return shapely.MultiPolygon([shapely.box(x, y, x + 0.9, y + 0.9) for x in range(44) for y in range(44)])


def holes_in_a_chain():
    row = [[(i / 16, 0), ((i + 0.5) / 16, 0.03), ((i + 1) / 16, 0), ((i + 0.5) / 16, -0.03)] for i in range(1_200)]
    return shapely.Polygon(SEA, row)


def flowers():
    return shapely.Polygon(SEA, [petal(i, 50, center=3.0 * flower) for flower in range(15) for i in range(50)])


@pytest.mark.cpu
@pytest.mark.parametrize(
    "make",
    [
        ring_of_noise,
        star_of_noise,
        star_polygon,
        sawtooth_on_the_diagonal,
        holes_in_a_fan,
        polygons_in_a_fan,
        nested_holes,
        slivers_side_by_side,
    ],
)
def test_a_geometry_that_would_keep_the_machine_busy_is_refused_soon(make):
    value = mapping(make())

    def refuse():
        with pytest.raises(errors.GeometryTooIntricate) as caught:
            from_geojson(value, max_vertices=10_000, max_depth=4)
        assert caught.value.details["limit"] in {MOST_EDGE_PAIRS, MOST_RING_PAIRS}

    assert least_cpu_seconds(refuse, CPU_SECONDS) < CPU_SECONDS


@pytest.mark.cpu
@pytest.mark.parametrize("make", [comb, coast, spiral, blocks_of_a_town, bars_both_ways, holes_in_a_chain, flowers])
def test_a_large_geometry_that_is_only_large_passes_soon(make):
    value = mapping(make())

    def take():
        assert from_geojson(value, max_vertices=10_000, max_depth=4).vertices > 3_000

    assert least_cpu_seconds(take, CPU_SECONDS) < CPU_SECONDS


def test_a_thousand_vertices_always_reach_the_validity_test():
    value = mapping(shapely.Polygon(np.random.default_rng(7).random((999, 2))))
    with pytest.raises(errors.InvalidGeometry):
        from_geojson(value, max_vertices=10_000, max_depth=4)


def test_lines_may_meet_in_one_point():
    value = mapping(
        shapely.MultiLineString([[(0, 0), end] for end in zip(np.cos(turns(500)), np.sin(turns(500)), strict=True)])
    )
    assert from_geojson(value, max_vertices=10_000, max_depth=4).geometry_type == "MultiLineString"


DEEP = """
from gateway import errors
from gateway.geo.geojson import from_geojson
from gateway.geo.wkt import from_wkt

value = {"type": "Point", "coordinates": [1, 2]}
coordinates = [1, 2]
for _ in range(100_000):
    value = {"type": "GeometryCollection", "geometries": [value]}
    coordinates = [coordinates]
limits = {"max_vertices": 10_000, "max_depth": 4}
for kind in ["Point", "LineString", "MultiPolygon"]:
    try:
        from_geojson({"type": kind, "coordinates": coordinates}, **limits)
    except errors.GeometryError as error:
        print(error.code)
try:
    from_geojson(value, **limits)
except errors.GeometryDepth as error:
    print(error.code)
try:
    from_wkt("GEOMETRYCOLLECTION(" * 30_000 + "POINT(1 2)" + ")" * 30_000, max_text=10_000_000, **limits)
except errors.GeometryDepth as error:
    print(error.code)
"""


def test_a_hundred_thousand_levels_do_not_crash_the_process():
    done = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["BAD_GEOMETRY"] * 3 + ["GEOMETRY_DEPTH"] * 2
    assert done.returncode == 0, done.stderr
