"""What POST /bulk/{layer} refuses, and that nothing is left of it."""

import asyncio
import gzip
import json

import pytest
import zstandard

from tests.fixtures.sources import fetch, square
from tests.fixtures.waiting import LONG
from tests.integration.bulk.conftest import until

SEQ = {"content-type": "application/geo+json-seq"}
KEYS = "SELECT parcel_id FROM parcels ORDER BY parcel_id"


def line(key, x=-71.1):
    ring = [list(position) for position in square(x, 42.3).exterior.coords]
    shape = {"type": "Polygon", "coordinates": [ring]}
    return json.dumps({"type": "Feature", "properties": {"parcel_id": key}, "geometry": shape}).encode() + b"\n"


BODY = b"".join(line(f"P{number}", -71.1 + number / 100) for number in range(3))


def bodies(tmp_path):
    return sorted(path.name for path in tmp_path.glob("bodies/*/*/*"))


def wire(*messages):
    """A `receive` that gives these messages, and then nothing more."""
    left = list(messages)

    async def receive():
        return left.pop(0) if left else await asyncio.Event().wait()

    return receive


def part(body, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}
REFUSED = {
    "no type": (BODY, {}, "", 415, "UNSUPPORTED_MEDIA_TYPE"),
    "a form, whatever is named for it": (
        BODY,
        {"content-type": "application/x-www-form-urlencoded"},
        "?format=geojsonl",
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    ),
    "an unknown coding": (BODY, SEQ | {"content-encoding": "br"}, "", 415, "UNSUPPORTED_MEDIA_TYPE"),
    "no gzip": (BODY, SEQ | {"content-encoding": "gzip"}, "", 400, "BAD_BODY"),
    "half of zstd": (zstandard.compress(BODY)[:-9], SEQ | {"content-encoding": "zstd"}, "", 400, "BAD_BODY"),
    "half of gzip": (gzip.compress(BODY)[:-9], SEQ | {"content-encoding": "gzip"}, "", 400, "BAD_BODY"),
    "nothing": (b"", SEQ, "", 400, "BAD_BODY"),
    "fewer bytes than announced": (BODY, SEQ | {"content-length": str(len(BODY) + 1)}, "", 400, "BAD_BODY"),
    "no FlatGeobuf": (BODY, {"content-type": "application/flatgeobuf"}, "", 400, "BAD_BODY"),
    "too large, as announced": (BODY, SEQ | {"content-length": "2001"}, "", 413, "BODY_TOO_LARGE"),
    "too large, as it shows": (BODY * 5, SEQ, "", 413, "BODY_TOO_LARGE"),
    "too large, once it is decoded": (
        gzip.compress(BODY * 5),
        SEQ | {"content-encoding": "gzip"},
        "",
        413,
        "BODY_TOO_LARGE",
    ),
    "a bomb": (zstandard.compress(bytes(10**8)), SEQ | {"content-encoding": "zstd"}, "", 413, "BODY_TOO_LARGE"),
    "an unknown parameter": (BODY, SEQ, "?on_duplicate=skip", 400, "BAD_ARGUMENT"),
    "an unknown field": (BODY, SEQ, "?map=nope=x", 400, "BAD_MAPPING"),
    "an unknown CRS": (BODY, SEQ, "?srid=99999", 400, "BAD_CRS"),
    "too many rows in a chunk": (BODY, SEQ, "?chunk=50001", 400, "BAD_ARGUMENT"),
}


async def test_what_is_refused_leaves_no_file_and_no_job(bulk, empty_database, tmp_path):
    async with bulk(upload_bytes=2_000) as door:
        for name, (body, headers, query, status, code) in REFUSED.items():
            answer = await door.request("POST", f"/bulk/parcels{query}", headers=headers, body=body)
            assert (answer.status, answer.code) == (status, code), (name, answer.body)
            assert answer.headers["connection"] == "close"
            if query and code != "UNSUPPORTED_MEDIA_TYPE":
                (place,) = answer.json["errors"][0]["extensions"]["argument"]
                assert place in query, name
        assert (await door.request("POST", "/bulk/roofs", headers=SEQ, body=BODY)).status == 404
        assert (await door.request("GET", "/bulk/parcels")).headers["allow"] == "POST"
    assert bodies(tmp_path) == []
    assert await fetch(empty_database, "SELECT FROM jobs") == []


async def test_a_body_whose_client_leaves_is_thrown_away(bulk, empty_database, tmp_path):
    async with bulk() as door:
        await door.request("POST", "/bulk/parcels", headers=SEQ, receive=wire(part(BODY), GONE))
        assert bodies(tmp_path) == []
    assert await fetch(empty_database, "SELECT FROM jobs") == []


async def test_a_body_that_stands_still_is_given_up(bulk, tmp_path):
    async with bulk(idle_seconds=0.2) as door:
        answer = await door.request("POST", "/bulk/parcels", headers=SEQ, receive=wire(part(BODY)))
        assert (answer.status, answer.code) == (408, "BODY_TIMEOUT")
    assert bodies(tmp_path) == []


async def test_a_body_that_trickles_is_given_up(bulk, tmp_path):
    async def trickle():
        await asyncio.sleep(0.05)
        return part(b" ")

    async with bulk(idle_seconds=0.3) as door:
        answer = await asyncio.wait_for(door.request("POST", "/bulk/parcels", headers=SEQ, receive=trickle), LONG)
        assert (answer.status, answer.code) == (408, "BODY_TIMEOUT")
    assert bodies(tmp_path) == []


async def test_more_than_may_wait_are_told_to_come_again(bulk, tmp_path):
    async with bulk(waiting=1) as door:
        held = asyncio.Event()

        async def receive():
            await held.wait()
            return part(BODY, more=False)

        async def receiving():
            return len(bodies(tmp_path)) == 1

        first = asyncio.create_task(door.request("POST", "/bulk/parcels", headers=SEQ, receive=receive))
        await until(receiving)
        answer = await door.request("POST", "/bulk/parcels", headers=SEQ, body=BODY)
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "BULK_LIMIT", "30")
        held.set()
        assert (await first).status == 202


async def test_a_disk_without_room_takes_nothing(bulk, tmp_path, monkeypatch):
    async with bulk() as door:
        monkeypatch.setattr("gateway.ingest.bulk.spool.shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
        answer = await door.request("POST", "/bulk/parcels", headers=SEQ, body=BODY)
        assert (answer.status, answer.code) == (503, "SPOOL_FULL")
    assert bodies(tmp_path) == []


@pytest.mark.parametrize(("coding", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
async def test_a_compressed_body_is_loaded_and_waited_for(bulk, empty_database, tmp_path, coding, encode):
    async with bulk() as door:
        headers = SEQ | {"content-encoding": coding, "prefer": "respond-async, wait=50"}
        answer = await door.request(
            "POST", "/bulk/parcels", headers=headers, body=encode(BODY[:200]) + encode(BODY[200:])
        )
        assert (answer.status, answer.headers["preference-applied"]) == (200, "wait=50")
        assert (answer.json["state"], answer.json["bytes"]) == ("complete", len(BODY))
        assert answer.headers["location"] == f"/jobs/{answer.json['id']}"
    assert await fetch(empty_database, KEYS) == [("P0",), ("P1",), ("P2",)]
    assert bodies(tmp_path) == []


HOSTILE = {
    "a file of this machine": b'<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>/etc/passwd'
    b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "no JSON": b"parcels, please",
    "half of a feature": BODY + b'{"type": "Feat',
}


@pytest.mark.parametrize("media", ["application/geo+json", "application/geo+json-seq"])
@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_geojson_fails_with_its_code(bulk, empty_database, media, name):
    async with bulk() as door:
        headers = {"content-type": media, "prefer": "wait=50"}
        job = (await door.request("POST", "/bulk/parcels", headers=headers, body=HOSTILE[name])).json
        assert (job["state"], job["error"]["code"]) == ("failed", "BAD_SOURCE"), job
        assert "/" not in job["error"]["message"].replace(".geojsonl/.geojson", "")
    assert await fetch(empty_database, KEYS) == []


async def test_a_file_can_not_make_the_server_fetch_a_url(bulk):
    asked = []

    async def answer(_, writer):
        asked.append(1)
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    crs = {"type": "link", "properties": {"href": f"http://{host}:{port}/"}}
    body = {"type": "FeatureCollection", "crs": crs, "features": [json.loads(line("P1"))]}
    async with bulk() as door:
        headers = {"content-type": "application/geo+json", "prefer": "wait=50"}
        job = (await door.request("POST", "/bulk/parcels", headers=headers, body=json.dumps(body).encode())).json
        assert job["finishedAt"]
    listener.close()
    assert asked == []
