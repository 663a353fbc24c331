"""Measures on the ellipsoid of geometries as they come."""

import shapely

from gateway.geo import measure

SQUARE = shapely.box(-71.11, 42.36, -71.10, 42.37)


def test_a_part_without_rings_has_no_area_and_no_length():
    whole = shapely.MultiPolygon([SQUARE])
    parted = shapely.from_wkt(f"MULTIPOLYGON (EMPTY, {whole.wkt.removeprefix('MULTIPOLYGON (')}")
    assert [part.is_empty for part in parted.geoms] == [True, False]
    assert measure.area_sqm(parted.wkb) == measure.area_sqm(whole.wkb) > 900_000
    assert measure.perimeter_m(parted.wkb) == measure.perimeter_m(whole.wkb)


def test_only_lines_have_a_length():
    line = shapely.LineString([(-71.11, 42.36), (-71.10, 42.36)])
    assert measure.length_m(line.wkb) == measure.length_m(shapely.MultiLineString([line]).wkb) > 800
    assert measure.length_m(SQUARE.wkb) == measure.length_m(shapely.Point(0, 0).wkb) == 0
