"""A replica that fails costs a read one more try, on the primary; one that is no replica any more is not read from."""

import asyncio
import json
import sys
import time
from urllib.request import urlopen

import aiohttp
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from tests.fixtures.door import opened
from tests.fixtures.outages import POINT, Load
from tests.fixtures.replicas import replica_settings, standby
from tests.fixtures.surface import application
from tests.fixtures.waiting import LONG, came, eventually
from tests.integration.replicas.conftest import COUNT, CREATE, PRIMARY, in_use, shape
from tests.integration.test_outages import PATIENT, new_key

HERE = "SELECT concat(pg_is_in_recovery())"
# A statement that a standby is long at, and the primary is not.
LASTING = "SELECT concat(CASE WHEN pg_is_in_recovery() THEN pg_sleep(600) END, pg_is_in_recovery())"


@pytest.fixture
async def surface(settings, replication, replicated):
    """The small surface, which sends statements as they are given, with one standby."""
    patient = {"read_timeout_ms": LONG * 1000}
    given = replica_settings(settings, replication, replicated, replication.standbys[:1], database=patient)
    async with opened(application(given)) as door:
        await in_use(door.state["replicas"])
        yield door


async def answered(door, statement=HERE):
    """Whether a standby answered a statement."""
    answer = await door.post("query ($sql: String!) { maybe(sql: $sql) }", {"sql": statement})
    assert "errors" not in answer.json, answer.body
    return answer.json["data"]["maybe"] == "t"


async def asleep(node, database):
    """Wait until a standby is at the statement that lasts."""
    sleeping = f"SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'"
    await eventually(lambda: node.ask(sleeping))


def again(reason):
    """How many reads were sent to the primary for a reason."""
    return REGISTRY.get_sample_value("gateway_replica_again_total", {"replica": "1", "reason": reason}) or 0


async def test_a_conflict_with_the_log_is_read_on_the_primary(surface, replication, replicated):
    before = again("conflict")
    assert await answered(surface)
    reading = asyncio.create_task(answered(surface, LASTING))
    await asleep(replication.standbys[0], replicated)
    replication.primary.execute("DELETE FROM parcels WHERE id % 2 = 0", database=replicated)
    replication.primary.execute("VACUUM parcels", database=replicated)
    assert not await reading
    assert again("conflict") == before + 1
    assert await answered(surface)  # the replica itself is well


async def test_a_connection_that_a_standby_ends_is_read_on_the_primary(surface, replication, replicated):
    before = again("away")
    reading = asyncio.create_task(answered(surface, LASTING))
    await asleep(replication.standbys[0], replicated)
    replication.standbys[0].execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{replicated}' "
        "AND query LIKE '%sleep%' AND pid <> pg_backend_pid()"
    )
    assert not await reading
    assert again("away") == before + 1
    await eventually(lambda: surface.state["replicas"].reading)
    assert await answered(surface)


async def test_a_standby_that_hangs_is_given_up(surface, replication):
    with replication.standbys[0].frozen():
        found = await came(asyncio.gather(*(answered(surface) for _ in range(5))), "answers that a standby owes")
        assert not any(found)
        before = again("away")
        assert not await answered(surface)
        assert again("away") == before  # it was not asked
    await eventually(lambda: surface.state["replicas"].reading)
    assert await answered(surface)


@pytest.mark.parametrize("way", ["fetch", "scalar"])
@pytest.mark.timed
async def test_a_read_that_a_hanging_standby_was_sent_is_done_on_the_primary_within_three_seconds(
    surface, replication, replicated, way
):
    async def read():
        async with surface.state["reads"].session() as session:
            if way == "scalar":
                return await session.scalar(text(LASTING))
            return (await session.fetch(LASTING, ()))[0][0]

    reading = asyncio.create_task(read())
    await asleep(replication.standbys[0], replicated)
    began = time.monotonic()
    with replication.standbys[0].frozen():
        assert await reading == "f"
        assert time.monotonic() - began < 10.0  # three, and what a busy machine adds


async def test_what_a_standby_cannot_do_the_primary_does(surface):
    answer = await surface.post('{ maybe(sql: "SELECT txid_current()") }')
    assert "errors" not in answer.json
    answer = await surface.post('{ maybe(sql: "SELECT pg_current_wal_lsn()") }')
    assert "errors" not in answer.json


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_standby_that_is_killed_under_load_loses_no_read(serve, replication, replicated, mode):
    urls = " ".join(node.url(replicated) for node in replication.standbys)
    url, node = replication.primary.url(replicated), replication.standbys[0]
    with serve(url, **PATIENT, GATEWAY_REPLICA_URLS=urls) as server:
        load = Load(server, await new_key(url))
        running = asyncio.create_task(load.run(6, 2))
        await load.reach(100)
        await asyncio.to_thread(node.stop, mode)
        await load.reach(load.reads.total() + 150)
        await asyncio.to_thread(node.start)
        await load.reach(load.reads.total() + 150)
        load.over = True
        await running
        used = json.dumps(metrics(server))
    sys.stdout.write(f"\nreads {load.reads.total()}, lost {load.lost}, slowest {load.slowest:.2f} s, {used}\n")
    assert load.lost == []
    assert load.doubled == []


def metrics(server):
    lines = urlopen(f"{server.url}/metrics", timeout=20).read().decode().splitlines()
    return {line.rsplit(" ", 1)[0]: line.rsplit(" ", 1)[1] for line in lines if line.startswith("gateway_replica")}


async def test_reads_go_on_while_the_primary_is_away(with_replicas, replication):
    async with with_replicas(database={"outage_seconds": 0.5}) as gateway:
        token = (await gateway.write(CREATE, {"input": {"parcelId": "a", "geometry": shape()}})).headers
        await asyncio.to_thread(replication.caught_up)
        await asyncio.to_thread(replication.primary.stop)
        try:
            for _ in range(10):
                assert (await gateway.ask(COUNT, token=token["consistency-token"])).status == 200
                await asyncio.sleep(0.05)
            ready = await gateway.get("/readyz")
            assert (ready.status, ready.json) == (200, {"status": "reading"})
            failed = await gateway.ask(
                CREATE, {"input": {"parcelId": "b", "geometry": shape()}}, **{"x-api-key": gateway.key}
            )
            assert (failed.status, failed.code) == (503, "UNAVAILABLE")
        finally:
            await asyncio.to_thread(replication.primary.start)
        await eventually(lambda: not gateway.door.database.outage.away)
        gateway.servers  # noqa: B018 - forgets
        await gateway.write(CREATE, {"input": {"parcelId": "b", "geometry": shape()}})
        assert gateway.servers == {PRIMARY}


async def test_a_promoted_standby_and_what_follows_it_are_left_out(with_replicas, replication, tmp_path):
    with standby(tmp_path / "third", replication.primary) as third, standby(tmp_path / "fourth", third) as fourth:
        async with with_replicas(nodes=[third, fourth]) as gateway:
            for _ in range(4):
                await gateway.ask(COUNT)
            assert gateway.servers == {1, 2}
            third.promote()
            await eventually(lambda: not gateway.replicas.reading)
            reasons = [each.missing for each in gateway.replicas._replicas]
            assert "no replica" in reasons[0]
            assert "timeline" in reasons[1]
            gateway.servers  # noqa: B018 - forgets
            assert (await gateway.ask(COUNT)).status == 200
            assert gateway.servers == {PRIMARY}


async def test_a_server_of_another_cluster_is_no_replica(with_replicas, replication, cluster, tmp_path):
    async with with_replicas(nodes=[cluster], ready=False) as gateway:
        assert not gateway.replicas.reading
        assert (await gateway.ask(COUNT)).status == 200
        assert gateway.servers == {PRIMARY}


async def test_a_gateway_starts_while_its_replicas_are_away(with_replicas, replication, tmp_path):
    first = replication.standbys[0]
    await asyncio.to_thread(first.stop)
    async with with_replicas(nodes=[first], ready=False) as gateway:
        assert (await gateway.ask(COUNT)).status == 200
        assert gateway.servers == {PRIMARY}
        await asyncio.to_thread(first.start)
        await eventually(lambda: gateway.replicas.reading)
        await gateway.ask(COUNT)
        assert gateway.servers == {1}


async def test_with_several_clients_the_failure_of_a_standby_costs_one_more_try(serve, replication, replicated):
    """Each read is sent to a standby that ended at most once: then it is known to be away."""
    node = replication.standbys[0]
    url = replication.primary.url(replicated)
    with serve(url, **PATIENT, GATEWAY_REPLICA_URLS=node.url(replicated)) as server:
        async with aiohttp.ClientSession(server.url) as client:

            async def ask():
                async with client.post("/graphql", json={"query": POINT, "variables": {"id": "x"}}) as answer:
                    await answer.read()
                    return answer.status

            assert await ask() == 200
            await asyncio.to_thread(node.stop)
            found = [await ask() for _ in range(40)]
            told = metrics(server)
            await asyncio.to_thread(node.start)
    assert set(found) == {200}
    assert sum(float(value) for name, value in told.items() if "again_total" in name) <= 2
