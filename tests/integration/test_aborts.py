"""Clients that leave: their SQL ends, the connection comes back, nothing is left behind."""

import asyncio
import random
from urllib.request import urlopen

import orjson
import pytest

from tests.fixtures.examples import examples
from tests.fixtures.waiting import LONG, eventually

ABORTS = examples(300, 1_000)
AT_ONCE = 40
# A statement that nobody ends lasts longer than tests wait for its end.
PATIENT = {"GATEWAY_DATABASE_READ_TIMEOUT_MS": "90000", "GATEWAY_LIMITS_REQUEST_SECONDS": "90"}
SLEEPS = ["{ sleep(seconds: 60) }", "{ one }", "{ sleep(seconds: 0.02) }"]
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
    """Send one of the requests, all of it or the first bytes, and leave at a random moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = chance.choice(queries)
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


async def _until(condition, seconds=LONG):
    await eventually(condition, seconds=seconds)


@pytest.mark.examples
async def test_aborted_requests_leave_no_statement_connection_or_task(serve, served_database, cluster):
    with serve(served_database, **PATIENT) as server:
        tasks = server.metric("gateway_tasks")
        await _abort_many(server.port, [*map(_request, SLEEPS)], ABORTS)
        await _until(lambda: _running(cluster, server.name) == 0, seconds=20)
        await _until(lambda: server.metric("gateway_pool_in_use") == 0)
        # The last requests may still be closing when the machine is busy; what leaks stays.
        await _until(lambda: server.metric("gateway_tasks") == tasks)
        assert server.metric("gateway_disconnects_total") > ABORTS / 4


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_aborted_reads_leave_nothing_either(serve, cambridge, cluster, planner):
    with serve(cambridge, app="gateway.asgi:application", GATEWAY_PLANNER=planner) as server:
        tasks = server.metric("gateway_tasks")
        await _abort_many(server.port, [*map(_request, READS)], 200)
        await _until(lambda: _running(cluster, server.name) == 0, seconds=15)
        await _until(lambda: server.metric("gateway_tasks") == tasks)
        await _until(lambda: server.metric("gateway_pool_in_use") == 0)


@pytest.mark.timed
async def test_the_sql_of_a_client_that_leaves_ends_within_a_second(serve, served_database, cluster):
    with serve(served_database, **PATIENT) as server:
        with server.connect() as connection:
            connection.sendall(_request("{ sleep(seconds: 60) }"))
            await _until(lambda: _running(cluster, server.name) == 1)
        # A second, and what a busy machine adds; a minute where nobody ends it.
        await _until(lambda: _running(cluster, server.name) == 0, seconds=15)


@pytest.mark.timed
async def test_the_sql_of_a_planned_read_ends_with_its_client_too(serve, cambridge, cluster):
    slow = "{ parcels(first: 1000) { nodes { neighbors(first: 1) { totalCount extent nodes { parcelId } } } } }"
    with serve(cambridge, app="gateway.asgi:application") as server:
        with server.connect() as connection:
            connection.sendall(_request(slow))
            await _until(lambda: _running(cluster, server.name) == 1)
        # PostGIS hears a cancel between two geometries; one of Cambridge's streets takes it a while.
        await _until(lambda: _running(cluster, server.name) == 0, seconds=6)
        await _until(lambda: server.metric("gateway_pool_in_use") == 0)


@pytest.mark.examples
async def test_aborted_tiles_leave_no_statement_connection_or_task(serve, cambridge, cluster):
    with serve(cambridge, app="gateway.asgi:application") as server:
        path = "/tiles/parcels,zoning_districts/{}.mvt"
        # The first tile begins to listen to changes, which is a connection and a task that stay.
        await _until(lambda: _kept(server, path.format("13/2477/3030")), seconds=20)
        tasks = server.metric("gateway_tasks")
        await _abort_many(server.port, [*_tiles(path)], ABORTS // 2)
        # On a busy machine it takes a while to open connections in place of those that were lost; what leaks stays.
        await _until(lambda: _running(cluster, server.name) == 0, seconds=30)
        await _until(lambda: server.metric("gateway_tasks") == tasks)
        await _until(lambda: server.metric("gateway_pool_in_use") == 0)
        assert _get(server, path.format("14/4955/6060"))


def _tiles(path):
    """Tiles of Cambridge; half of them have a filter of their own, so that they are in no cache."""
    for number in range(40):
        place = f"14/{4953 + number % 4}/{6058 + number // 10}"
        query = f"?bbox=-71.2,42.3,-71.0{number},42.5" if number % 2 else ""
        yield f"GET {path.format(place)}{query} HTTP/1.1\r\nHost: gateway.test\r\n\r\n".encode()


def _kept(server, path):
    """Whether a tile is answered from memory."""
    _get(server, path)
    before = server.metric("gateway_pool_checkouts_total")
    _get(server, path)
    return server.metric("gateway_pool_checkouts_total") == before


def _get(server, path):
    with urlopen(f"{server.url}{path}", timeout=60) as answer:
        return answer.read()
