"""Jobs: watched, cancelled, gone on with, and left in order by a server that stops."""

import asyncio
import json

import pytest

from gateway.db.engine import create_engine
from gateway.ingest import runs
from gateway.layers import PARCELS
from gateway.settings import DatabaseSettings
from tests.fixtures.sources import fetch
from tests.integration.bulk.conftest import ENDED, MEDIA, until

COUNT, CHUNK = 600, 20
JOB = "id layer state format dryRun bytes total counts { read inserted rejected } error { code message } principal"


class Loads:
    """Sends files to a door, and asks for jobs."""

    def __init__(self, door):
        self.door = door

    async def send(self, file, query="", **headers):
        given = {"content-type": MEDIA[file.suffix[1:]]} | headers
        answer = await self.door.request("POST", f"/bulk/parcels?{query}", headers=given, body=file.read_bytes())
        assert answer.status in {200, 202}, answer.body
        return answer.json

    async def get(self, job):
        return (await self.door.request("GET", f"/jobs/{job['id']}")).json

    async def tell(self, job, action):
        return await self.door.request("POST", f"/jobs/{job['id']}/{action}")

    async def comes_to(self, job, *states):
        async def there():
            return (await self.get(job))["state"] in states

        await until(there)
        return await self.get(job)

    async def report(self, job):
        answer = await self.door.request("GET", f"/jobs/{job['id']}/report")
        assert answer.media == "application/x-ndjson"
        return [json.loads(line) for line in answer.body.splitlines()]

    async def data(self, document, **variables):
        answer = (await self.door.post(document, variables)).json
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture
def slow(monkeypatch):
    """`slow.set()` lets chunks behind the first be written; until then they wait in their transaction."""
    go = asyncio.Event()
    record = runs.record

    async def held(connection, place, *account):
        await record(connection, place, *account)
        if place[1]:
            await go.wait()

    monkeypatch.setattr(runs, "record", held)
    return go


async def committed(url):
    return (await fetch(url, "SELECT count(*) FROM ingest_chunks"))[0][0]


async def test_a_cancelled_job_stops_after_its_chunk_and_can_be_gone_on_with(bulk, empty_database, city, slow):
    async with bulk() as door:
        loads = Loads(door)
        job = await loads.send(city(COUNT), f"chunk={CHUNK}")
        await until(lambda: committed(empty_database))
        assert (await loads.tell(job, "cancel")).status == 200
        assert (await loads.get(job))["state"] == "running"
        slow.set()
        stopped = await loads.comes_to(job, "cancelled")
        assert 0 < stopped["counts"]["inserted"] < COUNT
        assert (await loads.tell(job, "cancel")).json["state"] == "cancelled"
        assert (await loads.tell(job, "resume")).status == 200
        done = await loads.comes_to(job, *ENDED)
        assert (done["state"], done["counts"]["inserted"], done["error"]) == ("complete", COUNT, None)
        for action in ("cancel", "resume"):
            answer = await loads.tell(job, action)
            assert (answer.status, answer.code) == (409, "JOB_STATE")
    assert await fetch(empty_database, "SELECT count(*), count(DISTINCT parcel_id) FROM parcels") == [(COUNT, COUNT)]


async def unlocked(url):
    """Whether nobody holds a lock of jobs or ingests in this database."""
    own = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    return not (await fetch(url, f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND {own}"))[0][0]


async def test_a_server_that_stops_leaves_its_jobs_for_the_next_one(bulk, empty_database, city, slow, tmp_path):
    async with bulk() as door:
        loads = Loads(door)
        first = await loads.send(city(COUNT), f"chunk={CHUNK}")
        second = await loads.send(city(COUNT, "FlatGeobuf"), "on-duplicate=skip")
        await until(lambda: committed(empty_database))
        assert (await loads.get(second))["state"] == "waiting"
        asyncio.get_running_loop().call_later(0.3, slow.set)
    assert 0 < await committed(empty_database) < COUNT / CHUNK
    await until(lambda: unlocked(empty_database))
    async with bulk() as door:
        loads = Loads(door)
        for job, counts in ((first, {"inserted": COUNT}), (second, {"skipped": COUNT})):
            done = await loads.comes_to(job, *ENDED)
            assert (done["state"], done["total"]) == ("complete", COUNT)
            assert counts.items() <= done["counts"].items()
    assert list(tmp_path.glob("bodies/*/*")) == []


async def test_a_job_waits_while_another_load_holds_its_layer(bulk, empty_database, city, monkeypatch):
    monkeypatch.setattr(runs, "_PATIENCE_S", 1)
    engine = create_engine(DatabaseSettings(), empty_database)
    async with bulk() as door:
        loads = Loads(door)
        async with runs.alone(engine, PARCELS):
            job = await loads.send(city(30))
            await loads.comes_to(job, "running")
            await loads.comes_to(job, "waiting")
            other = await loads.send(city(30, "GeoJSON"))
            await loads.tell(other, "cancel")
            await loads.comes_to(other, "cancelled")
        assert (await loads.comes_to(job, *ENDED))["state"] == "complete"
        assert (await loads.get(other))["counts"]["read"] == 0
    await engine.dispose()


async def test_a_dry_run_is_accounted_for_and_keeps_nothing(bulk, empty_database, city):
    file = city(40, note=["x"] * 40)
    async with bulk() as door:
        loads = Loads(door)
        await loads.comes_to(await loads.send(file), "complete")
        job = await loads.send(file, "dry-run&on-duplicate=update&map=address=note&chunk=15", prefer="wait=50")
        assert (job["state"], job["dryRun"], job["total"], job["counts"]["updated"]) == ("complete", True, 40, 40)
        told = await loads.report(job)
        assert [(each["index"], each["code"]) for each in told] == [(number, "UPDATED") for number in range(40)]
    assert await fetch(empty_database, "SELECT address FROM parcels WHERE parcel_id = 'P7'") == [("7 Elm",)]


async def test_what_fails_says_why_in_words_of_http(bulk, city):
    async with bulk() as door:
        loads = Loads(door)
        file = city(30)
        await loads.comes_to(await loads.send(file), "complete")
        again = await loads.send(file, prefer="wait=50")
        assert (again["state"], again["error"]["code"]) == ("failed", "DUPLICATE_FEATURE")
        assert "with on-duplicate=skip to keep the first" in again["error"]["message"]
        left_out = await loads.send(file, "map=parcel_id=", prefer="wait=50")
        assert left_out["error"]["code"] == "BAD_MAPPING"
        assert "Add map parcel_id=FIELD" in left_out["error"]["message"]
        assert await loads.report(left_out) == []


async def test_graphql_shows_jobs_and_tells_them_what_to_do(bulk, empty_database, city, slow):
    async with bulk() as door:
        loads = Loads(door)
        job = await loads.send(city(COUNT), f"chunk={CHUNK}")
        await until(lambda: committed(empty_database))
        cancelled = await loads.data("mutation ($id: ID!) { cancelJob(id: $id) { state } }", id=job["id"])
        assert cancelled == {"cancelJob": {"state": "RUNNING"}}
        slow.set()
        await loads.comes_to(job, "cancelled")
        resumed = await loads.data("mutation ($id: ID!) { resumeJob(id: $id) { state error { code } } }", id=job["id"])
        assert resumed == {"resumeJob": {"state": "WAITING", "error": None}}
        await loads.comes_to(job, "complete")
        told = await loads.data(f"query ($id: ID!) {{ job(id: $id) {{ {JOB} }} jobs {{ id }} }}", id=job["id"])
        assert told["jobs"] == [{"id": job["id"]}]
        plain = await loads.get(job)
        assert told["job"]["counts"]["inserted"] == plain["counts"]["inserted"] == COUNT
        assert {key: told["job"][key] for key in ("id", "layer", "format", "bytes", "total", "principal")}.items() <= (
            plain.items()
        )
        refused = await door.post("mutation ($id: ID!) { resumeJob(id: $id) { state } }", {"id": job["id"]})
        assert refused.code == "JOB_STATE"
        assert (await loads.data('{ job(id: "nope") { id } }')) == {"job": None}


async def test_a_job_that_ends_its_server_again_and_again_is_not_begun_by_itself(bulk, empty_database, city, tmp_path):
    async with bulk(keep_seconds=3600) as door:
        loads = Loads(door)
        job = await loads.send(city(30), "map=parcel_id=", prefer="wait=50")
    stuck = (
        "UPDATE jobs SET state = 'running', attempts = 3, error_code = NULL, options = options || '{\"mapping\": {}}'"
    )
    await fetch(empty_database, stuck)
    async with bulk() as door:
        loads = Loads(door)
        failed = await loads.comes_to(job, "failed")
        assert failed["error"]["code"] == "INTERRUPTED"
        assert (await loads.tell(job, "resume")).status == 200
        assert (await loads.comes_to(job, *ENDED))["state"] == "complete"


async def test_what_nobody_needs_any_more_is_cleared_away(bulk, empty_database, city, tmp_path):
    async with bulk() as door:
        failed = await Loads(door).send(city(30), "map=parcel_id=", prefer="wait=50")
        assert failed["state"] == "failed"
    (bodies,) = (tmp_path / "bodies").iterdir()
    assert [path.name for path in bodies.iterdir()] == [failed["id"]]
    (bodies / "left").mkdir()
    (bodies / "left" / "parcels.geojsonl").write_bytes(b"half of a bo")
    async with bulk(keep_seconds=0):

        async def empty():
            return not list(bodies.iterdir())

        await until(empty)


async def test_gateways_of_two_databases_leave_each_other_the_bodies_in_one_directory(
    bulk, cluster, migrated, city, tmp_path
):
    failed = []
    with cluster.copy(migrated) as one, cluster.copy(migrated) as two:
        for url in (one, two):
            async with bulk(url) as door:
                failed.append(await Loads(door).send(city(30), "map=parcel_id=", prefer="wait=50"))
        async with bulk(two, keep_seconds=0):  # which forgets its own at once

            async def cleared():
                return not list(tmp_path.glob(f"bodies/*/{failed[1]['id']}"))

            await until(cleared)
        await fetch(one, "UPDATE jobs SET options = options || '{\"mapping\": {}}'")
        async with bulk(one) as door:
            loads = Loads(door)
            assert (await loads.tell(failed[0], "resume")).status == 200
            assert (await loads.comes_to(failed[0], *ENDED))["state"] == "complete"


async def test_rows_that_a_body_lacks_are_named_and_deleted_for_those_alone_who_may_write(bulk, empty_database, city):
    async with bulk() as door:
        loads = Loads(door)
        await loads.send(city(20), prefer="wait=50")
        fewer = city(19)
        refused = await door.request(
            "POST", "/bulk/parcels?missing=delete", headers={"content-type": MEDIA["geojsonl"]}, body=fewer.read_bytes()
        )
        assert (refused.status, refused.code) == (401, "UNAUTHENTICATED")
        job = await loads.send(fewer, "missing=report&on-duplicate=skip", prefer="wait=50")
        assert (job["state"], job["counts"]["skipped"]) == ("complete", 19)
        assert [line["action"] for line in await loads.report(job) if line["key"] == "P19"] == ["missing"]
    assert await fetch(empty_database, "SELECT count(*) FROM parcels") == [(20,)]
