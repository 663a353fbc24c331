"""Files through POST /bulk/{layer}: what becomes of them is what becomes of them through ingest."""

import json

import geopandas
import pytest

from gateway.ingest import IngestOptions, ingest
from gateway.layers import PARCELS, ZONING_DISTRICTS
from tests.fixtures.cambridge import PARCEL_FIELDS, ZONING_FIELDS
from tests.fixtures.sources import Listener, fetch, grid, square

COLUMNS = "parcel_id, address, owner_name, land_use, assessed_value, year_built, attributes, version, ST_AsEWKB(geom)"
PARCEL_ROWS = f"SELECT {COLUMNS} FROM parcels ORDER BY parcel_id"
ZONING_ROWS = "SELECT code, zone_code, name, category, attributes, ST_AsEWKB(geom) FROM zoning_districts ORDER BY code"
KEYS = "SELECT parcel_id, address FROM parcels ORDER BY id"


def mapped(fields):
    return "&".join(f"map={field}={source}" for field, source in fields.items())


async def test_cambridge_through_bulk_is_accounted_for_and_the_table_is_that_of_ingest(
    client, nursery, cluster, migrated, cambridge_files
):
    parcels, zoning = cambridge_files / "cambridge_parcels.geojson", cambridge_files / "cambridge_zoning.geojson"
    first = client.load("parcels", parcels, mapped(PARCEL_FIELDS))
    second = client.load("zoning_districts", zoning, mapped(ZONING_FIELDS))
    with cluster.copy(migrated) as url:
        listener = Listener()
        report = await ingest(url, PARCELS, parcels, IngestOptions(mapping=PARCEL_FIELDS), listener)
        await ingest(url, ZONING_DISTRICTS, zoning, IngestOptions(mapping=ZONING_FIELDS))
        done = client.ended(first)
        assert (done["state"], client.ended(second)["state"]) == ("complete", "complete")
        assert done["counts"]["read"] == done["total"] == 13_116
        assert done["counts"] == report.counts.as_json()
        assert client.report(done) == [json.loads(json.dumps(outcome.as_json())) for outcome in listener.outcomes]
        assert await fetch(nursery.url, PARCEL_ROWS) == await fetch(url, PARCEL_ROWS)
        assert await fetch(nursery.url, ZONING_ROWS) == await fetch(url, ZONING_ROWS)


@pytest.mark.parametrize("driver", ["GeoJSONSeq", "GeoJSON", "FlatGeobuf"])
async def test_each_format_is_loaded(client, nursery, city, driver):
    job = client.ended(client.load("parcels", city(300, driver), "chunk=100"))
    assert (job["state"], job["total"], job["counts"]["inserted"]) == ("complete", 300, 300)
    rows = await fetch(nursery.url, KEYS)
    assert sorted(rows) == sorted((f"P{number}", f"{number} Elm") for number in range(300))


async def test_tables_and_geoparquet_are_loaded_and_refused_where_they_are_cut(client, nursery, tmp_path):
    rows = geopandas.GeoDataFrame({"parcel_id": ["1", "2"], "address": ["1 Elm", "2 Elm"]}, geometry=grid(2), crs=4326)
    rows.to_parquet(tmp_path / "city.parquet")
    rows.to_wkt().to_csv(tmp_path / "city.csv", index=False)
    for name in ("city.parquet", "city.csv"):
        whole, cut = tmp_path / name, tmp_path / f"cut_{name}"
        cut.write_bytes(whole.read_bytes()[:-20])
        failed = client.ended(client.load("parcels", cut, "srid=4326"))
        assert (failed["state"], failed["error"]["code"]) == ("failed", "BAD_SOURCE")
        done = client.ended(client.load("parcels", whole, "srid=4326&on-duplicate=update"))
        assert (done["state"], done["counts"]["read"]) == ("complete", 2)
    assert done["counts"]["skipped"] == 2
    assert await fetch(nursery.url, KEYS) == [("1", "1 Elm"), ("2", "2 Elm")]


async def test_the_encoding_of_a_body_is_a_parameter_and_a_wrong_one_is_told(client, nursery, geojson, tmp_path):
    text = geojson((square(1, 42), {"parcel_id": "1", "address": "x"})).read_text().replace('"x"', '"Église"')
    path = tmp_path / "latin.geojson"
    path.write_bytes(text.encode("latin-1"))
    failed = client.ended(client.load("parcels", path))
    assert (failed["state"], failed["error"]["code"]) == ("failed", "BAD_ENCODING")
    assert "encoding=windows-1252" in failed["error"]["message"]
    done = client.ended(client.load("parcels", path, "encoding=windows-1252"))
    assert (done["state"], done["counts"]["inserted"]) == ("complete", 1)
    assert [note for note in done["notes"] if "windows-1252" in note] == done["notes"] != []
    assert await fetch(nursery.url, KEYS) == [("1", "Église")]
