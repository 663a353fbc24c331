"""Every format gives the same rows, from its start and from its middle."""

import datetime as dt
import math

import pytest
import shapely

from gateway.ingest import Counts, FileSource, IngestOptions, ingest
from gateway.layers import PARCELS
from tests.fixtures.sources import SUFFIXES, fetch, grid, write

ROWS = """
    SELECT parcel_id, address, assessed_value::float, year_built,
           attributes->'flag', attributes->>'day', ST_AsText(geom)
    FROM parcels ORDER BY parcel_id
"""
COUNT = 30


def city(tmp_path, driver, crs="EPSG:4326", shapes=None):
    columns = {
        "parcel_id": [f"P{number:03}" for number in range(COUNT)],
        "addr": [f'{number} Rue de l\'Église\t\\N "x"' for number in range(COUNT)],
        "value": [number + 0.5 for number in range(COUNT)],
        "year": [1900 + number for number in range(COUNT)],
        "flag": [number % 2 == 0 for number in range(COUNT)],
        "day": [dt.date(2020, 1, 1)] * COUNT,
    }
    shapes = grid(COUNT) if shapes is None else shapes
    return write(tmp_path / f"city.{SUFFIXES[driver]}", driver, shapes, columns, crs)


OPTIONS = IngestOptions(mapping={"address": "addr", "assessed_value": "value", "year_built": "year"}, chunk=7)


@pytest.mark.parametrize("driver", SUFFIXES)
async def test_every_format_gives_the_same_rows(empty_database, tmp_path, driver):
    report = await ingest(empty_database, PARCELS, city(tmp_path, driver), OPTIONS)
    assert report.counts == Counts(inserted=COUNT)
    found = await fetch(empty_database, ROWS)
    assert [row[:4] for row in found] == [
        (f"P{number:03}", f'{number} Rue de l\'Église\t\\N "x"', number + 0.5, 1900 + number) for number in range(COUNT)
    ]
    # FlatGeobuf has instants only; GeoJSON has no dates: what GDAL writes into a sequence stays.
    assert {row[5][:10] for row in found} == {"2020/01/01" if driver == "GeoJSONSeq" else "2020-01-01"}
    if driver != "ESRI Shapefile":  # which has no booleans
        assert [row[4] for row in found] == ["true", "false"] * (COUNT // 2)
    expected = [shapely.MultiPolygon([shape]) for shape in grid(COUNT)]
    assert all(
        shapely.equals_exact(shapely.from_wkt(row[6]).normalize(), shape.normalize(), 1e-7)
        for row, shape in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("driver", SUFFIXES)
def test_every_format_can_be_read_from_its_middle(tmp_path, driver):
    source = FileSource(city(tmp_path, driver))
    assert source.description.features == COUNT
    batches = list(source.batches(11, 5, set()))
    assert [batch.first for batch in batches] == [11, 16, 21, 26]
    assert [batch.rows for batch in batches] == [5, 5, 5, 4]
    assert list(source.batches(COUNT, 5, set())) == []
    whole = [key for batch in source.batches(0, 100, set()) for key in batch.fields["parcel_id"].to_pylist()]
    assert [key for batch in batches for key in batch.fields["parcel_id"].to_pylist()] == whole[11:]


def test_a_fingerprint_is_of_the_content(tmp_path):
    path = city(tmp_path, "GeoJSON")
    before = FileSource(path).fingerprint()
    assert FileSource(path).fingerprint() == before
    path.write_text(path.read_text() + " ")
    assert FileSource(path).fingerprint() != before


async def test_a_shapefile_is_known_by_all_its_parts(empty_database, tmp_path):
    columns = {"parcel_id": [f"P{number}" for number in range(COUNT)]}
    path = write(tmp_path / "city.shp", "ESRI Shapefile", grid(COUNT), columns)
    before = FileSource(path).fingerprint()
    (tmp_path / "city.prj").write_text((tmp_path / "city.prj").read_text() + " ")
    assert FileSource(path).fingerprint() != before
    assert (await ingest(empty_database, PARCELS, path)).counts == Counts(inserted=COUNT)


async def test_another_crs_is_transformed_and_given_wins_over_found(empty_database, tmp_path):
    mercator = [shapely.box(x, 5_200_000, x + 50, 5_200_050) for x in range(-7_900_000, -7_900_000 + 100 * COUNT, 100)]
    path = city(tmp_path, "FlatGeobuf", "EPSG:3857", mercator)
    assert (await ingest(empty_database, PARCELS, path, OPTIONS)).counts == Counts(inserted=COUNT)
    corner = (-7_900_000 / 6_378_137 * 57.29577951, math.degrees(math.atan(math.sinh(5_200_000 / 6_378_137))))
    query = "SELECT min(ST_XMin(geom)), min(ST_YMin(geom)) FROM parcels"
    assert await fetch(empty_database, query) == [pytest.approx(corner, abs=1e-7)]
    await fetch(empty_database, "DELETE FROM parcels")
    wrong = city(tmp_path, "GeoJSON", "EPSG:4326", mercator)
    given = IngestOptions(mapping=OPTIONS.mapping, srid=3857)
    assert (await ingest(empty_database, PARCELS, wrong, given)).counts == Counts(inserted=COUNT)
    assert await fetch(empty_database, query) == [pytest.approx(corner, abs=1e-7)]


async def test_the_number_of_a_feature_can_be_its_key(empty_database, tmp_path):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(3), {"a": ["x", "y", "z"]})
    await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"parcel_id": "fid"}))
    query = "SELECT parcel_id, attributes->>'a' FROM parcels ORDER BY id"
    assert await fetch(empty_database, query) == [("1", "x"), ("2", "y"), ("3", "z")]
