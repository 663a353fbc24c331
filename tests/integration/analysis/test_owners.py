"""Who sees an analysis that is a job, and its result: its owner, the scope admin, and whom a URL was given to."""

import pytest

from gateway.db.sessions import Database
from gateway.identity import api_keys
from tests.fixtures.sources import fetch
from tests.integration.analysis.conftest import Client
from tests.integration.analysis.test_running import SLOW, UNION

CLOSED = {"anonymous": (), "key_seconds": 0}
PLACES = ("/export/analysis/{}.geojson", "/export/analysis/{}.parquet", "/tiles/analysis/{}.json")
ALL = (*PLACES, "/tiles/analysis/{}/0/0/0.mvt")


async def test_a_job_of_another_principal_is_not_there(serve, keys):
    async with serve(auth=CLOSED) as door:
        ann, bob, admin = (Client(door, keys[name]) for name in ("ann", "bob", "admin"))
        job = await ann.ended(await ann.start(UNION))
        assert await bob.job(job) is None
        assert (await bob.data("{ analysisJobs { id } }"))["analysisJobs"] == []
        assert (await bob.cancel(job)).code == "NOT_FOUND"
        for place in ALL:
            path = place.format(job["id"])
            assert (await ann.get(path)).status == 200, path
            answer = await bob.get(path)
            assert (answer.status, answer.code) == (404, "NOT_FOUND"), path
            assert (await admin.get(path)).status == 200
        assert (await admin.job(job))["principal"] == "ann"


@pytest.mark.parametrize("anonymous", [(), ("read",)])
async def test_who_may_not_analyse_sees_no_job(serve, keys, anonymous):
    async with serve(auth={"anonymous": anonymous}) as door:
        ann = Client(door, keys["ann"])
        job = await ann.ended(await ann.start(UNION))
        for client, code in ((Client(door, keys["reader"]), "FORBIDDEN"), (Client(door), "UNAUTHENTICATED")):
            assert (await client.start(UNION))["code"] == code
            assert (await client.ask("{ analysisJobs { id } }")).code == code
            assert (await client.cancel(job)).code == code
            for place in ALL:
                assert (await client.get(place.format(job["id"]))).code == code


async def test_a_signed_url_speaks_for_its_owner_of_this_result_alone(serve, keys):
    async with serve(auth=CLOSED) as door:
        ann, nobody = Client(door, keys["ann"]), Client(door)
        job, other = [await ann.ended(await ann.start(UNION)) for _ in range(2)]
        for name in ("geojson", "geoparquet", "tileJson"):
            assert (await nobody.get(job["result"][name])).status == 200
        tiles = (await nobody.get(job["result"]["tileJson"])).json["tiles"][0]
        assert (await nobody.get(tiles.replace("{z}/{x}/{y}", "0/0/0"))).status == 200
        signed = job["result"]["geojson"].partition("?")[2]
        for place in ALL:
            assert (await nobody.get(f"{place.format(other['id'])}?{signed}")).code == "NOT_SIGNED"
        url = f"{PLACES[0].format(job['id'])}?{signed[:-2]}"
        assert (await nobody.get(url)).code in {"NOT_SIGNED", "BAD_FILTER_TOKEN"}
        filters = (await ann.data("{ parcels { exports { geojson } } }"))["parcels"]["exports"]["geojson"]
        token = filters.partition("filters=")[2]
        assert (await nobody.get(f"{PLACES[0].format(job['id'])}?signed={token}")).code == "NOT_SIGNED"


async def test_a_signed_url_ends_with_its_key(serve, keys, settings, own):
    async with serve(auth=CLOSED) as door:
        ann = Client(door, keys["ann"])
        job = await ann.ended(await ann.start(UNION))
        await revoke(settings, own, keys["ann"])
        assert (await Client(door).get(job["result"]["geojson"])).status in {401, 403}


async def test_a_job_of_a_key_that_was_revoked_meanwhile_is_not_run(serve, keys, settings, own):
    await fetch(own, SLOW.format(600))
    async with serve(auth=CLOSED) as door:
        ann, admin = Client(door, keys["ann"]), Client(door, keys["admin"])
        first, second = [await ann.start(UNION) for _ in range(2)]
        await ann.until(first, {"ANALYSING"})
        await revoke(settings, own, keys["ann"])
        await admin.cancel(first)
        done = await admin.ended(second)
        assert (done["state"], done["error"]["code"]) == ("FAILED", "UNAUTHENTICATED")


async def revoke(settings, url, key):
    database = Database(settings.database, url)
    await api_keys.revoke(database, key.split("_")[1])
    await database.dispose()


async def test_rows_are_not_dissolved_nor_found_by_a_private_column(serve, keys, own):
    async with serve(auth=CLOSED) as door:
        ann, admin = Client(door, keys["ann"]), Client(door, keys["admin"])
        by = "dissolve: {by: OWNER_NAME}"
        hidden = 'filters: {ownerName: {startsWith: "A"}}'
        other = 'intersectionWith: {other: {parcels: {ownerName: {startsWith: "A"}}}}'
        for method, more in ((by, ""), (UNION, hidden), (other, "")):
            assert (await ann.start(method, more=more))["code"] == "PRIVATE_FIELD"
        job = await admin.ended(await admin.start(by))
        assert job["state"] == "COMPLETE"
        values = [each["properties"]["value"] for each in (await admin.get(job["result"]["geojson"])).json["features"]]
        assert any(values)


async def test_a_result_is_not_read_by_who_may_not_ask_for_it_any_more(serve, keys):
    async with serve(auth=CLOSED | {"private": {}}) as door:
        ann = Client(door, keys["ann"])
        job = await ann.ended(await ann.start("dissolve: {by: OWNER_NAME}"))
        assert (await ann.get(job["result"]["geojson"])).status == 200
    async with serve(auth=CLOSED | {"private": {"parcels.owner_name": "admin"}}) as door:
        for client in (Client(door, keys["ann"]), Client(door)):
            query = "" if client.headers else "?" + job["result"]["geojson"].partition("?")[2]
            for place in ALL:
                assert (await client.get(place.format(job["id"]) + query)).code == "PRIVATE_FIELD"


async def test_small_groups_are_left_out_where_they_are_withheld(serve):
    async with serve(auth={"anonymous": ("read", "analyze"), "least_group": 400}) as door:
        client = Client(door)
        job = await client.ended(await client.start("dissolve: {by: LAND_USE}"))
        found = (await client.get(job["result"]["geojson"])).json["features"]
        assert found
        assert min(each["properties"]["count"] for each in found) >= 400


async def test_results_are_for_their_client_alone_and_unchanging(serve, keys):
    async with serve(auth=CLOSED) as door:
        ann = Client(door, keys["ann"])
        job = await ann.ended(await ann.start(UNION))
        tile = await ann.get(f"/tiles/analysis/{job['id']}/0/0/0.mvt")
        assert tile.headers["cache-control"] == "private, no-cache"
        given = ann.headers | {"if-none-match": tile.headers["etag"]}
        again = await door.request("GET", f"/tiles/analysis/{job['id']}/0/0/0.mvt", headers=given)
        assert (again.status, again.body) == (304, b"")
        assert (await ann.get(f"/tiles/analysis/{job['id']}.json", "POST")).code == "METHOD_NOT_ALLOWED"
        assert (await ann.get(f"/export/analysis/{job['id']}.csv")).code == "NOT_FOUND"
        assert (await ann.get(f"/export/analysis/{job['id']}.geojson?precision=3")).code == "BAD_ARGUMENT"
        head = await ann.get(f"/export/analysis/{job['id']}.geojson", "HEAD")
        assert head.headers["content-disposition"] == 'attachment; filename="analysis.geojson"'
