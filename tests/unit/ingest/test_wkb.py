"""Types and depth of WKB, found without a geometry library."""

import struct

import pyarrow as pa
import pytest
import shapely

from gateway.sources import wkb


def nested(levels, order="<"):
    mark = b"\x01" if order == "<" else b"\x00"
    head = mark + struct.pack(order + "II", 7, 1)
    return head * levels + mark + struct.pack(order + "Idd", 1, 1.0, 2.0)


@pytest.mark.parametrize("flavor", ["iso", "extended"])
@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("POINT (1 2)", 1),
        ("LINESTRING Z (1 2 3, 4 5 6)", 2),
        ("POLYGON M ((0 0 1, 1 0 1, 1 1 1, 0 0 1))", 3),
        ("MULTIPOLYGON ZM (((0 0 1 2, 1 0 1 2, 1 1 1 2, 0 0 1 2)))", 6),
        ("GEOMETRYCOLLECTION (POINT (1 2))", 7),
    ],
)
def test_the_type_is_found_in_every_flavor_of_wkb(text, code, flavor, byte_order):
    value = shapely.to_wkb(shapely.from_wkt(text), flavor=flavor, byte_order=byte_order, output_dimension=4)
    assert list(wkb.types(pa.array([None, value, b"\x01", b""]))) == [0, code, 0, 0]


def test_a_slice_of_an_array_is_read_from_its_own_start():
    values = pa.array([shapely.to_wkb(shapely.from_wkt(text)) for text in ("POINT (1 2)", "LINESTRING (1 2, 3 4)")])
    assert list(wkb.types(values.slice(1))) == [2]


@pytest.mark.parametrize("code", [8, 9, 10, 11, 12, 1010, 3012])
def test_arcs_are_seen(code):
    assert wkb.curved(pa.array([b"\x01" + struct.pack("<I", code)]))
    assert not wkb.curved(pa.array([nested(1)]))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("levels", [1, 4, 5, 100_000])
def test_deep_collections_are_found_without_recursion(levels, order):
    values = pa.array([nested(levels, order)])
    assert wkb.too_deep(values, wkb.types(values)) == ([0] if levels > wkb.MOST_DEPTH else [])


def test_a_collection_hidden_behind_other_parts_is_found():
    parts = shapely.to_wkb(shapely.from_wkt("MULTIPOLYGON Z (((0 0 1, 1 0 1, 1 1 1, 0 0 1)))")) * 200
    value = b"\x01" + struct.pack("<II", 6, 201) + parts + nested(9)
    values = pa.array([value])
    assert wkb.too_deep(values, wkb.types(values)) == [0]


@pytest.mark.parametrize(
    "value", [b"\x01\x07\0\0\0\xf0\xff\xff\xff", b"\x01\x07\0\0\0", nested(3)[:-9], b"\x01" + b"\xff" * 40]
)
def test_broken_values_have_a_depth_nonetheless(value):
    assert wkb.depth(value) <= wkb.MOST_DEPTH


@pytest.mark.parametrize("srid", [0, 4326])
def test_the_srid_of_extended_wkb_is_stepped_over(srid):
    shape = shapely.set_srid(
        shapely.from_wkt("GEOMETRYCOLLECTION (MULTIPOINT (1 2, 3 4), POLYGON ((0 0, 1 0, 1 1, 0 0)))"), srid
    )
    assert wkb.depth(shapely.to_wkb(shape, include_srid=True)) == 2
