import warnings

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.geo.shapes import Shape
from gateway.geo.wkt import from_wkt
from tests.unit.geo.polygons import polygons

SQUARE = "(0 0, 1 0, 1 1, 0 1, 0 0)"


def read(text: object, *, max_vertices: int = 10_000, max_depth: int = 4, max_text: int = 100_000) -> Shape:
    return from_wkt(text, max_vertices=max_vertices, max_depth=max_depth, max_text=max_text)


def outcome(text: object) -> Shape | errors.ArgumentError:
    try:
        return read(text)
    except errors.ArgumentError as error:
        return error


def nested(levels: int) -> str:
    return "GEOMETRYCOLLECTION (" * levels + "POINT (1 2)" + ")" * levels


@pytest.mark.parametrize(
    "text",
    [
        "POINT (1 2)",
        " point( 1.0 2e0 )\n",
        "SRID=4326;POINT (1 2)",
        "srid = 4326 ; POINT (1 2)",
    ],
)
def test_one_point_is_read_however_it_is_written(text):
    assert shapely.from_wkb(read(text).ewkb) == shapely.Point(1, 2)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "BAD_GEOMETRY"),
        (b"POINT (1 2)", "BAD_GEOMETRY"),
        ("", "BAD_GEOMETRY"),
        ("POINT", "BAD_GEOMETRY"),
        ("POINT (1", "BAD_GEOMETRY"),
        ("POINT (1, 2)", "BAD_GEOMETRY"),
        ("POINT (1 2) POINT (1 2)", "BAD_GEOMETRY"),
        ("LINESTRING (0 0, 1 1 1)", "BAD_GEOMETRY"),
        ("POINT EMPTY", "BAD_GEOMETRY"),
        ("MULTIPOINT (EMPTY, (1 2))", "BAD_GEOMETRY"),
        ("GEOMETRYCOLLECTION (POLYGON EMPTY, POINT (1 2))", "BAD_GEOMETRY"),
        ("LINEARRING (0 0, 1 0, 1 1, 0 0)", "BAD_GEOMETRY"),
        ("CIRCULARSTRING (0 0, 1 1, 2 0)", "BAD_GEOMETRY"),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 0 0))", "BAD_GEOMETRY"),
        ("TIN (((0 0, 1 0, 1 1, 0 0)))", "BAD_GEOMETRY"),
        ("CIRCLE (0 0, 1)", "BAD_GEOMETRY"),
        ("POINT (1 2)\0", "BAD_TEXT"),
        ("POINT (1 2); DROP TABLE parcels", "BAD_TEXT"),
        ("\ud800", "BAD_TEXT"),
        ("POINT (\u0661 2)", "BAD_TEXT"),
        ("SRID=3857;POINT (1 2)", "BAD_CRS"),
        ("SRID=2147483647;POINT (1 2)", "BAD_CRS"),
        ("POINT Z (1 2 3)", "DIMENSION"),
        ("POINTZ (1 2 3)", "DIMENSION"),
        ("POINT M (1 2 3)", "DIMENSION"),
        ("POINT (1 2 3 4)", "DIMENSION"),
        ("POINT (nan 2)", "NON_FINITE"),
        ("POINT (1 -Infinity)", "NON_FINITE"),
        ("POINT (1e400 2)", "NON_FINITE"),
        ("POINT (200 2)", "OUT_OF_RANGE"),
        ("POLYGON ((0 0, 1 1, 0 0))", "INVALID_GEOMETRY"),
        ("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "INVALID_GEOMETRY"),
        (f"POLYGON ({SQUARE}, (5 5, 6 5, 6 6, 5 5))", "INVALID_GEOMETRY"),
        ("LINESTRING (1 1, 1 1)", "INVALID_GEOMETRY"),
        ("LINESTRING (1 1)", "BAD_GEOMETRY"),
        (nested(5), "GEOMETRY_DEPTH"),
        (nested(4_000), "GEOMETRY_DEPTH"),
        ("(" * 90_000, "GEOMETRY_DEPTH"),
        ("POINT (1 2)" + " " * 100_000, "BAD_TEXT"),
    ],
)
def test_each_hostile_text_is_refused_with_its_code_and_no_path(text, code):
    with pytest.raises(errors.ArgumentError) as caught:
        read(text)
    assert (caught.value.code, caught.value.path) == (code, ())
    assert len(caught.value.message) < 400


def test_collections_may_be_nested_up_to_the_depth():
    assert read(nested(4)).geometry_type == "GeometryCollection"


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ("POLYGON ((0 0, 1 0, 1 1))", {"position": 9, "vertex": 2, "point": [1, 1]}),
        (f"MULTIPOLYGON (({SQUARE}, (.2 .2, .3 .2, .3 .3)))", {"position": 42, "vertex": 2, "point": [0.3, 0.3]}),
        (
            "GEOMETRYCOLLECTION (LINESTRING (0 0, 1 1), POLYGON ((0 0, 1 0, 5e-1 1)), LINESTRING (0 0, 1 1))",
            {"position": 52, "vertex": 2, "point": [0.5, 1]},
        ),
    ],
)
def test_an_open_ring_is_found(text, details):
    with pytest.raises(errors.RingNotClosed) as caught:
        read(text)
    point = {"type": "Point", "coordinates": details.pop("point")}
    assert caught.value.details == {**details, "point": point}


@pytest.mark.parametrize("text", ["POLYGON ((0 0, 1 0, 1", "POLYGON ((0 0, 1 . , 1 1))", "POLYGON ((0 0 0, 1 1))"])
def test_a_polygon_with_a_slip_of_the_pen_is_no_open_ring(text):
    with pytest.raises(errors.GeometryError, match="This is not WKT") as caught:
        read(text)
    assert type(caught.value) is errors.GeometryError


def test_the_vertex_limit_holds():
    with pytest.raises(errors.VertexLimit):
        read(f"POLYGON ({SQUARE})", max_vertices=4)


def test_an_overflow_warns_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(errors.NonFinite):
            read("POINT (1e999 0)")


@given(polygons())
def test_a_valid_polygon_comes_back_equal(found):
    text = shapely.to_wkt(found, rounding_precision=-1)
    back = shapely.from_wkb(read(text).ewkb)
    assert back.normalize() == shapely.orient_polygons(shapely.from_wkt(text)).normalize()


TOKENS = st.sampled_from(
    ["POINT", "POLYGON", "GEOMETRYCOLLECTION", "EMPTY", "Z", "(", ")", ",", "1", "-2.5", "1e9", " "]
)


@given(st.one_of(st.text(max_size=40), st.lists(TOKENS, max_size=30).map(" ".join)))
def test_any_text_gives_a_valid_shape_or_an_error_of_the_gateway(text):
    found = outcome(text)
    if isinstance(found, Shape):
        assert shapely.from_wkb(found.ewkb).is_valid
    else:
        assert found.path == ()
