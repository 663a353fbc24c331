"""Shapes of a source made fit for a column."""

import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from gateway.errors import BadCrs
from gateway.ingest import IngestOptions, OnInvalid, Reason, geometry, repairs
from gateway.ingest.geometry import GeometryTarget
from gateway.ingest.repair import Repairer
from gateway.ingest.report import Action
from gateway.layers import PARCELS
from tests.fixtures.examples import examples

POLYGONS = GeometryTarget("Polygon", many=True)
SQUARE = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))"
BOW_TIE = "POLYGON ((0 0, 2 2, 2 0, 0 3, 0 0))"


@pytest.fixture(scope="module")
def repairer():
    with Repairer(10) as found:
        yield found


def shaped(*texts, target=POLYGONS, crs=4326):
    values = [text if text is None or isinstance(text, bytes) else binary(text) for text in texts]
    return geometry.shape(pa.array(values, pa.binary()), target, geometry.transformer(CRS.from_epsg(crs)))


def binary(shape):
    return shapely.to_wkb(shapely.from_wkt(shape) if isinstance(shape, str) else shape, output_dimension=4)


def polygon(*ring):
    return b"\x01\x03\0\0\0\x01\0\0\0" + len(ring).to_bytes(4, "little") + np.array(ring, "<f8").tobytes()


def reasons(found):
    return {row: (fault.action, fault.code) for row, fault in found.faults.items()}


def test_a_parcel_is_a_multipolygon():
    assert GeometryTarget.of(PARCELS) == POLYGONS


def test_polygons_become_multipolygons_with_rings_by_the_right_hand():
    clockwise = "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))"
    (shape,) = shaped(clockwise).shapes
    assert shape.geom_type == "MultiPolygon"
    assert shape.geoms[0].exterior.is_ccw
    assert not shape.geoms[0].interiors[0].is_ccw


def test_z_and_m_are_dropped_with_one_note():
    found = shaped("POLYGON ZM ((0 0 5 6, 1 0 5 6, 1 1 5 6, 0 0 5 6))", SQUARE)
    assert found.shapes[0].wkt == "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"
    assert list(found.notes.values()) == [1]


def test_shapes_that_reach_around_the_world_have_no_measures_and_are_rejected():
    world = "POLYGON ((-180 -85, 180 -85, 180 85, -180 85, -180 -85))"
    both_sides = "MULTIPOLYGON (((179 0, 180 0, 180 1, 179 0)), ((-180 0, -179 0, -180 1, -180 0)))"
    found = shaped(world, both_sides, SQUARE)
    assert reasons(found) == {0: (Action.REJECTED, Reason.OUT_OF_RANGE)}
    assert "360 degrees" in found.faults[0].why


def test_missing_and_empty_shapes_are_skipped():
    found = shaped(None, "POLYGON EMPTY", "MULTIPOLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY", SQUARE)
    assert reasons(found) == {
        0: (Action.SKIPPED, Reason.NULL_GEOMETRY),
        1: (Action.SKIPPED, Reason.EMPTY_GEOMETRY),
        2: (Action.SKIPPED, Reason.EMPTY_GEOMETRY),
        3: (Action.SKIPPED, Reason.EMPTY_GEOMETRY),
    }
    assert [shape is None for shape in found.shapes] == [True] * 4 + [False]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_rejected(bad):
    found = shaped(SQUARE, polygon((0, 0), (1, bad), (1, 1), (0, 0)), SQUARE)
    assert reasons(found) == {1: (Action.REJECTED, Reason.NON_FINITE)}
    assert not found.invalid


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("POLYGON ((42 -171, 43 -171, 43 -170, 42 -171))", "Swapped?"),
        ("POLYGON ((747982 2953563, 747983 2953563, 747983 2953564, 747982 2953563))", "--srid"),
    ],
)
def test_positions_that_are_not_on_earth_are_rejected_with_a_hint(text, hint):
    found = shaped(SQUARE, text)
    assert reasons(found) == {1: (Action.REJECTED, Reason.OUT_OF_RANGE)}
    assert hint in found.faults[1].why


def test_positions_outside_of_the_source_crs_are_rejected():
    found = shaped("POLYGON ((1e30 1e30, 2e30 1e30, 2e30 2e30, 1e30 1e30))", crs=32619)
    assert reasons(found) == {0: (Action.REJECTED, Reason.OUT_OF_RANGE)}


def test_feet_of_massachusetts_become_degrees():
    found = shaped("POLYGON ((760000 2960000, 760100 2960000, 760100 2960100, 760000 2960000))", crs=2249)
    west, south, *_ = found.shapes[0].bounds
    assert (west, south) == (pytest.approx(-71.1156, abs=1e-3), pytest.approx(42.3697, abs=1e-3))


def test_wgs_84_in_either_axis_order_is_not_transformed():
    assert geometry.transformer(CRS.from_user_input("OGC:CRS84")) is None
    assert geometry.transformer(CRS.from_epsg(4979)) is None
    assert geometry.transformer(CRS.from_epsg(4269)) is not None


def test_a_crs_without_a_place_on_earth_is_refused():
    local = CRS.from_wkt('LOCAL_CS["site grid",UNIT["metre",1]]')
    with pytest.raises(BadCrs, match="--srid"):
        geometry.transformer(local)


@pytest.mark.parametrize("text", ["POINT (1 2)", "LINESTRING (0 0, 1 1)", "MULTIPOINT (1 2, 3 4)"])
def test_points_and_lines_are_rejected_by_a_layer_of_polygons(text):
    found = shaped(text)
    assert reasons(found) == {0: (Action.REJECTED, Reason.WRONG_TYPE)}
    assert found.faults[0].where is not None


def test_a_collection_of_polygons_alone_is_one_multipolygon():
    found = shaped(f"GEOMETRYCOLLECTION ({SQUARE}, GEOMETRYCOLLECTION (MULTIPOLYGON (((5 5, 6 5, 6 6, 5 5)))))")
    assert not found.faults
    assert not found.invalid
    assert len(found.shapes[0].geoms) == 2


def test_a_collection_with_other_parts_is_invalid():
    found = shaped(f"GEOMETRYCOLLECTION ({SQUARE}, POINT (7 7))")
    assert found.invalid[0].code is Reason.INVALID_GEOMETRY
    assert found.shapes[0].geom_type == "MultiPolygon"


def test_deep_collections_are_rejected_before_they_are_parsed():
    head = b"\x01\x07\0\0\0\x01\0\0\0"
    found = shaped(head * 100_000 + binary(SQUARE), SQUARE)
    assert reasons(found) == {0: (Action.REJECTED, Reason.GEOMETRY_DEPTH)}


def test_bytes_that_are_no_geometry_are_rejected():
    assert reasons(shaped(b"hello world", b"\x01\x03\0\0\0\xff\xff\xff\xff")) == {
        0: (Action.REJECTED, Reason.BAD_GEOMETRY),
        1: (Action.REJECTED, Reason.BAD_GEOMETRY),
    }


def test_open_rings_are_invalid_and_can_be_closed(repairer):
    found = shaped(polygon((0, 0), (1, 0), (1, 1), (0, 1)))
    assert found.invalid[0].why.startswith("A ring is not closed")
    repaired = repairs.settle(found, POLYGONS, IngestOptions(), repairer)
    assert list(repaired) == [0]
    assert found.shapes[0].equals(shapely.from_wkt(SQUARE))


def test_where_a_ring_crosses_itself_is_told():
    found = shaped(SQUARE, BOW_TIE)
    assert found.invalid[1].why == "Self-intersection"
    assert found.invalid[1].where == pytest.approx((1.2, 1.2))


@pytest.mark.parametrize(("policy", "action"), [(OnInvalid.SKIP, Action.SKIPPED), (OnInvalid.REJECT, Action.REJECTED)])
def test_invalid_shapes_are_left_out_as_asked(policy, action):
    found = shaped(SQUARE, BOW_TIE)
    repairs.settle(found, POLYGONS, IngestOptions(on_invalid=policy), Repairer(1))
    assert reasons(found) == {1: (action, Reason.INVALID_GEOMETRY)}


ARC = struct.pack("<BII10d", 1, 8, 5, 0, 0, 1, 1, 2, 0, 1, -1, 0, 0)
CURVE_POLYGON = struct.pack("<BII", 1, 10, 1) + ARC


@pytest.mark.parametrize(
    "value",
    [
        struct.pack("<BII", 1, 7, 1) + CURVE_POLYGON,
        struct.pack("<BII", 1, 7, 2) + binary(SQUARE) + struct.pack("<BII", 1, 7, 1) + ARC,
        struct.pack("<BII", 1, 12, 1) + CURVE_POLYGON,
        struct.pack("<BII", 1, 11, 1) + ARC,
        struct.pack("<BII", 1, 9, 1) + ARC,
        CURVE_POLYGON,
        ARC,
    ],
)
def test_arcs_that_no_reader_made_lines_of_are_rejected_and_the_rest_is_read(value):
    found = shaped(SQUARE, value)
    assert reasons(found) == {1: (Action.REJECTED, Reason.BAD_GEOMETRY)}
    assert "CONVERT_TO_LINEAR" in found.faults[1].why


NESTED = "MULTIPOLYGON (((1 1, 5 1, 5 5, 1 5, 1 1)), ((2 2, 4 2, 4 4, 2 4, 2 2)))"
CORNER = "MULTIPOLYGON (((1 1, 5 1, 5 5, 1 5, 1 1)), ((1 1, 3 1, 3 3, 1 3, 1 1)))"


def test_a_part_inside_another_is_a_hole_and_its_repair_changes_no_area(repairer):
    found = shaped(NESTED)
    (repair,) = repairs.settle(found, POLYGONS, IngestOptions(), repairer).values()
    assert found.shapes[0].area == pytest.approx(12)
    assert repair.method == "even-odd"
    assert repair.area.as_json()["change"] == pytest.approx(0, abs=1e-9)


def test_what_can_be_read_in_two_ways_is_rejected_with_the_area_that_is_lost(repairer):
    found = shaped(CORNER)
    assert repairs.settle(found, POLYGONS, IngestOptions(), repairer) == {}
    assert reasons(found) == {0: (Action.REJECTED, Reason.AMBIGUOUS_REPAIR)}
    assert "differ by 25.00% of the area" in found.faults[0].why
    assert found.faults[0].lost_sqm == pytest.approx(4 * 111_000 * 4 * 111_000, rel=0.02)


def test_what_can_be_read_in_two_ways_is_repaired_where_that_is_tolerated():
    found = shaped(CORNER)
    with Repairer(10, 25) as repairer:
        (repair,) = repairs.settle(found, POLYGONS, IngestOptions(), repairer).values()
    assert found.shapes[0].area == pytest.approx(16)
    assert repair.method == "union"


def test_a_shape_of_many_vertices_is_repaired_in_its_time(repairer):
    angles = np.linspace(0, 2 * np.pi, 40_000, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    spike = np.array([ring[0], [2, 0], [2, 0.5], [2, 0]])
    found = shaped(shapely.to_wkb(shapely.polygons(np.vstack([spike, ring, ring[:1]]))))
    assert list(repairs.settle(found, POLYGONS, IngestOptions(), repairer)) == [0]
    assert found.shapes[0].area == pytest.approx(np.pi, rel=1e-6)


def test_a_shape_of_which_nothing_is_left_is_rejected(repairer):
    found = shaped("POLYGON ((0 0, 1 1, 2 2, 0 0))")
    repairs.settle(found, POLYGONS, IngestOptions(), repairer)
    assert reasons(found) == {0: (Action.REJECTED, Reason.REPAIR_FAILED)}


@pytest.mark.parametrize(
    ("part", "many", "text", "result"),
    [
        ("Point", False, "POINT Z (1 2 3)", "POINT (1 2)"),
        ("Point", True, "POINT (1 2)", "MULTIPOINT ((1 2))"),
        ("LineString", False, "MULTILINESTRING ((1 2, 3 4))", "LINESTRING (1 2, 3 4)"),
        ("LineString", True, "LINESTRING (1 2, 3 4)", "MULTILINESTRING ((1 2, 3 4))"),
        ("Polygon", False, "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))", "POLYGON ((0 0, 1 0, 1 1, 0 0))"),
    ],
)
def test_a_layer_of_another_geometry_type_gets_its_own(part, many, text, result):
    assert shaped(text, target=GeometryTarget(part, many)).shapes[0].wkt == result


def test_a_layer_of_single_polygons_refuses_two():
    two = "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))"
    assert reasons(shaped(two, target=GeometryTarget("Polygon", many=False))) == {
        0: (Action.REJECTED, Reason.WRONG_TYPE)
    }


ANY = GeometryTarget(None, many=False)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("POINT Z (1 2 3)", "POINT (1 2)"),
        ("MULTILINESTRING ((1 2, 3 4))", "MULTILINESTRING ((1 2, 3 4))"),
        ("POLYGON ((0 0, 1 1, 1 0, 0 0))", "POLYGON ((0 0, 1 0, 1 1, 0 0))"),
        ("GEOMETRYCOLLECTION (POINT (1 2))", "MULTIPOINT ((1 2))"),
        ("GEOMETRYCOLLECTION (POINT (1 2), MULTIPOINT ((3 4)), POINT EMPTY)", "MULTIPOINT ((1 2), (3 4))"),
    ],
)
def test_a_layer_of_any_geometry_takes_points_lines_and_polygons_as_they_are(text, result):
    (shape,) = shaped(text, target=ANY).shapes
    assert shape.normalize().wkt == shapely.from_wkt(result).normalize().wkt


def test_a_layer_of_any_geometry_refuses_a_collection_of_several_kinds():
    found = shaped("GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (1 2, 3 4))", target=ANY)
    assert reasons(found) == {0: (Action.REJECTED, Reason.WRONG_TYPE)}


def test_a_layer_of_any_geometry_keeps_the_polygons_of_one_that_is_mended(repairer):
    found = shaped(BOW_TIE, "LINESTRING (0 0, 1 1)", target=ANY)
    repaired = repairs.settle(found, ANY, IngestOptions(), repairer)
    assert [shape.geom_type for shape in found.shapes] == ["MultiPolygon", "LineString"]
    assert repaired[0].area is not None


numbers = st.one_of(
    st.integers(-8, 8).map(float), st.floats(-180, 180), st.sampled_from([np.nan, np.inf, 1e300, 181.0, -0.0])
)
rings = st.lists(st.tuples(numbers, numbers), min_size=0, max_size=9).map(lambda ring: [*ring, *ring[:1]])
shapes = st.one_of(
    st.none(),
    st.binary(max_size=40),
    rings.map(lambda ring: polygon(*ring) if ring else binary("POLYGON EMPTY")),
    st.lists(rings.filter(bool), min_size=1, max_size=4).map(
        lambda parts: b"\x01\x06\0\0\0" + len(parts).to_bytes(4, "little") + b"".join(polygon(*part) for part in parts)
    ),
    st.sampled_from(["POINT (1 2)", SQUARE, BOW_TIE, f"GEOMETRYCOLLECTION ({BOW_TIE}, LINESTRING (0 0, 1 1))"]).map(
        binary
    ),
)


@settings(max_examples=examples(50, 6000), deadline=None)
@given(st.lists(shapes, min_size=1, max_size=6))
def test_whatever_comes_in_is_a_valid_multipolygon_or_has_a_reason(repairer, values):
    found = geometry.shape(pa.array(values, pa.binary()), POLYGONS, None)
    repaired = repairs.settle(found, POLYGONS, IngestOptions(), repairer)
    for row, shape in enumerate(found.shapes):
        assert (shape is None) == (row in found.faults)
        if shape is not None:
            assert shape.geom_type == "MultiPolygon"
            assert shape.is_valid
            assert not shape.is_empty
            assert all(part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors) for part in shape.geoms)
            assert np.isfinite(shapely.get_coordinates(shape)).all()
    assert not set(repaired) & set(found.faults)


@settings(max_examples=examples(25, 2000), deadline=None)
@given(st.lists(shapes, min_size=2, max_size=6), st.data())
def test_a_shape_fares_alike_in_every_batch(values, data):
    row = data.draw(st.integers(0, len(values) - 1))
    together = geometry.shape(pa.array(values, pa.binary()), POLYGONS, None)
    alone = geometry.shape(pa.array([values[row]], pa.binary()), POLYGONS, None)
    assert together.faults.get(row) == alone.faults.get(0)
    assert together.invalid.get(row) == alone.invalid.get(0)
    assert shapely.to_wkb(together.shapes[row]) == shapely.to_wkb(alone.shapes[0])
