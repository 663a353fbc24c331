"""The scripts of docs/cookbook, and the addresses that it gives to QGIS, read with the drivers that QGIS reads with."""

import json
import re
import subprocess
import sys
from collections import Counter
from urllib.parse import quote
from urllib.request import Request, urlopen

import pyogrio
import pytest

from tests.fixtures import mvt
from tests.fixtures.browser import SHOTS
from tests.fixtures.cluster import ROOT
from tests.fixtures.cookbook import COOKBOOK
from tests.fixtures.mapping import columns

LOCAL = "http://127.0.0.1:8000"
OLD = {"yearBuilt": {"lt": 1930}}


@pytest.fixture(scope="session")
def areas(county):
    """The area of each parcel by its integer id, as the export tells."""
    lines = urlopen(f"{county.url}/export/parcels.geojsonl?properties=areaSqm,yearBuilt").read().splitlines()
    features = [json.loads(line) for line in lines]
    return {feature["id"]: feature["properties"] for feature in features}


def test_geopandas_gets_every_parcel_of_a_filter_page_by_page(county, areas, tmp_path):
    known = {i: row["areaSqm"] for i, row in areas.items() if row["yearBuilt"] and row["yearBuilt"] < 1930}
    out, picture = tmp_path / "parcels.gpkg", SHOTS / "cookbook-python.png"
    SHOTS.mkdir(parents=True, exist_ok=True)
    options = ["--gateway", county.url, "--filters", json.dumps(OLD), "--page-size", "100"]
    command = [sys.executable, COOKBOOK / "python" / "parcels.py", *options, "--out", out, "--picture", picture]
    told = subprocess.check_output(command, text=True, timeout=300)
    assert len(known) > 200
    assert f"{len(known)} parcels, {sum(known.values()) / 10_000:.1f} ha" in told
    assert float(re.search(r"off by ([\d.]+)%", told)[1]) < 0.2
    written = pyogrio.read_dataframe(out)
    assert dict(zip(written["featureId"], written["areaSqm"], strict=True)) == pytest.approx(known)
    assert written.crs.to_epsg() == 4326
    assert picture.stat().st_size > 10_000


def test_duckdb_adds_the_values_of_an_export_by_zone_as_the_gateway_does(county, tmp_path):
    query = """{ parcels {
        distinct(field: { column: LAND_USE }, first: 1) { values { value count } }
        groupBy(keys: [{zoningDistricts: OVERLAP}]) {
          groups { key { zoningDistricts { zoneCode } } aggregate { sum { assessedValue } } }
        }
    } }"""
    sent = Request(f"{county.url}/graphql", json.dumps({"query": query}).encode(), {"content-type": "application/json"})
    known = json.load(urlopen(sent))["data"]["parcels"]
    sums = Counter()
    for group in known["groupBy"]["groups"]:
        if (zone := group["key"]["zoningDistricts"]) is not None:
            sums[zone["zoneCode"]] += float(group["aggregate"]["sum"]["assessedValue"] or 0)
    command = [
        sys.executable,
        COOKBOOK / "duckdb" / "zones.py",
        "--gateway",
        county.url,
        "--out",
        tmp_path / "p.parquet",
    ]
    told = subprocess.check_output(command, text=True, timeout=120)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines()]
    (most,) = known["distinct"]["values"]
    assert [most["value"], str(most["count"])] in [row[:2] for row in rows]
    zone, value = max(sums.items(), key=lambda pair: pair[1])
    (found,) = [row for row in rows if row[:1] == [zone]]
    assert float(found[2]) == pytest.approx(value, abs=1)


SPATIAL = """
import glob, json, sys
import duckdb, duckdb_extension_spatial

database = duckdb.connect()
(extension,) = glob.glob(f"{duckdb_extension_spatial.__path__[0]}/extensions/*/spatial.duckdb_extension")
database.execute(f"LOAD '{extension}'")
plane, degrees, box = sys.argv[1:]
areas = database.execute("SELECT id, ST_Area(geometry) FROM read_parquet(?)", [plane]).fetchall()
within = "SELECT id FROM read_parquet(?) WHERE ST_Intersects(geometry, ST_MakeEnvelope(" + box + "))"
json.dump([areas, [i for (i,) in database.execute(within, [degrees]).fetchall()]], sys.stdout)
"""


def test_duckdb_spatial_measures_and_filters_an_export_as_the_gateway_does(county, areas, tmp_path):
    west, south, east, north = json.load(urlopen(f"{county.url}/tiles/parcels.json"))["bounds"]
    box = [west, south, (west + east) / 2, (south + north) / 2]
    files = {"plane": "?crs=EPSG:26915&properties=", "degrees": "?properties="}
    for name, query in files.items():
        (tmp_path / name).write_bytes(urlopen(f"{county.url}/export/parcels.parquet{query}").read())
    python = ROOT / ".venv" / "spatial" / "bin" / "python"
    given = [*(tmp_path / name for name in files), ", ".join(map(repr, box))]
    measured, met = json.loads(subprocess.check_output([python, "-c", SPATIAL, *given], timeout=120))
    # A zone of UTM is true to scale within 0.04%, so areas within 0.08%.
    assert dict(measured) == pytest.approx({i: row["areaSqm"] for i, row in areas.items()}, rel=1e-3)
    filters = quote(json.dumps({"geometry": {"intersects": {"bbox": box}}}))
    lines = urlopen(f"{county.url}/export/parcels.geojsonl?properties=&filters={filters}").read().splitlines()
    assert sorted(met) == sorted(json.loads(line)["id"] for line in lines)
    assert 0 < len(met) < len(areas)


def ogrinfo(source):
    """What GDAL says about each layer of a source."""
    told = subprocess.check_output(["ogrinfo", "-ro", "-al", "-so", source], text=True, timeout=120)
    return dict(re.findall(r"Layer name: (\w+)\nGeometry: .+\nFeature Count: (\d+)", told))


def test_gdal_reads_the_export_that_qgis_is_given(county, areas):
    assert ogrinfo(f"{county.url}/export/parcels.geojson") == {"parcels": str(len(areas))}
    assert ogrinfo(f"{county.url}/export/parcels.fgb") == {"parcels": str(len(areas))}


def test_gdal_reads_the_tiles_that_qgis_is_given(county):
    longitude, latitude, _ = json.load(urlopen(f"{county.url}/tiles/parcels.json"))["center"]
    (z, x, y), *_ = columns(longitude, latitude, longitude, latitude, 14)
    path = f"{county.url}/tiles/zoning_districts,parcels/{z}/{x}/{y}.mvt"
    held = mvt.decode(urlopen(path).read())
    assert ogrinfo(f"MVT:{path}") == {name: str(len(layer.ids)) for name, layer in held.items()}


def test_the_addresses_that_the_page_for_qgis_names_are_served(county):
    given = re.findall(rf"{LOCAL}(/[^\s`]+)", (COOKBOOK / "qgis" / "README.md").read_text())
    assert len(given) >= 4
    for path in given:
        for name, value in {"{z}": "14", "{x}": "0", "{y}": "0"}.items():
            path = path.replace(name, value)  # noqa: PLW2901
        assert urlopen(county.url + path).status in {200, 204}, path
