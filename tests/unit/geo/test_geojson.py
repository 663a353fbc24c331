import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping

from gateway import errors
from gateway.geo.geojson import from_geojson
from gateway.geo.shapes import Shape
from tests.fixtures.examples import examples
from tests.unit.geo.polygons import json_values, near_geojson, polygons

SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
BOW = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
FAR = [[5, 5], [6, 5], [6, 6], [5, 5]]
SPECK = [[0.2, 0.2], [0.3, 0.2], [0.3, 0.3], [0.2, 0.2]]


def read(value: object, *, max_vertices: int = 10_000, max_depth: int = 4) -> Shape:
    return from_geojson(value, max_vertices=max_vertices, max_depth=max_depth)


def outcome(value: object) -> Shape | errors.ArgumentError:
    try:
        return read(value)
    except errors.ArgumentError as error:
        return error


def geometry(kind: str, coordinates: object, **members: object) -> dict[str, object]:
    return {"type": kind, "coordinates": coordinates, **members}


def point(*ordinates: object) -> dict[str, object]:
    return geometry("Point", list(ordinates))


def polygon(*rings: object) -> dict[str, object]:
    return geometry("Polygon", list(rings))


def collection(*geometries: object) -> dict[str, object]:
    return {"type": "GeometryCollection", "geometries": list(geometries)}


def named(name: object) -> dict[str, object]:
    return {"type": "name", "properties": {"name": name}}


HOSTILE = [
    # what it is, value, code, path
    ("null", None, "BAD_GEOMETRY", ()),
    ("number", 5, "BAD_GEOMETRY", ()),
    ("text", "POINT(1 2)", "BAD_GEOMETRY", ()),
    ("list", [1, 2], "BAD_GEOMETRY", ()),
    ("no members", {}, "BAD_GEOMETRY", ("type",)),
    ("type of wrong type", {"type": ["Point"]}, "BAD_GEOMETRY", ("type",)),
    ("type unknown", geometry("Circle", [0, 0]), "BAD_GEOMETRY", ("type",)),
    ("type in lower case", geometry("point", [0, 0]), "BAD_GEOMETRY", ("type",)),
    ("feature", {"type": "Feature", "geometry": point(0, 0), "properties": {}}, "BAD_GEOMETRY", ("type",)),
    ("feature collection", {"type": "FeatureCollection", "features": []}, "BAD_GEOMETRY", ("type",)),
    ("no coordinates", {"type": "Point"}, "BAD_GEOMETRY", ("coordinates",)),
    ("coordinates null", geometry("Polygon", None), "BAD_GEOMETRY", ("coordinates",)),
    ("coordinates an object", geometry("Point", {"0": 1, "1": 2}), "BAD_GEOMETRY", ("coordinates",)),
    ("coordinates text", geometry("Point", "12"), "BAD_GEOMETRY", ("coordinates",)),
    ("empty point", geometry("Point", []), "BAD_GEOMETRY", ("coordinates",)),
    ("empty polygon", geometry("Polygon", []), "BAD_GEOMETRY", ("coordinates",)),
    ("empty ring", polygon([]), "BAD_GEOMETRY", ("coordinates", 0)),
    ("empty hole", polygon(SQUARE, []), "BAD_GEOMETRY", ("coordinates", 1)),
    ("empty part", geometry("MultiPolygon", [[SQUARE], []]), "BAD_GEOMETRY", ("coordinates", 1)),
    ("empty collection", collection(), "BAD_GEOMETRY", ("geometries",)),
    ("collection without geometries", {"type": "GeometryCollection"}, "BAD_GEOMETRY", ("geometries",)),
    ("null in a collection", collection(point(0, 0), None), "BAD_GEOMETRY", ("geometries", 1)),
    ("one ordinate", point(1), "BAD_GEOMETRY", ("coordinates",)),
    ("altitude", point(1, 2, 3), "DIMENSION", ("coordinates",)),
    ("measure", point(1, 2, 3, 4), "DIMENSION", ("coordinates",)),
    ("altitude in a hole", polygon(SQUARE, [[0.1, 0.1], [0.2, 0.1, 9]]), "DIMENSION", ("coordinates", 1, 1)),
    ("text as ordinate", point("1", 2), "BAD_GEOMETRY", ("coordinates", 0)),
    ("boolean as ordinate", point(True, 2), "BAD_GEOMETRY", ("coordinates", 0)),
    ("null as ordinate", point(1, None), "BAD_GEOMETRY", ("coordinates", 1)),
    ("list as ordinate", point([1], 2), "BAD_GEOMETRY", ("coordinates", 0)),
    ("NaN", point(math.nan, 2), "NON_FINITE", ("coordinates", 0)),
    ("infinity", point(1, -math.inf), "NON_FINITE", ("coordinates", 1)),
    ("NaN in a ring", polygon([[0, 0], [1, 0], [1, math.nan], [0, 0]]), "NON_FINITE", ("coordinates", 0, 2, 1)),
    ("integer beyond floats", point(10**400, 2), "OUT_OF_RANGE", ("coordinates", 0)),
    ("longitude", point(181, 2), "OUT_OF_RANGE", ("coordinates", 0)),
    ("latitude", point(1, 90.0000001), "OUT_OF_RANGE", ("coordinates", 1)),
    ("both", point(500, 200), "OUT_OF_RANGE", ("coordinates", 1)),
    ("open ring", polygon(SQUARE[:-1]), "RING_NOT_CLOSED", ("coordinates", 0, 3)),
    ("open triangle", polygon(SQUARE[:3]), "RING_NOT_CLOSED", ("coordinates", 0, 2)),
    ("open hole", polygon(SQUARE, SPECK[:-1]), "RING_NOT_CLOSED", ("coordinates", 1, 2)),
    (
        "open ring of a part",
        geometry("MultiPolygon", [[FAR], [SQUARE[:-1]]]),
        "RING_NOT_CLOSED",
        ("coordinates", 1, 0, 3),
    ),
    ("ring of three", polygon([[0, 0], [1, 1], [0, 0]]), "INVALID_GEOMETRY", ("coordinates", 0)),
    ("ring of one", polygon([[0, 0]]), "INVALID_GEOMETRY", ("coordinates", 0)),
    ("ring in one point", polygon([[1, 1]] * 4), "INVALID_GEOMETRY", ("coordinates", 0, 0)),
    ("flat ring", polygon([[0, 0], [1, 0], [2, 0], [0, 0]]), "INVALID_GEOMETRY", ("coordinates", 0, 1)),
    ("bow tie", polygon(BOW), "INVALID_GEOMETRY", ("coordinates", 0, 0)),
    ("spike", polygon([[0, 0], [2, 0], [2, 2], [2, 5], [2, 2], [0, 0]]), "INVALID_GEOMETRY", ("coordinates", 0, 3)),
    ("hole outside", polygon(SQUARE, FAR), "INVALID_GEOMETRY", ("coordinates", 1, 0)),
    ("hole like its shell", polygon(SQUARE, SQUARE), "INVALID_GEOMETRY", ("coordinates", 0, 2)),
    ("nested shells", geometry("MultiPolygon", [[SQUARE], [SPECK]]), "INVALID_GEOMETRY", ("coordinates", 1, 0, 0)),
    (
        "bow in a collection",
        collection(point(0, 0), polygon(BOW)),
        "INVALID_GEOMETRY",
        ("geometries", 1, "coordinates", 0, 0),
    ),
    ("line of one", geometry("LineString", [[1, 1]]), "INVALID_GEOMETRY", ("coordinates",)),
    ("line in one point", geometry("LineString", [[1, 1], [1, 1]]), "INVALID_GEOMETRY", ("coordinates", 0)),
    (
        "second line in one point",
        geometry("MultiLineString", [[[0, 0], [1, 1]], [[5, 5], [5, 5]]]),
        "INVALID_GEOMETRY",
        ("coordinates", 1, 0),
    ),
    (
        "edge to its antipode",
        geometry("LineString", [[5, 5], [0, 0], [180, 0]]),
        "INVALID_GEOMETRY",
        ("coordinates", 1),
    ),
    (
        "edge from pole to pole",
        polygon([[0, -90], [7, 90], [9, 0], [0, -90]]),
        "INVALID_GEOMETRY",
        ("coordinates", 0, 0),
    ),
    ("crs by link", point(1, 2) | {"crs": {"type": "link", "properties": {"href": "http://x"}}}, "BAD_CRS", ("crs",)),
    ("crs of feet", point(1, 2) | {"crs": named("EPSG:2249")}, "BAD_CRS", ("crs",)),
    ("crs of web maps", point(1, 2) | {"crs": named("urn:ogc:def:crs:EPSG::3857")}, "BAD_CRS", ("crs",)),
    ("crs text", point(1, 2) | {"crs": "EPSG:4326"}, "BAD_CRS", ("crs",)),
    ("crs in a collection", collection(point(1, 2) | {"crs": named(4326)}), "BAD_CRS", ("geometries", 0, "crs")),
]


@pytest.mark.parametrize(("value", "code", "path"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_each_hostile_geometry_is_refused_with_its_code_and_place(value, code, path):
    with pytest.raises(errors.ArgumentError) as caught:
        read(value)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_an_invalid_ring_is_told_by_reason_point_ring_and_vertex():
    with pytest.raises(errors.InvalidGeometry, match=r"Self-intersection at \(0.5 0.5\)") as caught:
        read(geometry("MultiPolygon", [[FAR], [BOW]]))
    assert caught.value.details == {
        "reason": "Self-intersection",
        "point": {"type": "Point", "coordinates": [0.5, 0.5]},
        "polygon": 1,
        "ring": 0,
        "vertex": 0,
    }


def test_an_open_ring_is_told_by_its_last_vertex():
    with pytest.raises(errors.RingNotClosed) as caught:
        read(polygon(SQUARE, SPECK[:-1]))
    assert caught.value.details == {"ring": 1, "vertex": 2, "point": {"type": "Point", "coordinates": [0.3, 0.3]}}


def test_a_bad_position_is_told_by_ring_and_vertex():
    with pytest.raises(errors.OutOfRange) as caught:
        read(polygon([[0, 0], [1, 0], [1, 91], [0, 0]]))
    assert caught.value.details["ring"] == 0
    assert caught.value.details["vertex"] == 2
    assert caught.value.details["point"] == {"type": "Point", "coordinates": [1.0, 91.0]}


@pytest.mark.parametrize(
    ("ordinates", "hint", "swapped"),
    [
        ((42.37, -171.1), "swapped", True),
        ((-71.1, 142.37), "swapped", True),
        ((190, 10), "antimeridian", False),
        ((236_000, 900_000), "EPSG:4326", False),
    ],
)
def test_a_position_out_of_range_says_what_it_looks_like(ordinates, hint, swapped):
    with pytest.raises(errors.OutOfRange, match=hint) as caught:
        read(point(*ordinates))
    assert caught.value.details["swapped"] is swapped


def test_an_edge_to_its_antipode_passes_with_a_position_in_between():
    assert read(geometry("LineString", [[0, 0], [90, 0], [180, 0]])).vertices == 3


def test_a_feature_is_refused_with_what_to_pass_instead():
    with pytest.raises(errors.GeometryError, match="Pass the value of its geometry member"):
        read({"type": "Feature", "geometry": point(0, 0), "properties": None})


def test_a_huge_type_is_not_echoed():
    with pytest.raises(errors.GeometryError) as caught:
        read({"type": "\ud800" * 1_000_000})
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("name", ["EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "wgs 84"])
def test_a_crs_member_that_names_wgs_84_is_taken(name):
    assert read(point(1, 2) | {"crs": named(name)}) == read(point(1, 2))


def test_a_null_crs_and_foreign_members_are_ignored():
    assert read(point(1, 2) | {"crs": None, "bbox": "?", "x": {}}) == read(point(1, 2))


def test_the_vertex_limit_holds_over_the_whole_geometry():
    value = collection(polygon(SQUARE), geometry("MultiPoint", [[0, 0], [1, 1]]))
    assert read(value, max_vertices=7).vertices == 7
    with pytest.raises(errors.VertexLimit) as caught:
        read(value, max_vertices=6)
    assert caught.value.details == {"limit": 6}
    assert caught.value.path == ("geometries", 1, "coordinates")


def test_collections_may_be_nested_up_to_the_depth_and_no_deeper():
    value: object = point(1, 2)
    for _ in range(4):
        value = collection(value)
    assert read(value).geometry_type == "GeometryCollection"
    with pytest.raises(errors.GeometryDepth) as caught:
        read(collection(value))
    assert caught.value.path == ("geometries", 0) * 4
    assert caught.value.details == {"limit": 4}


def test_nested_collections_become_one():
    shape = read(collection(collection(collection(point(1, 2)), polygon(SQUARE)), point(3, 4)))
    assert sorted(part.geom_type for part in shapely.from_wkb(shape.ewkb).geoms) == ["Point", "Point", "Polygon"]


@pytest.mark.parametrize("ring", [SQUARE, SQUARE[::-1]])
def test_a_ring_of_either_direction_is_wound_counter_clockwise(ring):
    found = shapely.from_wkb(read(polygon(ring)).ewkb)
    assert found.exterior.is_ccw
    assert shapely.get_srid(found) == 4326


def test_holes_are_wound_clockwise():
    found = shapely.from_wkb(read(polygon(SQUARE, SPECK)).ewkb)
    assert not found.interiors[0].is_ccw


def test_positions_that_repeat_in_a_row_are_taken():
    assert read(polygon([[0, 0], [1, 0], [1, 0], [1, 1], [0, 0]])).geometry_type == "Polygon"


def test_equal_geometries_are_equal_and_hash_alike():
    assert {read(polygon(SQUARE)), read(polygon(SQUARE))} == {read(polygon(SQUARE))}


@given(polygons())
def test_a_valid_polygon_comes_back_equal(found):
    shape = read(mapping(found))
    back = shapely.from_wkb(shape.ewkb)
    assert back.normalize() == shapely.orient_polygons(found).normalize()
    assert shape.parts == (shape.ewkb,)
    assert shape.vertices == shapely.get_num_coordinates(found)


@settings(max_examples=examples(80, 10000))
@given(st.one_of(json_values(), near_geojson()))
def test_any_json_gives_a_valid_shape_or_an_error_of_the_gateway(value):
    found = outcome(value)
    if isinstance(found, Shape):
        assert shapely.from_wkb(found.ewkb).is_valid
    else:
        assert found.message.endswith(".")
        assert len(found.message) < 400
