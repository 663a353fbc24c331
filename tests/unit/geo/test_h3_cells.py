"""Cells of H3: those that the library finds, each row once, with boundaries that GeoJSON allows."""

import struct

import h3
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from gateway.geo.h3_cells import boundary, placed

POSITIONS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(-180, 180), st.floats(-90, 90)), max_size=20)


def packed(positions):
    return b"".join(struct.pack(">qdd", *each) for each in positions)


@given(positions=POSITIONS, resolution=st.integers(0, 15))
def test_each_row_has_the_cell_that_the_library_finds(positions, resolution):
    by_id = {}
    for identity, longitude, latitude in positions:
        by_id.setdefault(identity, h3.latlng_to_cell(latitude, longitude, resolution))
    found = placed(packed(positions), resolution)
    assert {number: h3.int_to_str(cell) for number, cell in zip(found.ids, found.cells, strict=True)} == by_id


def test_a_row_that_comes_twice_has_one_cell():
    assert placed(packed([(7, 1.0, 2.0), (7, 1.0, 2.0)]), 5).ids == [7]


def test_no_rows_have_no_cells():
    assert placed(b"", 5).ids == []


@given(longitude=st.floats(-180, 180), latitude=st.floats(-80, 80), resolution=st.integers(2, 15))
def test_a_boundary_is_a_ring_of_a_plane_around_its_cell(longitude, latitude, resolution):
    cell = h3.latlng_to_cell(latitude, longitude, resolution)
    outline = shape(orjson.loads(boundary(cell)))
    west, _, east, _ = outline.bounds
    assert east - west < 60
    assert len(outline.exterior.coords) >= 6
    if resolution < 13:  # finer ones have sides of few units of the seventh decimal
        assert outline.is_valid
        assert outline.exterior.is_ccw


@pytest.mark.parametrize("latitude", [0.0, 40.0, -40.0])
def test_across_the_antimeridian_longitudes_go_on(latitude):
    west, _, east, _ = shape(orjson.loads(boundary(h3.latlng_to_cell(latitude, 180.0, 3)))).bounds
    assert west < 180 < east < 190
