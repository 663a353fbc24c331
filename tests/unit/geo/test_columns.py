"""Geometries made fit for a column."""

import pytest
import shapely

from gateway.errors import GeometryTypeError
from gateway.geo.columns import fitted, repaired
from gateway.geo.shapes import whole


@pytest.mark.parametrize("text", ["POINT (1 2)", "MULTILINESTRING ((0 0, 1 1))", "POLYGON ((0 0, 1 0, 1 1, 0 0))"])
def test_a_column_of_any_geometry_takes_each_as_it_is(text):
    shape = whole(shapely.from_wkt(text))
    assert fitted(shape, "GEOMETRY") is shape


def test_a_column_of_any_geometry_refuses_collections():
    with pytest.raises(GeometryTypeError, match="one geometry in a row, not a GeometryCollection"):
        fitted(whole(shapely.from_wkt("GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))")), "GEOMETRY")


def test_of_a_mended_geometry_a_column_of_any_keeps_what_has_the_highest_dimension():
    mixed = shapely.from_wkt("GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)), LINESTRING (5 5, 6 6))")
    assert repaired(mixed.wkb, "GEOMETRY").geometry_type == "Polygon"
    assert repaired(mixed.wkb, "MULTILINESTRING").geometry_type == "MultiLineString"
