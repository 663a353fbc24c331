"""What is exported and loaded again changes nothing: no row, no version, no attribute."""

from itertools import product
from urllib.parse import quote

import pytest

from gateway.asgi import create_app
from gateway.ingest import Counts, IngestOptions, OnDuplicate, ingest
from gateway.layers import PARCELS, ZONING_DISTRICTS
from tests.fixtures.door import on, opened
from tests.fixtures.exported import FORMATS
from tests.fixtures.sources import fetch, grid

ALL = {
    PARCELS: "parcelId,address,landUse,assessedValue,yearBuilt,attributes,version,createdAt,updatedAt,areaSqm",
    ZONING_DISTRICTS: "code,zoneCode,attributes,version",
}
FEW = {PARCELS: "parcelId,address", ZONING_DISTRICTS: "zoneCode,code"}
EXTRA = {"tags": {"a": [1, None], "long": 12345678901234567890}, "day": "2019/02/30", "version": 7, "id": "x"}
DISTRICTS = [{"code": f"Z{number}", "zoneCode": "R-1", "name": 'Église, "Q"\n'} for number in range(3)]
FORMULAS = ["=1+1", "'=1", "''-", "'", "-71.5", "+49 30", "@A1", "\t=1", "\r1", "\n-", "\uff1d1", "-", "a=1", " =1"]
PARCEL = {"address": "1 Rue de l'Église\t\\N", "landUse": "007", "assessedValue": 1234567.89, "yearBuilt": 1900}


@pytest.fixture
async def loaded(empty_database, geojson, settings):
    """A gateway on a few rows, and what is stored of them."""
    shapes = grid(4)
    parcels = [
        {"parcelId": "1", **PARCEL, **EXTRA},
        {"parcelId": "1204/03/12", "address": None, "extra": None},
        {"parcelId": "2019-02-30", "address": "x", "assessedValue": 0.1},
        {"parcelId": "007"},
    ]
    rotated = [(shape.buffer(0.0001234567).simplify(0.00001), row) for shape, row in zip(shapes, parcels, strict=True)]
    source = IngestOptions(mapping={"parcel_id": "parcelId"})
    await ingest(empty_database, PARCELS, geojson(*rotated), source)
    await ingest(empty_database, ZONING_DISTRICTS, geojson(*zip(shapes, DISTRICTS, strict=False), name="z.geojson"))
    async with opened(create_app(on(settings, empty_database))) as door:
        yield door, empty_database


async def stored(database):
    names = ("parcels", "zoning_districts", "parcel_history", "zoning_district_history")
    return [await fetch(database, f"SELECT t::text FROM {name} t ORDER BY id") for name in names]


async def test_texts_that_spreadsheets_would_run_come_back_from_csv_as_they_were(
    empty_database, geojson, settings, tmp_path
):
    rows = [{"parcelId": f"{text}{number}", "address": text} for number, text in enumerate(FORMULAS)]
    file = geojson(*zip(grid(len(rows)), rows, strict=True))
    await ingest(empty_database, PARCELS, file, IngestOptions(mapping={"parcel_id": "parcelId"}))
    before = await stored(empty_database)
    async with opened(create_app(on(settings, empty_database))) as door:
        path = tmp_path / "parcels.csv"
        path.write_bytes((await door.request("GET", "/export/parcels.csv")).body)
    assert b",'=1+1," in path.read_bytes()
    report = await ingest(empty_database, PARCELS, path, IngestOptions(on_duplicate=OnDuplicate.UPDATE, srid=4326))
    assert report.counts == Counts(skipped=len(rows)), report.reasons
    assert await stored(empty_database) == before


@pytest.mark.parametrize("head", ["id,name,geom", "name,WKT", "id,Name 1,WKT", "WKT,name,id"])
async def test_quotes_in_files_of_others_stay(empty_database, tmp_path, head):
    path = tmp_path / "parcels.csv"
    cells = {"id": "1", "geom": None, "WKT": None}
    shape = f'"{grid(1)[0].wkt}"'
    row = ",".join(cells.get(name, "'=1") or shape for name in head.split(","))
    path.write_text(f"{head}\n{row}\n")
    name = next(name for name in head.split(",") if name.lower().startswith("name"))
    await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"parcel_id": name}, srid=4326))
    assert await fetch(empty_database, "SELECT parcel_id FROM parcels") == [("'=1",)]


@pytest.mark.parametrize("suffix", [name for name in FORMATS if name != "arrow"])
async def test_an_export_that_is_loaded_again_changes_nothing(loaded, tmp_path, suffix):
    door, database = loaded
    before = await stored(database)
    for asked, (layer, rows) in product((None, ALL, FEW), ((PARCELS, 4), (ZONING_DISTRICTS, 3))):
        query = f"?properties={quote(asked[layer])}" if asked else ""
        path = tmp_path / f"{layer.name}.{suffix}"
        path.write_bytes((await door.request("GET", f"/export/{layer.name}.{suffix}{query}")).body)
        report = await ingest(database, layer, path, IngestOptions(on_duplicate=OnDuplicate.UPDATE, srid=4326))
        assert report.counts == Counts(skipped=rows), report.reasons
    assert await stored(database) == before
