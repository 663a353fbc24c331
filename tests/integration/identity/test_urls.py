"""URLs that are signed: they show what was signed, for as long as the credential that asked for them holds."""

import asyncio
import time

import pytest
from sqlalchemy import text

from gateway.identity import api_keys
from tests.integration.identity.conftest import ask, token
from tests.integration.identity.test_access import path

SECONDS = 0.3  # for which a worker remembers a key
LINKS = """{ parcels {
    tiles { url tileJson } exports { csv geojson geojsonSeq flatgeobuf geoparquet arrow }
    few: exports(properties: [ADDRESS, AREA_SQM], crs: "epsg:2249", precision: 3) {
        csv geojson flatgeobuf geoparquet arrow
    }
    coloured: tiles(properties: [LAND_USE]) { url tileJson }
} }"""


async def links(door, credential):
    answer = await ask(door, LINKS, credential)
    assert "errors" not in answer.json, answer.body
    return answer.json["data"]["parcels"]


async def get(door, url, more=""):
    return await door.request("GET", "/" + path(url) + more)


@pytest.fixture
async def workers(guarded):
    """Two workers of one gateway."""
    async with guarded(key_seconds=SECONDS) as one, guarded(key_seconds=SECONDS) as other:
        yield one, other


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_what_is_added_to_a_signed_url_shows_no_more(guarded, credentials, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    async with guarded() as door:
        found = await links(door, credentials["key:write"])
        csv, few = found["exports"]["csv"], found["few"]["csv"]
        assert b"Ann Clerk" in (await get(door, csv)).body
        head, row = (await get(door, few)).body.splitlines()
        assert head == b"id,address,areaSqm,WKT"
        assert b"-71.1" not in row
        for url, more in (
            (csv, "&properties=attributes"),
            (csv, "&crs=EPSG:2249"),
            (few, "&properties=ownerName"),
            (few, "&crs=EPSG:3857"),
            (few, "&precision=15"),
            (csv.replace(".csv", ".geojson"), ""),
            (found["coloured"]["url"], "&properties=ownerName"),
            (found["coloured"]["tileJson"], "&properties=landUse,ownerName"),
            (found["coloured"]["url"].replace("/tiles/", "/export/").replace("/{z}/{x}/{y}.mvt", ".csv"), ""),
            (csv.replace("/export/parcels.csv", "/tiles/parcels/14/4958/6060.mvt"), ""),
        ):
            answer = await get(door, url, more)
            assert (answer.status, answer.code) == (403, "NOT_SIGNED"), (more, answer.body)
        for url in (*found["few"].values(), found["exports"]["geojsonSeq"]):
            assert (await get(door, url)).status == 200
        assert (await get(door, few, "&properties=address&bbox=-71.1,42.3,-71,42.4")).status == 200
        fields = (await get(door, found["coloured"]["tileJson"])).json["vector_layers"][0]["fields"]
        assert list(fields) == ["landUse"]


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_urls_of_nobody_say_what_they_show_and_take_more(guarded, credentials, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    async with guarded() as door:
        found = await links(door, None)
        assert found["few"]["csv"].endswith(".csv?properties=address,areaSqm&crs=EPSG:2249&precision=3")
        assert found["few"]["geojson"].endswith(".geojson?properties=address,areaSqm&precision=3")
        assert found["coloured"]["url"].endswith("?properties=landUse")
        assert (await get(door, found["few"]["csv"])).body.startswith(b"id,address,areaSqm,WKT")
        for field, arguments, code, place in (
            ("tiles", "properties: [ADDRESS, OWNER_NAME]", "PRIVATE_FIELD", ["properties", 1]),
            ("exports", "properties: OWNER_NAME", "PRIVATE_FIELD", ["properties", 0]),
            ("exports", 'crs: "EPSG:1"', "BAD_CRS", ["crs"]),
            ("exports", "precision: 16", "OUT_OF_RANGE", ["precision"]),
        ):
            answer = await ask(door, f"{{ parcels {{ {field}({arguments}) {{ __typename }} }} }}")
            (error,) = answer.json["errors"]
            assert (error["extensions"]["code"], error["extensions"]["argument"]) == (code, place)
            assert error["path"] == ["parcels", field]
            assert answer.json["data"] == {"parcels": {field: None}}


async def test_a_revoked_key_ends_its_urls_in_every_worker(workers, credentials):
    found = await links(workers[0], credentials["key:write"])
    urls = [found["exports"]["csv"], found["tiles"]["url"], found["tiles"]["tileJson"]]
    for door in workers:
        assert {(await get(door, url)).status for url in urls} == {200}
    await api_keys.revoke(workers[0].database, credentials["key:write"].split("_")[1])
    await asyncio.sleep(SECONDS)
    for door in workers:
        for url in urls:
            answer = await get(door, url)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
            assert "was revoked" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE api_keys SET expires_at = now() WHERE name = 'write key'", "expired"),
        ("DELETE FROM api_keys WHERE name = 'write key'", "not known"),
    ],
)
async def test_a_key_that_expired_or_is_gone_ends_its_urls(workers, credentials, change, said):
    found = await links(workers[0], credentials["key:write"])
    async with workers[0].database.engine.begin() as connection:
        await connection.execute(text(change))
    await asyncio.sleep(SECONDS)
    answer = await get(workers[1], found["exports"]["csv"])
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert said in answer.json["errors"][0]["message"]


async def test_a_url_shows_what_its_key_may_see_now_and_what_it_might_when_it_was_signed(workers, credentials):
    seeing, blind = [
        (await links(workers[0], credentials[name]))["exports"]["csv"] for name in ("key:write", "key:read")
    ]
    async with workers[0].database.engine.begin() as connection:
        await connection.execute(text("UPDATE api_keys SET scopes = '{read}' WHERE name = 'write key'"))
        await connection.execute(text("UPDATE api_keys SET scopes = '{read,write}' WHERE name = 'read key'"))
    await asyncio.sleep(SECONDS)
    for url in (seeing, blind):
        answer = await get(workers[1], url)
        assert answer.status == 200
        assert b"Ann Clerk" not in answer.body


async def test_the_url_of_a_token_ends_with_the_token(guarded, credentials):
    async with guarded(jwt_leeway=0) as door:
        end = time.time() + 6
        found = await links(door, token(exp=end))
        assert (await get(door, found["exports"]["csv"])).status == 200
        await asyncio.sleep(end - time.time() + 0.1)
        answer = await get(door, found["exports"]["csv"])
    assert (answer.status, answer.code) == (403, "FILTER_EXPIRED")


async def test_the_legend_of_a_signed_url_has_no_column_that_was_not_signed(guarded, credentials):
    async with guarded(private={"zoning_districts.category": "write"}) as door:
        async with door.database.engine.begin() as connection:
            shape = "ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope(-71.1, 42.3, -71.0, 42.4, 4326)))"
            values = f"('a', 'Seen', 'Kind of Ann', {shape}), ('b', 'Shown', 'Kind of Bob', {shape})"
            await connection.execute(
                text(f"INSERT INTO zoning_districts (code, zone_code, category, geom) VALUES {values}")
            )
        for arguments, tiles, sees in (
            ("", "", [b"Ann", b"Bob"]),
            ("", "(properties: [ZONE_CODE])", []),
            ('(filters: {code: {exact: "a"}})', "", []),
        ):
            document = f"{{ zoningDistricts{arguments} {{ tiles{tiles} {{ tileJson }} }} }}"
            url = (await ask(door, document, credentials["key:write"])).json["data"]["zoningDistricts"]["tiles"]
            answer = await get(door, url["tileJson"].replace("/tiles/", "/styles/"))
            assert answer.status == 200, answer.body
            assert [name for name in (b"Ann", b"Bob") if name in answer.body] == sees
