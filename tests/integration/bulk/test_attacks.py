"""Bodies that are made to read the server's files, ask its network, or fill its disk."""

import gzip
import json
import os
import socket
from pathlib import Path

import pytest
import zstandard

from gateway.settings import BudgetSettings
from tests.fixtures.canaries import CANARY, KEY, Watched
from tests.fixtures.door import JSON
from tests.integration.bulk.test_door import BODY, SEQ, bodies

MEDIA = {
    "geojson": "application/geo+json",
    "geojsonl": "application/geo+json-seq",
    "fgb": "application/flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
}
RING = [[[0, 0], [1, 0], [1, 1]]]


def made(secret, port):
    """Attacks: the format that is named, and the body."""
    for target in (str(secret), f"/vsicurl/http://127.0.0.1:{port}/x.csv", f"/proc/{os.getpid()}/environ"):
        layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{target}</SrcDataSource></OGRVRTLayer>'
        vrt = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
        for signature in (b"fgb\x03fgb ", b"fgb\x03fgb\x01"):
            yield "fgb", signature + vrt.encode()
        yield "parquet", b"PAR1" + vrt.encode() + b"PAR1"
        for form in ("geojson", "geojsonl", "csv"):
            yield form, vrt.encode()
    crs = {"type": "link", "properties": {"href": f"http://127.0.0.1:{port}/crs", "type": "proj4"}}
    shape = {"type": "Polygon", "coordinates": RING, "crs": crs}
    feature = {"type": "Feature", "properties": {"parcel_id": "1"}, "geometry": shape}
    yield "geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    yield "geojson", json.dumps({"type": "FeatureCollection", "crs": crs, "features": []}).encode()
    yield "geojsonl", json.dumps(feature).encode()
    yield "csv", b'parcel_id,geom\n1,"' + json.dumps(shape).replace('"', '""').encode() + b'"\n'
    grid = {"type": "name", "properties": {"name": f"+proj=longlat +ellps=bessel +nadgrids={secret} +type=crs"}}
    yield "geojson", json.dumps({"type": "FeatureCollection", "crs": grid, "features": [feature]}).encode()


async def test_no_body_reads_a_file_of_the_server_or_asks_its_network(bulk, tmp_path, monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET_KEY", KEY)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    secret = tmp_path / "secret.csv"
    secret.write_text(f"parcel_id,WKT\n{CANARY},POINT(1 2)\n")
    watched = Watched(secret)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        async with bulk() as door:
            for form, body in made(secret, server.getsockname()[1]):
                headers = {"content-type": MEDIA[form], "prefer": "respond-async, wait=50"}
                answer = await door.request("POST", "/bulk/parcels", headers=headers, body=body)
                told = answer.body.decode()
                if answer.status == 200:
                    told += (await door.request("GET", f"/jobs/{answer.json['id']}/report")).body.decode()
                assert CANARY not in told
                assert KEY not in told
                assert not watched.opened, body
            query = json.dumps({"query": "{ parcels { nodes { parcelId attributes } } }"}).encode()
            found = await door.request("POST", "/graphql", headers=JSON, body=query)
            assert CANARY not in found.body.decode()
        with pytest.raises(BlockingIOError):
            server.accept()
    watched.close()


@pytest.mark.parametrize(("coding", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
@pytest.mark.parametrize("content", [b"\0", b"\n", b" "], ids=["one line", "many lines", "blanks"])
async def test_a_small_body_that_stands_for_a_huge_one_is_refused_as_it_grows(bulk, tmp_path, coding, encode, content):
    body = encode(content * 100_000_000)
    async with bulk() as door:
        answer = await door.request("POST", "/bulk/parcels", headers=SEQ | {"content-encoding": coding}, body=body)
        assert (answer.status, answer.code) == (413, "RATIO_LIMIT")
    assert bodies(tmp_path) == []


async def test_the_disk_is_looked_at_as_a_body_grows_and_not_as_it_comes(bulk, tmp_path, monkeypatch):
    room, largest = 8 * 2**20, 0

    def usage(path):
        nonlocal largest
        size = Path(path).stat().st_size
        largest = max(largest, size)
        return type("Usage", (), {"free": room - size})()

    monkeypatch.setattr("gateway.ingest.bulk.spool.shutil.disk_usage", usage)
    async with bulk() as door:
        body = zstandard.compress(BODY * 40_000)  # 14 MB
        answer = await door.request("POST", "/bulk/parcels", headers=SEQ | {"content-encoding": "zstd"}, body=body)
        assert (answer.status, answer.code) == (503, "SPOOL_FULL")
    assert 0 < largest < room


async def test_what_a_refused_body_stood_for_is_charged(bulk):
    packed = zstandard.compress(bytes(100_000_000))
    async with bulk(budget=BudgetSettings(anonymous=5_000)) as door:
        told = [
            (await door.request("POST", "/bulk/parcels", headers=SEQ | {"content-encoding": "zstd"}, body=packed)).code
            for _ in range(2)
        ]
    assert told == ["RATIO_LIMIT", "RATE_LIMITED"]
