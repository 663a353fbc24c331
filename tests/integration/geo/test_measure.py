"""What Python measures must equal what PostGIS measures, on real parcels and on polygons from all over the world."""

import numpy as np
import pytest
import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import bindparam, literal_column, select, text, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from gateway.geo import measure
from gateway.models import Parcel, ZoningDistrict, antimeridian
from gateway.sql.encode import row_box
from gateway.sql.statement import compiled

WORLD = 2_000
GEOM = literal_column("geom")


def polygon(rng):
    """A star with up to three holes; from a few metres to ten degrees wide, up to 85 degrees north and south."""
    center = rng.uniform((-170, -78), (170, 78))
    reach = 10 ** rng.uniform(-4.5, 0.7)

    def star(middle, size):
        corners = rng.integers(4, 40)
        angles = (np.arange(corners) + rng.uniform(0, 0.9, corners)) * 2 * np.pi / corners
        radii = size * rng.uniform(0.4, 1, corners)
        return np.c_[middle[0] + radii * np.cos(angles), middle[1] + radii * np.sin(angles)][:: rng.choice([-1, 1])]

    holes = [
        star(np.add(center, (reach * offset, 0)), reach * 0.02) for offset in (-0.06, 0, 0.06)[: rng.integers(0, 4)]
    ]
    return shapely.Polygon(star(center, reach), holes)


def written(expression):
    """An SQL expression as text."""
    return compiled(select(expression)).text.removeprefix("SELECT ").partition(" AS ")[0]


@pytest.fixture(scope="module")
def world():
    """EWKB of polygons and multipolygons with holes."""
    rng = np.random.default_rng(11)
    found = [polygon(rng) for _ in range(WORLD)]
    pairs = zip(found[::7], found[3::7], strict=False)
    found += [shapely.MultiPolygon(pair) for pair in pairs if not shapely.intersects(*pair)]
    assert all(map(shapely.is_valid, found))
    return [bytes(shapely.to_wkb(shapely.set_srid(shape, 4326), include_srid=True)) for shape in found]


@pytest.fixture
async def measured(read_session, world):
    """`await measured(sql)`: the value of an SQL expression over `geom` for each polygon of the world."""
    statement = (
        "SELECT {} FROM unnest(:shapes) WITH ORDINALITY AS input (wkb, n), ST_GeomFromEWKB(wkb) AS geom ORDER BY n"
    )

    async def run(expression):
        shapes = bindparam("shapes", world, ARRAY(BYTEA))
        return [row[0] for row in await read_session.rows(text(statement.format(expression)).bindparams(shapes))]

    return run


async def test_area_equals_postgis_all_over_the_world(measured, world):
    expected = await measured("ST_Area(geom::geography)")
    assert [measure.area_sqm(wkb) for wkb in world] == pytest.approx(expected, rel=1e-9)


async def test_perimeter_equals_postgis_all_over_the_world(measured, world):
    expected = await measured("ST_Perimeter(geom::geography)")
    assert [measure.perimeter_m(wkb) for wkb in world] == pytest.approx(expected, rel=1e-9)


async def test_centroid_equals_postgis_all_over_the_world(measured, world):
    expected = shapely.from_wkb(await measured(f"ST_AsEWKB({written(antimeridian.centroid(GEOM))})"))
    found = shapely.from_wkb([measure.centroid(wkb) for wkb in world])
    assert shapely.distance(found, expected).max() < 1e-12
    assert set(shapely.get_srid(found)) == {4326}


async def test_point_on_surface_equals_postgis_all_over_the_world(measured, world):
    expected = shapely.from_wkb(await measured("ST_AsEWKB(ST_PointOnSurface(geom))"))
    found = shapely.from_wkb([measure.point_on_surface(wkb) for wkb in world])
    assert shapely.distance(found, expected).max() < 1e-12
    assert shapely.intersects(found, shapely.from_wkb(world)).all()


async def test_bbox_equals_postgis_all_over_the_world(measured, world):
    boxes = [measure.bbox(wkb) for wkb in world]
    assert boxes == [tuple(box) for box in await measured(written(row_box(GEOM)))]
    assert 0 < sum(west > east for west, _, east, _ in boxes) < len(boxes) / 2


@pytest.mark.parametrize("model", [Parcel, ZoningDistrict])
async def test_every_hybrid_is_the_same_in_python_and_in_sql_on_cambridge(read_session, model):
    columns = [model.geom, model.area_sqm, model.perimeter_m, model.centroid, model.point_on_surface, model.bbox]
    rows = await read_session.rows(select(*(type_coerce(column, column.type) for column in columns)))
    assert len(rows) > 200
    for geom, area, perimeter, centroid, label, box in rows:
        row = model(geom=geom)
        assert row.area_sqm == pytest.approx(area, rel=1e-9)
        assert row.perimeter_m == pytest.approx(perimeter, rel=1e-9)
        assert position(row.centroid) == pytest.approx(position(centroid), abs=1e-12)
        assert position(row.point_on_surface) == pytest.approx(position(label), abs=1e-12)
        assert row.bbox == shapely.from_wkb(bytes(box.data)).bounds


def position(element: WKBElement) -> tuple[float, float]:
    return shapely.from_wkb(bytes(element.data)).coords[0]
