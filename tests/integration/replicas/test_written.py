"""Who wrote something reads it, whichever server answers, by a token in a header, a cookie or an extension."""

import asyncio
import json
from urllib.parse import quote

import orjson
import pytest

from gateway.http.consistency import ConsistencyCodec
from gateway.identity.keys import signing_key
from tests.fixtures.door import JSON
from tests.fixtures.mvt import decode
from tests.fixtures.waiting import eventually
from tests.integration.replicas.conftest import CREATE, PRIMARY, RENAME, shape

READ = "query ($id: String!) { parcel(parcelId: $id) { address } }"
BROWSER = {"sec-fetch-site": "same-origin"}
PLACE = "14/8647/7734"  # the tile in which `shape` lies


async def _made(gateway, name="one", **headers):
    variables = {"input": {"parcelId": name, "geometry": shape(), "address": "0"}}
    return await gateway.write(CREATE, variables, **headers)


def _told(answer):
    """The token of an answer, which stands in its header and in its extensions."""
    token = answer.headers["consistency-token"]
    assert answer.json["extensions"]["consistency"].split(".")[0] == token.split(".")[0] == "c1"
    return token


async def _pairs(gateway, count, *, bring):
    """How many of so many reads lacked the write before them; `bring` makes the headers of a read from its answer."""
    made = await _made(gateway)
    row, stale = made.json["data"]["createParcel"]["parcel"]["id"], 0
    for number in range(1, count + 1):
        change = {"id": row, "patch": {"address": str(number)}}
        answer = await gateway.write(RENAME, {"change": change})
        read = await gateway.ask(READ, {"id": "one"}, **bring(answer))
        found = (read.json["data"]["parcel"] or {}).get("address")
        stale += found != str(number)
    return stale


def _late(replication, milliseconds=200):
    for node in replication.standbys:
        node.delay(milliseconds)


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=pytest.mark.fuzz)])
async def test_no_read_that_brings_the_token_lacks_the_write(with_replicas, replication, count):
    _late(replication)
    async with with_replicas(wait_ms=5) as gateway:
        assert await _pairs(gateway, count, bring=lambda answer: {"token": _told(answer)}) == 0


async def test_without_a_token_a_read_may_lack_the_write(with_replicas, replication):
    _late(replication)
    async with with_replicas() as gateway:
        assert await _pairs(gateway, 10, bring=lambda _: {}) > 0


async def test_side_by_side_no_read_lacks_its_write(with_replicas, replication):
    _late(replication, 20)
    async with with_replicas() as gateway:

        async def one(client):
            for number in range(8):
                name = f"{client}-{number}"
                token = _told(await _made(gateway, name))
                read = await gateway.ask(READ, {"id": name}, token=token)
                assert read.json["data"]["parcel"] == {"address": "0"}

        await asyncio.gather(*(one(client) for client in range(6)))
        assert gateway.servers == {PRIMARY, 1, 2}  # replicas were waited for


async def test_a_replica_that_is_about_to_have_the_write_is_waited_for(with_replicas, replication):
    _late(replication, 60)
    async with with_replicas(wait_ms=2_000) as gateway:
        token = _told(await _made(gateway))
        gateway.servers  # noqa: B018 - forgets
        read = await gateway.ask(READ, {"id": "one"}, token=token)
        assert read.json["data"]["parcel"] == {"address": "0"}
        assert gateway.servers in ({1}, {2})


@pytest.fixture
async def behind(with_replicas, replication):
    """A gateway whose replicas stand still, and the answer of a browser's write that they lack."""
    async with with_replicas(lag=300) as gateway:
        await _made(gateway, "before")
        replication.caught_up()
        for node in replication.standbys:
            node.pause()
        yield gateway, await _made(gateway, "one", **BROWSER)


def _cookie(answer):
    return answer.headers["set-cookie"].partition(";")[0]


async def test_every_transport_reads_what_was_written(behind):
    gateway, written = behind
    token = _told(written)
    document = '{ parcels(filters: {parcelId: {exact: "one"}}) { totalCount nodes { parcelId } } }'
    filters = quote(json.dumps({"parcelId": {"exact": "one"}}))
    paths = [
        f"/graphql?query={quote(document)}",
        f"/tiles/parcels/{PLACE}.mvt",
        f"/tiles/parcels.json?filters={filters}",
        f"/export/parcels.csv?filters={filters}",
        f"/export/parcels.geojson?filters={filters}",
    ]
    for path in paths:
        lacking, *found = [
            await gateway.get(path, **headers)
            for headers in ({}, {"consistency-token": token}, {"cookie": f"a=b; {_cookie(written)}"})
        ]
        assert found[0].body == found[1].body != lacking.body, path
        assert {answer.status for answer in (lacking, *found)} == {200}, path
    body = {"query": document, "extensions": {"consistency": token}}
    answer = await gateway.door.request("POST", "/graphql", headers=JSON, body=orjson.dumps(body))
    assert answer.json["data"]["parcels"]["totalCount"] == 1


async def test_cookies_are_for_browsers_and_are_not_to_be_read_by_pages(behind):
    gateway, written = behind
    kept = dict(part.strip().partition("=")[::2] for part in written.headers["set-cookie"].split(";"))
    assert kept["gateway-consistency"] == written.headers["consistency-token"]
    assert {"HttpOnly", "SameSite", "Max-Age", "Path"} <= set(kept)
    assert "Secure" not in kept
    assert "set-cookie" not in (await _made(gateway, "two")).headers
    secure = await gateway.door.request(
        "POST",
        "/graphql",
        headers=JSON | {"origin": "https://gateway.test", "x-api-key": gateway.key},
        body=orjson.dumps({"query": CREATE, "variables": {"input": {"parcelId": "three", "geometry": shape()}}}),
        scheme="https",
    )
    assert "Secure" in secure.headers["set-cookie"]


@pytest.mark.parametrize("token", ["", "nonsense", "c1.a.b", "c1.AAAAAAAAAAAAAAAA.AAAA", "c2.x.y", "é" * 200])
async def test_a_token_that_was_not_made_here_is_refused_and_a_cookie_passed_over(behind, token):
    gateway, written = behind
    valid = _told(written)
    for wrong in {token, valid[:-1], valid + "A", valid.replace("c1.", "c1.A"), valid.upper()}:
        answer = await gateway.get(
            "/graphql?query={__typename}", **{"consistency-token": wrong.encode().decode("latin-1")}
        )
        assert (answer.status, answer.code) == (400, "BAD_CONSISTENCY_TOKEN"), wrong
        body = {"query": "{ __typename }", "extensions": {"consistency": wrong}}
        answer = await gateway.door.request("POST", "/graphql", headers=JSON, body=orjson.dumps(body))
        assert (answer.status, answer.code) == (400, "BAD_CONSISTENCY_TOKEN"), wrong
        assert answer.json["errors"][0]["extensions"]["argument"] == ["extensions", "consistency"]
        cookie = f"gateway-consistency={wrong.encode().decode('latin-1')}"
        assert (await gateway.get("/graphql?query={__typename}", cookie=cookie)).status == 200
    body = {"query": "{ __typename }", "extensions": {"consistency": 5}}
    answer = await gateway.door.request("POST", "/graphql", headers=JSON, body=orjson.dumps(body))
    assert (answer.status, answer.code) == (400, "BAD_JSON")


async def test_a_repeated_write_has_a_token_of_its_own(gateway):
    first = await _made(gateway, "one", **{"idempotency-key": "k" * 20})
    again = await _made(gateway, "one", **{"idempotency-key": "k" * 20})
    assert again.headers["idempotency-replayed"] == "true"
    _told(first)
    _told(again)
    assert again.json["data"] == first.json["data"]
    assert again.json["extensions"]["cost"]


async def test_a_write_that_is_undone_and_a_read_have_none(gateway):
    await _made(gateway)
    both = CREATE.replace("{ createParcel", "{ first: createParcel(input: $input) { outcome } createParcel")
    taken = {"input": {"parcelId": "one", "geometry": shape()}}
    failed = await gateway.ask(both, taken, **{"x-api-key": gateway.key})
    assert failed.code == "KEY_TAKEN"
    for answer in (failed, await gateway.ask(READ, {"id": "one"})):
        assert "consistency-token" not in answer.headers
        assert "consistency" not in answer.json.get("extensions", {})


async def test_who_is_told_that_a_file_is_loaded_finds_its_rows(behind):
    gateway, _ = behind
    feature = {"type": "Feature", "properties": {"parcel_id": "loaded"}, "geometry": shape()["geojson"]}
    headers = {"x-api-key": gateway.key, "content-type": "application/geo+json", "prefer": "wait=50"}
    body = orjson.dumps({"type": "FeatureCollection", "features": [feature]})
    loaded = await gateway.door.request("POST", "/bulk/parcels", headers=headers, body=body)
    assert loaded.json["state"] == "complete", loaded.body
    job = await gateway.get(f"/jobs/{loaded.json['id']}", **{"x-api-key": gateway.key})
    asked = await gateway.ask(f'{{ job(id: "{loaded.json["id"]}") {{ state }} }}', **{"x-api-key": gateway.key})
    for answer in (loaded, job, asked):
        read = await gateway.ask(READ, {"id": "loaded"}, token=answer.headers["consistency-token"])
        assert read.json["data"]["parcel"] is not None


async def test_a_token_says_nothing_once_every_server_must_have_its_write(behind, settings):
    gateway, _ = behind
    old = ConsistencyCodec(signing_key(settings), 300, clock=lambda: 1_700_000_000.0).encode(2**62)
    gateway.servers  # noqa: B018 - forgets
    assert (await gateway.ask(READ, {"id": "before"}, token=old)).json["data"]["parcel"]
    assert gateway.servers in ({1}, {2})


async def test_tiles_and_what_was_kept_of_them_are_as_new_as_the_token(with_replicas, replication):
    async with with_replicas(lag=300) as gateway:
        path = f"/tiles/parcels/{PLACE}.mvt"
        empty = await gateway.get(path)
        await eventually(lambda: gateway.door.state["tiles"]._changes.generation(["parcels"]) is not None)
        for number in range(5):
            token = _told(await _made(gateway, f"t{number}"))
            answer = await gateway.get(path, **{"consistency-token": token})
            names = {each.properties["parcelId"] for each in decode(answer.body)["parcels"].features}
            assert names == {f"t{before}" for before in range(number + 1)}
        assert empty.body == b""
