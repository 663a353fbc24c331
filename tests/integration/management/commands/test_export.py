"""manage.py export: the file that the same URL gives, whole or not at all."""

import asyncio
import csv
import gzip
import json

import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType
from typer.testing import CliRunner

from gateway.asgi import create_app
from gateway.management import application
from tests.fixtures.door import on, opened
from tests.fixtures.exported import FORMATS
from tests.fixtures.mvt import decode

FILTER = '{"assessedValue":{"gt":200000}}'


@pytest.fixture
def export(small, monkeypatch, tmp_path):
    """`export("parcels", "p.csv", "--bbox", ...)` runs the command in a directory of its own."""
    monkeypatch.setenv("GATEWAY_DATABASE_URL", small)
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(application(["export", "check"]), ["export", *arguments])


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_is_what_the_url_gives(export, settings, small, tmp_path, name):
    done = export("parcels", f"p.{name}", "--filter", FILTER, "--properties", "parcelId,areaSqm")
    assert done.exit_code == 0, done.output

    async def fetched():
        async with opened(create_app(on(settings, small))) as door:
            path = f"/export/parcels.{name}?properties=parcelId,areaSqm&filters={FILTER}"
            return (await door.request("GET", path)).body

    assert (tmp_path / f"p.{name}").read_bytes() == asyncio.run(fetched())
    assert f"p.{name}: " in done.output


def test_nothing_is_left_where_it_fails(export, tmp_path, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_MAINTENANCE_TIMEOUT_MS", "1")
    failed = export("parcels", "p.csv")
    assert getattr(failed.exception, "code", "") == "TIMEOUT"
    assert not list(tmp_path.glob("*p.csv*"))


def test_a_file_that_is_there_is_kept_unless_told(export, tmp_path):
    (tmp_path / "p.geojsonl").write_text("mine")
    assert export("parcels", "p.geojsonl").exception.code == "BAD_OUTPUT"
    assert (tmp_path / "p.geojsonl").read_text() == "mine"
    done = export("parcels", "p.geojsonl", "--replace")
    assert (done.exit_code, done.output.strip()) == (0, "p.geojsonl: 300 parcels.")
    assert len([json.loads(line) for line in (tmp_path / "p.geojsonl").read_text().splitlines()]) == 300


def test_a_directory_that_is_not_there_is_told(export):
    assert export("parcels", "none/p.csv").exception.code == "BAD_OUTPUT"


@pytest.mark.parametrize("arguments", [("parcels", "p.shp"), ("lots", "p.csv")])
def test_wrong_usage_is_told(export, arguments):
    assert export(*arguments).exit_code == 2


def test_an_archive_has_the_tiles_of_the_server(export, settings, small, tmp_path):
    done = export("parcels", "p.pmtiles", "--filter", FILTER, "--properties", "parcelId", "--maxzoom", "14")
    assert done.exit_code == 0, done.output
    with (tmp_path / "p.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
        tiles = {place: gzip.decompress(tile) for place, tile in all_tiles(reader.get_bytes)}
    assert f"p.pmtiles: {len(tiles)} tiles." in done.output
    assert (header["tile_type"], header["tile_compression"]) == (TileType.MVT, Compression.GZIP)
    assert (header["max_zoom"], header["clustered"]) == (14, True)
    assert next(each for each in metadata["vector_layers"] if each["id"] == "parcels")["fields"] == {
        "parcelId": "String"
    }

    async def served(place):
        async with opened(create_app(on(settings, small))) as door:
            path = f"/tiles/parcels/{'/'.join(map(str, place))}.mvt?properties=parcelId&filters={FILTER}"
            return (await door.request("GET", path)).body

    deepest = [place for place in tiles if place[0] == 14]
    for place in deepest:
        assert tiles[place] == asyncio.run(served(place))
    keys = {each.properties["parcelId"] for place in deepest for each in decode(tiles[place])["parcels"].features}
    assert export("parcels", "p.csv", "--filter", FILTER).exit_code == 0
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    assert keys == {row["parcelId"] for row in rows}


def test_an_archive_without_rows_is_refused(export, tmp_path):
    failed = export("parcels", "p", "--format", "pmtiles", "--bbox", "1,1,2,2")
    assert failed.exception.code == "BAD_OUTPUT"
    assert not list(tmp_path.glob("*p*"))
