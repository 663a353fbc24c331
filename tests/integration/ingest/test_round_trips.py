"""What is exported and loaded again changes nothing: no row, no version, no attribute."""

from itertools import product
from urllib.parse import quote

import pytest

from gateway.asgi import create_app
from gateway.ingest import Counts, IngestOptions, OnDuplicate, ingest
from gateway.layers import PARCELS, ZONING_DISTRICTS
from tests.fixtures.door import on, opened
from tests.fixtures.sources import fetch, grid

ALL = {
    PARCELS: "parcelId,address,landUse,assessedValue,yearBuilt,attributes,version,createdAt,updatedAt,areaSqm",
    ZONING_DISTRICTS: "code,zoneCode,attributes,version",
}
FEW = {PARCELS: "parcelId,address", ZONING_DISTRICTS: "zoneCode,code"}
EXTRA = {"tags": {"a": [1, None], "long": 12345678901234567890}, "day": "2019/02/30", "version": 7, "id": "x"}
DISTRICTS = [{"code": f"Z{number}", "zoneCode": "R-1", "name": 'Église, "Q"\n'} for number in range(3)]
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


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl", "csv", "fgb"])
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
