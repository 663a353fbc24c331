"""The files of a real city, in degrees and in feet."""

import json

import asyncpg
import pytest
import shapely
from sqlalchemy import make_url

from gateway.ingest import Action, Counts, FileSource, Reason
from tests.fixtures.cambridge import PARCEL_FIELDS, load


async def rows(url, query, *arguments):
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query["host"], port=parts.query["port"], user=parts.username, database=parts.database
    )
    try:
        return await connection.fetch(query, *arguments)
    finally:
        await connection.close()


@pytest.fixture
def two_databases(cluster, migrated):
    with cluster.copy(migrated) as first, cluster.copy(migrated) as second:
        yield first, second


async def test_geojson_and_geopackage_in_feet_give_the_same_city_within_2_cm(two_databases, cambridge_files):
    degrees, feet = two_databases
    package = cambridge_files / "cambridge_2249.gpkg"
    reports = (
        *await load(
            degrees, cambridge_files / "cambridge_parcels.geojson", cambridge_files / "cambridge_zoning.geojson"
        ),
        *await load(feet, FileSource(package, layer="parcels"), FileSource(package, layer="zoning")),
    )
    parcels = Counts(inserted=13_078, repaired=37, skipped=1)
    assert parcels.read == 13_116
    assert [report.counts for report in reports] == [parcels, Counts(inserted=261)] * 2
    assert reports[0].reasons == {
        (Action.REPAIRED, Reason.INVALID_GEOMETRY): 37,
        (Action.SKIPPED, Reason.EMPTY_GEOMETRY): 1,
    }
    assert reports[2].reasons[Action.SKIPPED, Reason.NULL_GEOMETRY] == 1
    for table, key in (("parcels", "parcel_id"), ("zoning_districts", "code")):
        first, second = await shapes(degrees, table, key), await shapes(feet, table, key)
        assert list(first) == list(second)
        # 2 cm is 1.8e-7 degrees of latitude. A repair may cut a ring at another place, for the same area.
        apart = [name for name in first if not shapely.equals_exact(first[name], second[name], 1.8e-7)]
        assert len(apart) <= 37
        for name in apart:
            between = first[name].symmetric_difference(second[name]).area
            assert between < 1e-9 * first[name].area


async def shapes(url, table, key):
    found = await rows(url, f"SELECT {key} AS key, ST_AsBinary(geom) AS wkb FROM {table} ORDER BY 1")
    return {row["key"]: shapely.from_wkb(row["wkb"]) for row in found}


async def test_nothing_of_the_source_is_dropped(empty_database, cambridge_files):
    await load(empty_database, cambridge_files / "sample_parcels.geojson", cambridge_files / "sample_zoning.geojson")
    columns = "parcel_id, address, land_use, assessed_value, year_built, attributes::text"
    found = {row["parcel_id"]: row for row in await rows(empty_database, f"SELECT {columns} FROM parcels")}
    features = json.loads((cambridge_files / "sample_parcels.geojson").read_text())["features"]
    assert len(found) == len(features)
    for feature in features:
        row = found[feature["properties"]["source_id"]]
        rest = dict(feature["properties"])
        for column, field in PARCEL_FIELDS.items():
            assert row[column] == rest.pop(field)
        attributes = json.loads(row["attributes"])
        assert {name: value for name, value in attributes.items() if name != "id"} == rest
