"""Tiles as map libraries and GIS programs read them."""

import json
import shutil
import subprocess
from urllib.request import urlopen

import pytest

from tests.fixtures.mapping import columns

DOCUMENT = """
    query ($filters: ParcelFilter, $after: String) {
      parcels(filters: $filters, first: 1000, after: $after) {
        tiles { url tileJson }
        pageInfo { hasNextPage endCursor }
        nodes { featureId parcelId }
      }
    }
"""
WEST_OF_HARVARD = {"geometry": {"within": {"bbox": [-71.13, 42.37, -71.12, 42.38]}}}


def rows(gateway, filters):
    """All rows of a connection, and the URLs of their tiles."""
    found, after = [], None
    while True:
        page = gateway.data(DOCUMENT, filters=filters, after=after)["parcels"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return {row["featureId"] for row in found}, page["tiles"]


def test_mapbox_vector_tile_reads_the_rows_of_the_filter(gateway, node):
    ids, urls = rows(gateway, WEST_OF_HARVARD)
    with urlopen(urls["tileJson"], timeout=60) as answer:
        bounds = json.load(answer)["bounds"]
    places = [*columns(*bounds, 16)]
    layers = node("tiles.js", urls["url"], json.dumps(places))
    assert set(layers["parcels"]["ids"]) == ids
    assert layers["parcels"]["version"] == 2
    assert layers["parcels"]["properties"].keys() >= {"parcelId"}
    assert layers["parcels"]["geometry"]["type"] in {"Polygon", "MultiPolygon"}


def test_ogrinfo_reads_a_tile(gateway, tmp_path):
    if shutil.which("ogrinfo") is None:
        pytest.skip("needs ogrinfo (Debian's gdal-bin)")
    (z, x, y), *_ = columns(-71.12, 42.37, -71.12, 42.37, 15)
    file = tmp_path / "tile.mvt"
    with urlopen(f"{gateway.url}/tiles/parcels,zoning_districts/{z}/{x}/{y}.mvt", timeout=60) as answer:
        file.write_bytes(answer.read())
    options = ["-oo", f"X={x}", "-oo", f"Y={y}", "-oo", f"Z={z}"]
    done = subprocess.run(
        ["ogrinfo", "-al", "-so", file, *options], capture_output=True, text=True, check=True, timeout=120
    )
    assert "Layer name: parcels" in done.stdout
    assert "Layer name: zoning_districts" in done.stdout
    assert "landUse: String" in done.stdout
    assert "ERROR" not in done.stderr
