"""The database goes away and comes back: for clients that is a pause, and nothing that was acknowledged is lost."""

import asyncio
import os
import signal
import sys
import time

import aiohttp
import pytest
from prometheus_client import REGISTRY

from gateway import errors
from gateway.db.outages import Outage, deadline
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import DatabaseSettings
from tests.fixtures.outages import POINT, Load
from tests.fixtures.server import free_port
from tests.fixtures.sessions import one
from tests.fixtures.waiting import LONG, eventually

SERVED = {"app": "gateway.asgi:application", "GATEWAY_BUDGET_ENABLED": "false", "GATEWAY_LOG_LEVEL": "warning"}
# However long the database takes to begin, its clients are there still.
PATIENT = SERVED | {"GATEWAY_DATABASE_OUTAGE_SECONDS": str(LONG), "GATEWAY_LIMITS_REQUEST_SECONDS": str(LONG)}


async def new_key(url):
    database = Database(DatabaseSettings(), url)
    key = await api_keys.create(database, "clerk", [Scope.WRITE, Scope.BULK], None)
    await database.dispose()
    return key


async def under_load(server, restartable, url, modes, apart):
    """What 8 readers and 4 writers met while the server was restarted in each of `modes`, `apart` reads apart."""
    load = Load(server, await new_key(url))
    running = asyncio.create_task(load.run(8, 4))
    for mode in modes:
        await load.reach(load.reads.total() + apart)
        load.restarted = time.monotonic()
        await asyncio.to_thread(restartable.restart, mode)
    await load.reach(load.reads.total() + apart)
    load.over = True
    await running
    database = url.rpartition("/")[2].partition("?")[0]
    rows = restartable.execute("SELECT parcel_id FROM parcels WHERE parcel_id LIKE 'outage-%'", database=database)
    missing = set(load.acknowledged) - {row["parcel_id"] for row in rows}
    told = [f"reads {load.reads.total()} {dict(load.reads)}, lost {len(load.lost)}, slowest {load.slowest:.2f} s"]
    told += [f"writes acknowledged {len(load.acknowledged)}, missing {len(missing)}, doubled {len(load.doubled)}"]
    told += [f"sent again {dict(load.sent_again)}"]
    sys.stdout.write("\n".join(["", *told, *map(str, load.lost[:20]), ""]))
    return load.lost, missing, load.doubled


async def test_restarts_under_load_lose_no_read_and_no_acknowledged_write(serve, restartable, restartable_sample):
    with serve(restartable_sample, **PATIENT) as server:
        found = await under_load(server, restartable, restartable_sample, ["fast", "immediate"], apart=60)
    assert found == ([], set(), [])


@pytest.mark.fuzz
@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_three_restarts_among_thousands_of_reads_lose_none(serve, restartable, restartable_sample, mode):
    with serve(restartable_sample, **PATIENT) as server:
        found = await under_load(server, restartable, restartable_sample, [mode] * 3, apart=600)
    assert found == ([], set(), [])


@pytest.mark.fuzz
async def test_behind_a_pooler_restarts_lose_nothing_either(serve, restartable, restartable_sample, pooler_before):
    options = "server_login_retry = 0.5", "ignore_startup_parameters = extra_float_digits"
    with pooler_before(restartable_sample, *options) as pooler:
        url = pooler.url(restartable_sample)
        with serve(url, **PATIENT, GATEWAY_DATABASE_POOLER="pgbouncer") as server:
            found = await under_load(server, restartable, restartable_sample, ["fast", "immediate"], apart=60)
    assert found == ([], set(), [])


@pytest.mark.timed
async def test_an_outage_that_lasts_is_told_at_once_and_ends_with_the_database(
    serve, restartable, restartable_sample, tmp_path
):
    log = tmp_path / "log"
    limits = {"GATEWAY_DATABASE_OUTAGE_SECONDS": "6", "GATEWAY_DATABASE_OUTAGE_WAITING": "5"}
    with serve(restartable_sample, log=log, **SERVED, **limits) as server:
        async with aiohttp.ClientSession(server.url) as client:

            async def ask():
                began = time.monotonic()
                async with client.post("/graphql", json={"query": POINT, "variables": {"id": "x"}}) as answer:
                    await answer.read()
                    return answer.status, answer.headers.get("retry-after"), time.monotonic() - began

            assert (await ask())[0] == 200
            await asyncio.to_thread(restartable.stop)
            try:
                first = sorted(await asyncio.gather(*(ask() for _ in range(10))), key=lambda found: found[2])
                later = sorted([await ask() for _ in range(100)], key=lambda found: found[2])
                assert server.metric("gateway_database_away") == 1
                assert server.metric("gateway_outage_waiting") == 0
            finally:
                await asyncio.to_thread(restartable.start)
            back = time.monotonic()
            while (found := await ask())[0] != 200:
                assert time.monotonic() - back < LONG
            sys.stdout.write(f"\nwaited {first[-1][2]:.2f} s, later p99 {later[-2][2]:.3f} s, back {found[2]:.3f} s\n")
    assert {found[:2] for found in [*first, *later]} == {(503, "1")}
    assert sum(found[2] > 3 for found in first) in {4, 5}  # so many may wait, one of them the gateway's own work
    assert first[-1][2] < 20
    assert later[-2][2] < 3
    assert log.read_text().count("database away") == log.read_text().count("database back") == 1


@pytest.mark.timed
async def test_a_server_that_is_to_end_lets_nobody_wait(serve, restartable, restartable_sample):
    with serve(restartable_sample, **PATIENT) as server:
        async with aiohttp.ClientSession(server.url) as client:
            await asyncio.to_thread(restartable.stop)
            try:
                asking = asyncio.create_task(client.post("/graphql", json={"query": "{ parcels { totalCount } }"}))
                await eventually(lambda: server.metric("gateway_outage_waiting") == 1)
                began = time.monotonic()
                server.process.terminate()
                answer = await asking
                assert (answer.status, time.monotonic() - began < LONG / 4) == (503, True)
            finally:
                await asyncio.to_thread(restartable.start)


async def test_a_file_that_is_sent_meanwhile_is_loaded(serve, restartable, restartable_sample):
    key, media = await new_key(restartable_sample), "application/geo+json"
    headers = {"x-api-key": key, "prefer": "wait=60", "content-type": media}
    shape = {"type": "Polygon", "coordinates": [[[10, 10], [10.001, 10], [10.001, 10.001], [10, 10]]]}
    with serve(restartable_sample, **PATIENT) as server:
        async with aiohttp.ClientSession(server.url, headers=headers) as client:

            async def load(name):
                feature = {"type": "Feature", "properties": {"parcel_id": name}, "geometry": shape}
                body = {"type": "FeatureCollection", "features": [feature]}
                async with client.post("/bulk/parcels", json=body) as answer:
                    return (await answer.json()).get("state")

            assert await load("a") == "complete"
            await asyncio.to_thread(restartable.stop)
            try:
                loading = asyncio.create_task(load("b"))
                await asyncio.sleep(0.7)
                assert not loading.done()
            finally:
                await asyncio.to_thread(restartable.start)
            assert await loading == "complete"


@pytest.mark.timed
async def test_a_database_that_hangs_ends_with_the_deadline(serve, restartable, restartable_sample):
    limits = {"GATEWAY_LIMITS_REQUEST_SECONDS": "3", "GATEWAY_DATABASE_CONNECT_TIMEOUT": "2"}
    with serve(restartable_sample, **SERVED, **limits) as server:
        async with aiohttp.ClientSession(server.url) as client:

            async def ask():
                async with client.post("/graphql", json={"query": "{ parcels(first: 1) { totalCount } }"}) as answer:
                    return answer.status

            async def served():
                return await ask() == 200

            await eventually(served)
            with restartable.frozen():
                began = time.monotonic()
                found = await asyncio.gather(*(ask() for _ in range(30)))
                assert time.monotonic() - began < 20  # one after the other would take a minute and more
                assert set(found) <= {503, 504}
            await eventually(served)


@pytest.mark.timed
def test_a_server_ends_in_time_though_its_database_says_nothing(serve, restartable, restartable_sample):
    with serve(restartable_sample, **SERVED) as server:
        server.data(POINT, id="x")
        with restartable.frozen():
            began = time.monotonic()
            server.end()
            assert time.monotonic() - began < 25  # 30 are given to what is in flight


@pytest.fixture
async def patient(restartable_sample):
    """A database whose requests wait for it."""
    settings = DatabaseSettings(outage_seconds=LONG)
    outage = Outage(settings)
    found = Database(settings, restartable_sample, outage=outage)
    yield found
    await found.dispose()


async def test_work_that_ends_the_server_is_done_three_times_at_most(patient, restartable):
    crashes = 0

    async def crash(lease):
        nonlocal crashes
        crashes += 1
        pid = (await lease.connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar()
        os.kill(pid, signal.SIGKILL)
        await lease.connection.exec_driver_sql("SELECT pg_sleep(9)")

    async with patient.session() as session:
        with pytest.raises(errors.Unavailable):
            await session._once(crash)
    assert crashes == 3
    async with patient.session() as session:
        assert await one(session) == 1


async def test_a_database_that_is_back_leaves_another_one_away_in_the_metric(patient, restartable):
    def away():
        return REGISTRY.get_sample_value("gateway_database_away")

    lost = Database(
        DatabaseSettings(),
        f"postgresql+asyncpg://gateway@127.0.0.1:{free_port()}/gis",
        outage=Outage(DatabaseSettings()),
    )
    async with patient.session() as session:
        await one(session)
    await asyncio.to_thread(restartable.stop)
    async with patient.session() as here, lost.session() as there:
        reading, waiting = asyncio.create_task(one(here)), asyncio.create_task(one(there))
        try:
            await eventually(lambda: away() == 2)
        finally:
            await asyncio.to_thread(restartable.start)
        assert await reading == 1
        assert away() == 1
        waiting.cancel()
    await lost.dispose()
    assert away() == 0


async def test_what_waits_holds_nothing_and_leaves_nothing_when_it_is_cancelled(patient, restartable):
    async with patient.session() as session:
        await one(session)
    await asyncio.to_thread(restartable.stop)
    try:
        async with patient.session() as session:
            reading = [asyncio.create_task(one(session)) for _ in range(3)]
            await eventually(lambda: patient.outage._waiting)
            assert patient.in_use == 0
            assert patient.outage._waiting == 1  # a request is one, whatever it reads
        assert all(task.cancelled() for task in reading)
        assert patient.outage._waiting == 0
        token = deadline.set(asyncio.get_running_loop().time() + 0.2)
        async with patient.session() as session:
            with pytest.raises(errors.Unavailable):
                await one(session)
        deadline.reset(token)
    finally:
        await asyncio.to_thread(restartable.start)
    async with patient.session() as session, session.transaction():
        assert await one(session) == 1
