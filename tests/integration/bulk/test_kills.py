"""Killed at random moments and gone on with, a load leaves the rows of an undisturbed one: by bulk, and by ingest."""

import asyncio
import os
import random
import time

import pytest

from tests.fixtures.sources import fetch
from tests.integration.bulk.conftest import EMPTY, ENDED, MEDIA, alive, gone, until

COUNT, CHUNK = 1_500, 30
ROWS = "SELECT parcel_id, address, version, ST_AsText(geom) FROM parcels ORDER BY parcel_id"
CHUNKS = """SELECT count(*), sum(read), sum(inserted), min(first), count(DISTINCT (run_id, number)),
                   bool_and(first = before) FROM (
              SELECT *, coalesce(sum(read) OVER (PARTITION BY run_id ORDER BY number
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM ingest_chunks) c"""
COMPLETE = "SELECT FROM ingest_runs WHERE state = 'complete'"
ORPHANS = "SELECT count(*) FROM ingest_chunks c LEFT JOIN ingest_runs r ON r.id = c.run_id WHERE r.state <> 'complete'"


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


async def load_through_kills(nursery, file, moments):
    """Send the file, and kill the server at each of `moments` after it goes on; the job, and how many were killed."""
    server = await nursery.serve()
    job = nursery.client.load("parcels", file, f"chunk={CHUNK}")

    def state():
        return nursery.client.get(f"/jobs/{job['id']}")[2]["state"]

    kills = 0
    for moment in moments:
        await at_work(nursery.url, lambda: state() in ENDED, moment)
        kills += await nursery.kill(server)
        server = await nursery.serve()
        if state() == "failed":
            nursery.client.send(f"/jobs/{job['id']}/resume", b"")
    done = await asyncio.to_thread(nursery.client.ended, job)
    if done["state"] == "failed":  # killed too often between the commit of a chunk and the note of it
        assert done["error"]["code"] == "INTERRUPTED", done
        nursery.client.send(f"/jobs/{job['id']}/resume", b"")
        done = await asyncio.to_thread(nursery.client.ended, job)
    await until(nursery.tidy)
    await nursery.kill(server)
    return done, kills


async def test_a_server_that_is_killed_during_bulk_goes_on_with_the_job_by_itself(nursery, city):
    chance = random.Random(11)
    moments = [chance.random() * 0.3 for _ in range(3)]
    job, _ = await load_through_kills(nursery, city(COUNT), moments)
    assert job["state"] == "complete", job
    assert job["counts"]["inserted"] == job["total"] == COUNT
    await check(nursery.url)


async def test_the_same_body_sent_again_goes_on_where_another_server_was_killed(nursery, city, bulk):
    file = city(COUNT)
    server = await nursery.serve()
    lost = nursery.client.load("parcels", file, f"chunk={CHUNK}")
    await until(lambda: committed(nursery.url))
    await nursery.kill(server)
    async with bulk(nursery.url) as door:
        assert (await door.request("GET", f"/jobs/{lost['id']}")).json["state"] == "interrupted"
        assert (await door.request("POST", f"/jobs/{lost['id']}/resume")).code == "SPOOL_GONE"
        headers = {"content-type": MEDIA["geojsonl"], "prefer": "wait=50"}
        job = (await door.request("POST", "/bulk/parcels", headers=headers, body=file.read_bytes())).json
    assert (job["state"], job["counts"]["inserted"]) == ("complete", COUNT)
    await check(nursery.url)


@pytest.mark.fuzz
async def test_fifty_kills_of_the_server_at_random_moments_lose_and_double_nothing(nursery, city):
    chance = random.Random(int(os.environ.get("GATEWAY_TEST_SEED", "1")))
    file, kills = city(COUNT), 0
    while kills < 50:
        moments = [chance.random() ** 2 * 1.5 for _ in range(5)]
        job, killed = await load_through_kills(nursery, file, moments)
        assert (job["state"], job["counts"]["inserted"]) == ("complete", COUNT), job
        await check(nursery.url)
        await fetch(nursery.url, EMPTY)
        kills += killed


@pytest.mark.fuzz
async def test_fifty_kills_of_ingest_at_random_moments_lose_and_double_nothing(nursery, city):
    chance = random.Random(int(os.environ.get("GATEWAY_TEST_SEED", "1")))
    command = ("ingest", "parcels", str(city(COUNT)), "--chunk", str(CHUNK))
    kills = 0
    while kills < 50:
        for _ in range(5):
            child = nursery.begin(*command)
            await at_work(nursery.url, lambda: not alive(child), chance.random() ** 2 * 1.5)  # noqa: B023
            kills += await nursery.kill(child)
            if await fetch(nursery.url, COMPLETE):  # once more, it would find all of its rows there and refuse them
                break
        else:
            last = nursery.begin(*command)
            await until(lambda: gone(last))  # noqa: B023
        await check(nursery.url)
        await fetch(nursery.url, EMPTY)
