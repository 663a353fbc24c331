"""Clients that leave: their SQL ends, the connection comes back, nothing is left behind."""

import asyncio
import random
import time

import orjson
import pytest

ABORTS = 1_000
AT_ONCE = 40
SLEEPS = ["{ sleep(seconds: 9) }", "{ one }", "{ sleep(seconds: 0.02) }"]
READS = [
    "{ parcels(first: 300) { nodes { parcelId geometry zoningDistricts { edges { coverage node { zoneCode } } } } } }",
    "{ zoningDistricts(first: 50) { totalCount extent nodes { code parcels(first: 20) { nodes { geometry } } } } }",
    "{ parcels(first: 50) { nodes { neighbors { edges { sharedBorderM node { parcelId } } } } } }",
]


def _request(query):
    body = orjson.dumps({"query": query})
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    return head.encode() + b"\r\n\r\n" + body


async def _abort(port, queries, chance):
    """Send a request, all of it or the first bytes, and leave at a random moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = _request(chance.choice(queries))
    if chance.random() < 0.1:
        sent = sent[: chance.randrange(len(sent))]
    writer.write(sent)
    await writer.drain()
    await asyncio.sleep(chance.random() * 0.05)
    writer.transport.abort()
    del reader


async def _abort_many(port, queries, count):
    chance = random.Random(7)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one():
        async with gate:
            await _abort(port, queries, chance)

    await asyncio.gather(*(one() for _ in range(count)))


def _running(cluster, name):
    """Statements of the server that run now."""
    query = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND state <> 'idle'"
    return cluster.execute(query)[0][0]


async def _until(condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


async def test_a_thousand_aborted_requests_leave_no_statement_connection_or_task(serve, served_database, cluster):
    with serve(served_database) as server:
        tasks = server.metric("gateway_tasks")
        await _abort_many(server.port, SLEEPS, ABORTS)
        await asyncio.sleep(1)
        assert _running(cluster, server.name) == 0
        assert server.metric("gateway_pool_in_use") == 0
        # The last requests may still be closing when the machine is busy; what leaks stays.
        await _until(lambda: server.metric("gateway_tasks") == tasks, seconds=5)
        assert server.metric("gateway_disconnects_total") > ABORTS / 4


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_aborted_reads_leave_nothing_either(serve, cambridge, cluster, planner):
    with serve(cambridge, app="gateway.asgi:application", GATEWAY_PLANNER=planner) as server:
        tasks = server.metric("gateway_tasks")
        await _abort_many(server.port, READS, 200)
        await _until(lambda: _running(cluster, server.name) == 0, seconds=5)
        await _until(lambda: server.metric("gateway_tasks") == tasks, seconds=5)
        assert server.metric("gateway_pool_in_use") == 0


async def test_the_sql_of_a_client_that_leaves_ends_within_a_second(serve, served_database, cluster):
    with serve(served_database) as server:
        with server.connect() as connection:
            connection.sendall(_request("{ sleep(seconds: 9) }"))
            await _until(lambda: _running(cluster, server.name) == 1, seconds=5)
        await _until(lambda: _running(cluster, server.name) == 0, seconds=1)


async def test_the_sql_of_a_planned_read_ends_with_its_client_too(serve, cambridge, cluster):
    slow = "{ parcels(first: 1000) { nodes { neighbors(first: 1) { totalCount extent nodes { parcelId } } } } }"
    with serve(cambridge, app="gateway.asgi:application") as server:
        with server.connect() as connection:
            connection.sendall(_request(slow))
            await _until(lambda: _running(cluster, server.name) == 1, seconds=5)
        # PostGIS hears a cancel between two geometries; one of Cambridge's streets takes it a while.
        await _until(lambda: _running(cluster, server.name) == 0, seconds=3)
        await _until(lambda: server.metric("gateway_pool_in_use") == 0, seconds=1)
