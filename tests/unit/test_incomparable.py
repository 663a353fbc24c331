"""What PostGIS says of geometries that it cannot compare, as the error that a client is told."""

import asyncpg
import pytest

from gateway.db import faults
from gateway.errors import IncomparableGeometries

SAID = {
    "GEOSIntersects: TopologyException: side location conflict at -71.09899999999999 42.363500000000002. This can "
    "occur if the input geometry is invalid.": "-71.0990000, 42.3635000",
    "lwgeom_intersection: GEOS Error: TopologyException: found non-noded intersection between LINESTRING (1 2, 3 4) "
    "and LINESTRING (1 2, 4 4) at 1e-7 -2": "0.0000001, -2.0000000",
}


@pytest.mark.parametrize(("said", "place"), SAID.items())
def test_it_says_where_they_meet(said, place):
    told = faults.classify(asyncpg.InternalServerError(said))
    assert isinstance(told, IncomparableGeometries)
    assert place in told.message


def test_what_says_no_place_is_unforeseen():
    assert faults.classify(asyncpg.InternalServerError("GEOSIntersects: TopologyException")) is None
