"""Jobs of analyses as they run: progress, cancel, restarts, several servers, limits and the end of what is kept."""

import pytest

from tests.fixtures.sources import fetch
from tests.integration.analysis.conftest import Client, until

UNION = "union: true"
# Takes the place of a function that each method calls for its shapes.
SLOW = """
CREATE OR REPLACE FUNCTION ST_ForcePolygonCCW(geometry) RETURNS geometry LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep({}); RETURN $1; END'
"""
BRAKE = """
CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.004); RETURN NEW; END'
"""
BRAKED = """
CREATE TRIGGER brake BEFORE INSERT ON analysis_results FOR EACH ROW EXECUTE FUNCTION brake()
"""
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


async def asleep(url):
    return (await fetch(url, ASLEEP))[0][0] > 0


async def awake(url):
    return not await asleep(url)


async def gone(url):
    kept = await fetch(url, "SELECT id FROM analysis_jobs UNION ALL SELECT job FROM analysis_results")
    return not kept


async def test_a_long_job_tells_how_far_it_is_until_its_result_is_written(serve, own):
    await fetch(own, SLOW.format(0.003))
    await fetch(own, BRAKE)
    await fetch(own, BRAKED)
    async with serve() as door:
        client = Client(door)
        job = await client.start("voronoi: true")
        assert (job["phase"], job["result"], job["expiresAt"]) == (None, None, None)
        found = await client.until(job, {"ANALYSING"})
        assert (found["state"], found["rows"], found["written"]) == ("RUNNING", 2000, 0)
        assert found["expectedSeconds"] > 0
        assert (await client.get(f"/export/analysis/{job['id']}.geojson")).code == "JOB_STATE"
        seen = {(await client.until(job, {"WRITING"}))["written"]}
        while (found := await client.job(job))["state"] == "RUNNING":
            seen.add(found["written"])
        assert len(seen) > 2
        done = await client.ended(job)
        assert (done["state"], done["phase"], done["written"]) == ("COMPLETE", None, max(*seen, done["written"]))
        assert done["startedAt"] < done["finishedAt"] < done["expiresAt"]


async def test_a_cancelled_job_ends_its_statement_and_keeps_nothing(serve, own):
    await fetch(own, SLOW.format(600))
    async with serve() as door:
        client = Client(door)
        job = await client.start(UNION)
        await client.until(job, {"ANALYSING"})
        await until(lambda: asleep(own))
        waiting = await client.start(UNION)
        for each in (waiting, job):
            answer = await client.cancel(each)
            assert answer.json["data"]["cancelAnalysis"]["state"] == "CANCELLED"
        await until(lambda: awake(own))
        assert (await client.cancel(job)).json["data"]["cancelAnalysis"]["state"] == "CANCELLED"
        assert await fetch(own, "SELECT * FROM analysis_results") == []
        await fetch(own, SLOW.format(0))
        assert (await client.ended(await client.start(UNION)))["state"] == "COMPLETE"  # the slot is free again


async def test_a_job_whose_server_ends_is_begun_anew_by_the_next(serve, own):
    await fetch(own, SLOW.format(600))
    async with serve() as door:
        job = await Client(door).start(UNION)
        await Client(door).until(job, {"ANALYSING"})
    await until(lambda: awake(own))  # PostgreSQL takes a moment to end a statement that is cancelled
    assert (await fetch(own, "SELECT state, runner, attempts FROM analysis_jobs"))[0] == ("waiting", None, 0)
    await fetch(own, SLOW.format(0))
    async with serve() as door:
        assert (await Client(door).ended(job))["state"] == "COMPLETE"
    assert await fetch(own, "SELECT count(*) FROM analysis_results") == [(1,)]


@pytest.mark.parametrize(("attempts", "ends"), [(1, "COMPLETE"), (3, "FAILED")])
async def test_a_job_whose_process_was_killed_is_taken_up_a_few_times(serve, own, attempts, ends):
    await fetch(own, SLOW.format(600))
    async with serve() as door:
        job = await Client(door).start(UNION)
        await Client(door).until(job, {"ANALYSING"})
    # What a process leaves that had no time to let go: a number whose lock nobody holds.
    await fetch(own, f"UPDATE analysis_jobs SET state = 'running', runner = 7, attempts = {attempts}")
    await fetch(own, SLOW.format(0))
    async with serve() as door:
        done = await Client(door).ended(job)
        assert done["state"] == ends
        assert (done["error"] or {}).get("code") == (None if ends == "COMPLETE" else "INTERRUPTED")


async def test_a_job_waits_for_no_server_while_another_has_room(serve, own):
    await fetch(own, SLOW.format(600))
    async with serve() as one, serve():
        client = Client(one)
        jobs = [await client.start(UNION) for _ in range(3)]
        for job in jobs[:2]:
            await client.until(job, {"ANALYSING"})
        assert (await client.job(jobs[2]))["state"] == "WAITING"
        assert len(await fetch(own, "SELECT DISTINCT runner FROM analysis_jobs WHERE runner IS NOT NULL")) == 2
        await client.cancel(jobs[0])
        await client.until(jobs[2], {"ANALYSING"})


async def test_a_job_that_another_server_took_over_changes_nothing_any_more(serve, own):
    await fetch(own, SLOW.format(600))
    async with serve() as door:
        client = Client(door)
        job = await client.start(UNION)
        await client.until(job, {"ANALYSING"})
        await fetch(own, "UPDATE analysis_jobs SET state = 'complete', runner = 7, finished_at = now()")
        await until(lambda: awake(own))
        assert (await client.job(job))["state"] == "COMPLETE"


async def test_a_job_that_takes_too_long_fails(serve, own):
    await fetch(own, SLOW.format(600))
    async with serve(job_seconds=1) as door:
        client = Client(door)
        done = await client.ended(await client.start(UNION))
        assert (done["state"], done["error"]["code"], done["result"]) == ("FAILED", "TIMEOUT", None)


async def test_what_has_expired_is_deleted_with_its_result(serve, own):
    async with serve(keep_seconds=8) as door:
        client = Client(door)
        job = await client.ended(await client.start(UNION))
        url = job["result"]["geojson"]
        assert (await client.get(url)).status == 200
        await until(lambda: gone(own))
        assert await client.job(job) is None
        assert (await client.get(url)).code == "NOT_FOUND"


async def test_what_has_expired_is_not_shown_before_it_is_deleted(serve, own):
    async with serve() as door:
        client = Client(door)
        job = await client.ended(await client.start(UNION))
        await fetch(own, "UPDATE analysis_jobs SET expires_at = now()")
        assert await client.job(job) is None
        assert (await client.get(job["result"]["tileJson"])).code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("analytics", "what"), [({"job_rows": 10}, "rows"), ({"job_vertices": 100}, "vertices"), ({"job_cost": 1}, "units")]
)
async def test_what_would_be_too_much_is_refused_before_it_is_queued(serve, own, analytics, what):
    async with serve(**analytics) as door:
        refused = await Client(door).start(UNION)
        assert refused["code"] == "ANALYSIS_LIMIT"
        assert refused["rows"] == 2000
        assert refused["limit"] == next(iter(analytics.values()))
        assert await fetch(own, "SELECT id FROM analysis_jobs") == []


async def test_limits_of_jobs_are_wider_than_those_of_requests(serve):
    async with serve(rows=10) as door:
        client = Client(door)
        assert (await client.ask("{ analysis { parcels { union { count } } } }")).code == "ANALYSIS_LIMIT"
        assert (await client.ended(await client.start(UNION)))["state"] == "COMPLETE"


async def test_a_principal_has_so_many_jobs_under_way_and_results_kept(serve, own, keys):
    await fetch(own, SLOW.format(600))
    async with serve(auth={"anonymous": ()}, job_waiting=2, keep_results=2) as door:
        ann, bob = (Client(door, keys[name]) for name in ("ann", "bob"))
        jobs = [await ann.start(UNION) for _ in range(2)]
        assert (await ann.start(UNION))["code"] == "ANALYSIS_JOBS"
        assert "id" in await bob.start(UNION)
        for job in jobs:
            await ann.cancel(job)
        third = await ann.start(UNION)
        kept = await ann.data("{ analysisJobs { id } }")
        assert [each["id"] for each in kept["analysisJobs"]] == [third["id"], jobs[1]["id"]]


async def test_of_two_principals_with_jobs_the_one_without_any_at_work_is_next(serve, own, keys):
    await fetch(own, SLOW.format(600))
    async with serve(auth={"anonymous": ()}, job_concurrency=2) as door:
        ann, bob = (Client(door, keys[name]) for name in ("ann", "bob"))
        jobs = [await ann.start(UNION) for _ in range(2)]
        for job in jobs:
            await ann.until(job, {"ANALYSING"})
        third, other = await ann.start(UNION), await bob.start(UNION)
        await ann.cancel(jobs[0])
        await bob.until(other, {"ANALYSING"})
        assert (await ann.job(third))["state"] == "WAITING"


async def test_without_rows_a_result_is_empty(serve):
    async with serve() as door:
        client = Client(door)
        job = await client.ended(await client.start("voronoi: true", more='filters: {parcelId: {exact: "none"}}'))
        assert (job["state"], job["rows"], job["written"]) == ("COMPLETE", 0, 0)
        assert (await client.get(job["result"]["geojson"])).json == {"type": "FeatureCollection", "features": []}
        assert "bounds" not in (await client.get(job["result"]["tileJson"])).json


async def test_the_past_is_analysed_as_it_was(serve, own):
    async with serve() as door:
        client = Client(door)
        moment = (await fetch(own, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"))[0][
            0
        ]
        await fetch(own, "DELETE FROM parcels WHERE id <= 500")
        now = await client.start(UNION)
        then = await client.start(UNION, more=f'asOf: "{moment}"')
        assert (now["rows"], then["rows"]) == (1500, 2000)
        assert (await client.ended(then))["rows"] == 2000
        assert (await client.start(UNION, more='asOf: "2999-01-01T00:00:00Z"'))["code"] == "BAD_MOMENT"


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        ("clusterDbscan: {distance: -1}", "distance"),
        ("clusterKMeans: {clusters: 0}", "clusters"),
        ("concaveHull: {ratio: 2}", "ratio"),
        ("clusterKMeans: {clusters: 1000, maxRadius: 0}", "maxRadius"),
        ("union: false", "union"),
    ],
)
async def test_arguments_out_of_range_are_named(serve, own, method, argument):
    async with serve() as door:
        assert argument in (await Client(door).start(method))["argument"]
        assert await fetch(own, "SELECT id FROM analysis_jobs") == []
