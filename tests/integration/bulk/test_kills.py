"""Killed at random moments and gone on with, a load leaves the rows of an undisturbed one: by bulk, and by ingest."""

import asyncio
import os
import random
import signal
import sys
import time

import pytest

from tests.fixtures.sources import fetch
from tests.integration.bulk.conftest import ENDED, GATEWAY, MEDIA, OPEN_TO_ALL, Client, until

COUNT, CHUNK = 1_500, 30
ROWS = "SELECT parcel_id, address, version, ST_AsText(geom) FROM parcels ORDER BY parcel_id"
CHUNKS = """SELECT count(*), sum(read), sum(inserted), min(first), count(DISTINCT (run_id, number)),
                   bool_and(first = before) FROM (
              SELECT *, coalesce(sum(read) OVER (PARTITION BY run_id ORDER BY number
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM ingest_chunks) c"""
ORPHANS = "SELECT count(*) FROM ingest_chunks c LEFT JOIN ingest_runs r ON r.id = c.run_id WHERE r.state <> 'complete'"
INGEST = [sys.executable, "manage.py", "ingest", "parcels"]


async def check(url, count=COUNT):
    """Every feature is a row, once and as it was sent; every chunk follows the one before, in one complete run."""
    rows = await fetch(url, ROWS)
    assert len(rows) == count
    assert {(key, address, version) for key, address, version, _ in rows} == {
        (f"P{number}", f"{number} Elm", 1) for number in range(count)
    }
    ((_, read, inserted, first, distinct, in_order),) = await fetch(url, CHUNKS)
    assert (read, inserted, first, in_order) == (count, count, 0, True)
    assert distinct == (await fetch(url, "SELECT count(*) FROM ingest_chunks"))[0][0]
    assert await fetch(url, ORPHANS) == [(0,)]
    assert await fetch(url, "SELECT state FROM ingest_runs") == [("complete",)]


async def committed(url):
    return (await fetch(url, "SELECT count(*) FROM ingest_chunks"))[0][0]


async def at_work(url, ended, moment):
    """Wait for a chunk that was not there before and `moment` seconds, or for the end."""
    before, least = await committed(url), time.monotonic() + moment

    async def come():
        return ended() or (time.monotonic() >= least and await committed(url) > before)

    await until(come)


async def kill_servers(serve, url, file, moments, directory):
    """Send the file, and kill the server at each of `moments` after it has the job at work; the job at its end."""
    environment = OPEN_TO_ALL | {"GATEWAY_DATA_DIR": str(directory)}
    job = None
    for moment in [*moments, None]:
        with serve(url, app=GATEWAY, **environment) as server:
            client = Client(server)
            if job is None:
                job = client.load("parcels", file, f"chunk={CHUNK}")
            elif client.get(f"/jobs/{job['id']}")[2]["state"] == "failed":
                client.send(f"/jobs/{job['id']}/resume", b"")  # ended too often without a chunk in between
            if moment is None:
                return client.ended(job, seconds=120)
            await at_work(url, lambda: client.get(f"/jobs/{job['id']}")[2]["state"] in ENDED, moment)  # noqa: B023
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
    raise AssertionError


async def test_a_server_that_is_killed_during_bulk_goes_on_with_the_job_by_itself(
    serve, empty_database, city, tmp_path
):
    chance = random.Random(11)
    moments = [chance.random() * 0.3 for _ in range(2)]
    job = await kill_servers(serve, empty_database, city(COUNT), moments, tmp_path / "data")
    assert job["state"] == "complete", job
    assert job["counts"]["inserted"] == job["total"] == COUNT
    await check(empty_database)
    assert not [*(tmp_path / "data" / "tmp" / "bulk").iterdir()]


async def test_the_same_body_sent_again_goes_on_where_another_server_was_killed(serve, empty_database, city, bulk):
    file = city(COUNT)
    with serve(empty_database, app=GATEWAY, **OPEN_TO_ALL) as server:
        client = Client(server)
        lost = client.load("parcels", file, f"chunk={CHUNK}")
        await until(lambda: committed(empty_database))
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    async with bulk() as door:
        assert (await door.request("GET", f"/jobs/{lost['id']}")).json["state"] == "interrupted"
        assert (await door.request("POST", f"/jobs/{lost['id']}/resume")).code == "SPOOL_GONE"
        headers = {"content-type": MEDIA["geojsonl"], "prefer": "wait=50"}
        job = (await door.request("POST", "/bulk/parcels", headers=headers, body=file.read_bytes())).json
    assert (job["state"], job["counts"]["inserted"]) == ("complete", COUNT)
    await check(empty_database)


async def kill_ingest(url, file, moment):
    """Run ingest and kill it that long after its start; whether it was killed."""
    environment = os.environ | {"GATEWAY_DATABASE_URL": url}
    command = [*INGEST, str(file), "--chunk", str(CHUNK)]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=quiet, stderr=quiet)
    if moment is None:
        return await process.wait()
    await at_work(url, lambda: process.returncode is not None, moment)
    if process.returncode is None:
        process.kill()
    return await process.wait()


@pytest.mark.fuzz
async def test_fifty_kills_of_the_server_at_random_moments_lose_and_double_nothing(
    serve, cluster, migrated, city, tmp_path
):
    """Ten loads, each killed five times: from before its first chunk to behind its last."""
    chance = random.Random(int(os.environ.get("GATEWAY_TEST_SEED", "1")))
    file = city(COUNT)
    for number in range(10):
        with cluster.copy(migrated) as url:
            moments = [chance.random() ** 2 * 1.5 for _ in range(5)]
            job = await kill_servers(serve, url, file, moments, tmp_path / str(number))
            assert (job["state"], job["counts"]["inserted"]) == ("complete", COUNT), job
            await check(url)


@pytest.mark.fuzz
async def test_fifty_kills_of_ingest_at_random_moments_lose_and_double_nothing(cluster, migrated, city):
    chance = random.Random(int(os.environ.get("GATEWAY_TEST_SEED", "1")))
    file = city(COUNT)
    kills = 0
    while kills < 50:
        with cluster.copy(migrated) as url:
            for _ in range(5):
                kills += await kill_ingest(url, file, chance.random() ** 2 * 1.5) == -signal.SIGKILL
            await kill_ingest(url, file, None)
            await check(url)
