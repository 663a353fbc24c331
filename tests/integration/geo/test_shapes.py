"""Whatever passes the checks of input geometries does the database no harm, in any statement that geometries meet."""

import asyncpg
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from gateway import errors
from gateway.geo.bbox import from_bbox
from gateway.geo.circle import circle
from gateway.geo.geojson import from_geojson
from gateway.geo.shapes import Shape
from tests.fixtures.examples import examples
from tests.unit.geo.polygons import near_geojson, polygons

STATEMENT = """
SELECT ST_IsValid(input), ST_SRID(input), NOT ST_IsEmpty(input), ST_AsGeoJSON(input, 15, 0), count(parcels),
    bool_and(ST_Intersects(geom, input) = NOT ST_Disjoint(geom, input)),
    max(ST_Distance(geom::geography, input::geography)),
    bool_or(ST_DWithin(geom::geography, input::geography, 100)), sum(ST_Area(ST_Intersection(geom, input)::geography)),
    bool_or(ST_Within(geom, input)), bool_or(ST_Touches(geom, input)),
    -- relate alone takes no collection: GEOS before 3.13 refuses those that lie apart
    bool_or(ST_GeometryType(input) <> 'ST_GeometryCollection' AND ST_Relate(geom, input, 'T*T***FF*'))
FROM ST_GeomFromEWKB($1) AS input LEFT JOIN (SELECT * FROM parcels LIMIT 3) AS parcels ON true GROUP BY input
"""


def read(value):
    try:
        return from_geojson(value, max_vertices=10_000, max_depth=4)
    except errors.ArgumentError:
        return None


def make(read_input, *arguments, **options):
    try:
        return read_input(*arguments, **options)
    except errors.ArgumentError:
        return None


def shapes():
    degrees = st.one_of(st.integers(-180, 180), st.floats(-180, 180))
    return st.one_of(
        near_geojson().map(read),
        polygons(south=42.3, north=42.5, most=0.2).map(shapely.geometry.mapping).map(read),
        st.lists(degrees, min_size=4, max_size=4).map(lambda sides: make(from_bbox, sides)),
        st.builds(
            lambda longitude, latitude, radius: make(circle, longitude, latitude, radius, max_radius=2e7),
            degrees,
            degrees,
            st.floats(0, 1e7),
        ),
    ).filter(lambda shape: isinstance(shape, Shape))


@pytest.fixture
async def connections(cambridge):
    """One that works and one that is idle: when a backend crashes, the server drops both."""
    url = make_url(cambridge)
    where = {"host": url.query["host"], "port": url.query["port"], "user": url.username, "database": url.database}
    opened = [await asyncpg.connect(**where) for _ in range(2)]
    yield opened
    for connection in opened:
        await connection.close()


@settings(
    max_examples=examples(50, 4000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(shape=shapes())
async def test_every_shape_is_valid_for_postgis_and_breaks_no_backend(connections, shape):
    assume(shape is not None)
    working, sentinel = connections
    row = await working.fetchrow(STATEMENT, shape.ewkb)
    assert tuple(row)[:3] == (True, 4326, True)
    for part in shape.parts:
        assert await working.fetchval("SELECT ST_IsValid(ST_GeomFromEWKB($1))", part)
    assert await sentinel.fetchval("SELECT 1") == 1
