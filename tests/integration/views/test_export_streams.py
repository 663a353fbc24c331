"""Exports as streams: slow readers, readers that leave, databases that fail; on a gateway in a process of its own."""

import asyncio
import json
import os
import random
import signal
import socket
import zlib
from pathlib import Path

import pytest
import zstandard

from gateway.feeds.formats import FORMATS as EXPORTED
from tests.fixtures.examples import examples
from tests.fixtures.exported import FORMATS
from tests.fixtures.waiting import LONG
from tests.integration.test_aborts import _until

ENCODINGS = ("identity", "gzip", "zstd")
ABORTS = examples(150, 500)
AT_ONCE = 8
ROWS = 32_000
UNREAD = 'gateway_connections_ended_total{reason="unread"}'
# A kilobyte in each row that compresses to half: no socket holds an export, so the database feels a reader that waits.
COPIES = """
    INSERT INTO parcels (parcel_id, address, geom, attributes)
    SELECT parcel_id || '-' || n, address, geom, jsonb_build_object('noise', noise)
      FROM parcels, generate_series(1, 15) n,
           LATERAL (SELECT string_agg(md5(concat(id, n, m)), '') AS noise FROM generate_series(1, 32) m) made
"""


@pytest.fixture(scope="module")
def crowded(cluster, sample_template):
    """URL of a database with 32,000 parcels."""
    with cluster.copy(sample_template) as url:
        cluster.execute(COPIES, "ANALYZE parcels", database=url.rpartition("/")[2].partition("?")[0])
        yield url


@pytest.fixture(scope="module")
def server(serve, crowded):
    settings = {"GATEWAY_EXPORT_CONCURRENCY": str(AT_ONCE), "GATEWAY_DATABASE_POOL_TIMEOUT": "1"}
    with serve(crowded, app="gateway.asgi:application", **settings) as found:
        yield found


async def asked(server, name, encoding="identity", client="198.51.100.1", **parameters):
    """A connection on which an export was asked for; it takes little at a time."""
    given = socket.socket()
    given.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    given.setblocking(False)
    await asyncio.get_running_loop().sock_connect(given, ("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=given)
    query = "&".join(["properties=parcelId,attributes", *(f"{key}={value}" for key, value in parameters.items())])
    lines = (f"GET /export/parcels.{name}?{query} HTTP/1.1", "Host: gateway.test", f"Accept-Encoding: {encoding}")
    lines = (*lines, f"X-Forwarded-For: {client}")
    writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
    return reader, writer


def running(cluster, server):
    """What each export of the server waits for; parallel workers come and go with theirs."""
    query = f"""SELECT wait_event FROM pg_stat_activity WHERE application_name = '{server.name}'
                   AND state <> 'idle' AND backend_type = 'client backend' AND query LIKE 'COPY%'"""
    return [row[0] for row in cluster.execute(query)]


def end(cluster, server, function):
    query = f"""SELECT count({function}(pid)) FROM pg_stat_activity WHERE application_name = '{server.name}'
                   AND state <> 'idle' AND backend_type = 'client backend' AND query LIKE 'COPY%'"""
    return cluster.execute(query)[0][0]


async def body(reader):
    """What came, and whether the chunk came with which a whole answer ends."""
    parts = []
    try:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b"".join(parts), False
    return b"".join(parts), True


def decoded(data, encoding):
    """What a client decodes, and whether the coding came to its end."""
    if encoding == "identity":
        return data, True
    decoder = zlib.decompressobj(31) if encoding == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    return decoder.decompress(data), decoder.eof


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_whole_export_comes_to_its_end(server, encoding):
    reader, writer = await asked(server, "geojsonl", encoding)
    assert (f"content-encoding: {encoding}".encode() in await reader.readuntil(b"\r\n\r\n")) == (encoding != "identity")
    data, whole = await body(reader)
    text, ended = decoded(data, encoding)
    assert (whole, ended, text.count(b"\n")) == (True, True, ROWS)
    writer.close()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", FORMATS)
async def test_an_export_whose_backend_is_killed_never_looks_whole(server, cluster, name, encoding):
    reader, writer = await asked(server, name, encoding)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    # The reader waits, and so does the database.
    await _until(lambda: len(running(cluster, server)) == 1)
    assert end(cluster, server, "pg_terminate_backend") == 1
    data, whole = await body(reader)
    assert data
    assert not whole
    assert b"content-encoding" not in head or not decoded(data, encoding)[1]
    writer.close()


@pytest.mark.parametrize("name", [name for name, form in EXPORTED.items() if form.packed])
async def test_an_export_whose_worker_is_killed_never_looks_whole(server, cluster, name):
    reader, writer = await asked(server, name)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    await _until(lambda: len(running(cluster, server)) == 1)
    (worker,) = children(server)
    os.kill(int(worker), signal.SIGKILL)
    assert not (await body(reader))[1]
    await _until(lambda: not running(cluster, server))
    writer.close()


async def test_a_broken_export_goes_on_after_the_last_line_that_came_whole(server, cluster):
    async def ids(**parameters):
        reader, writer = await asked(server, "geojsonl", **parameters)
        await reader.readuntil(b"\r\n\r\n")
        if not parameters:
            await _until(lambda: len(running(cluster, server)) == 1)
            end(cluster, server, "pg_cancel_backend")
        data, whole = await body(reader)
        writer.close()
        *lines, rest = data.split(b"\n")
        return [json.loads(line)["id"] for line in lines], whole and not rest

    first, whole = await ids()
    assert 0 < len(first) < ROWS
    assert not whole
    second, whole = await ids(after=first[-1])
    assert whole
    assert sorted({*first, *second}) == first + second
    assert len(first + second) == ROWS


def resident(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def children(server):
    return Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()


async def test_memory_stays_flat_and_a_slow_reader_holds_the_database_back(server, cluster):
    before = resident(server)
    reader, writer = await asked(server, "geojson")
    await reader.readuntil(b"\r\n\r\n")
    await _until(lambda: len(running(cluster, server)) == 1)
    await _until(lambda: running(cluster, server) == ["ClientWrite"])
    assert resident(server) - before < 60 * 2**20
    _, whole = await body(reader)
    assert whole
    assert resident(server) - before < 60 * 2**20
    writer.close()


async def test_a_small_export_waits_for_none_of_those_that_nobody_reads(server, cluster):
    held = [await asked(server, "csv", client=f"198.51.100.{number}") for number in range(AT_ONCE)]
    for reader, _ in held:
        await reader.readuntil(b"\r\n\r\n")
    small, writer = await asked(server, "csv", client="198.51.100.99", bbox="1,1,2,2")
    assert (await small.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    for each in (writer, *(held_writer for _, held_writer in held)):
        each.transport.abort()
    await _until(lambda: running(cluster, server) == [])


async def test_more_exports_than_may_run_are_told_to_come_again(server, cluster):
    held = [await asked(server, "csv", client=f"198.51.100.{number}") for number in range(AT_ONCE)]
    for reader, _ in held:
        await reader.readuntil(b"\r\n\r\n")
    other, writer = await asked(server, "csv")
    head = await other.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 10" in head
    assert b'"EXPORT_LIMIT"' in await other.read(500)
    writer.close()
    for _, held_writer in held:
        held_writer.transport.abort()
    await _until(lambda: len(running(cluster, server)) == 0)


async def test_exports_of_one_client_that_nobody_reads_leave_as_many_to_another_one(server, cluster):
    held = [await asked(server, "csv") for _ in range(AT_ONCE)]
    await _until(lambda: running(cluster, server).count("ClientWrite") == AT_ONCE // 2)
    reader, writer = await asked(server, "csv", client="198.51.100.2")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    for each in (writer, *(writer for _, writer in held)):
        each.transport.abort()
    await _until(lambda: len(running(cluster, server)) == 0)


async def test_an_export_that_nobody_reads_gives_its_place_away_and_one_that_is_read_slowly_goes_on(serve, crowded):
    hasty = {"GATEWAY_HTTP_LEAST_RATE_SECONDS": "4", "GATEWAY_EXPORT_CONCURRENCY": "4"}  # two of one client
    with serve(crowded, app="gateway.asgi:application", **hasty) as server:
        slow, slow_writer = await asked(server, "csv")
        _, unread_writer = await asked(server, "csv")
        began, came = asyncio.get_running_loop().time(), 0
        while (await asyncio.to_thread(server.metric, UNREAD)) == 0:
            came += len(await slow.read(20_000))
            await asyncio.sleep(0.1)
            assert asyncio.get_running_loop().time() - began < LONG
        for _ in range(30):
            came += len(await slow.read(20_000))
            await asyncio.sleep(0.1)
        other, other_writer = await asked(server, "csv")
        assert (await other.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert came > 200_000
        assert await asyncio.to_thread(server.metric, UNREAD) == 1
        for writer in (slow_writer, unread_writer, other_writer):
            writer.transport.abort()


async def test_an_export_beyond_its_deadline_breaks_off(serve, crowded, cluster):
    with serve(crowded, app="gateway.asgi:application", GATEWAY_EXPORT_SECONDS="5") as server:
        reader, writer = await asked(server, "geojsonl")
        await reader.readuntil(b"\r\n\r\n")
        await _until(lambda: len(running(cluster, server)) == 0)
        assert not (await body(reader))[1]
        writer.close()


async def _abort(server, chance):
    names = FORMATS if chance.random() < 0.05 else FORMATS[:3]  # a worker for a binary one costs most of a second
    reader, writer = await asked(server, chance.choice(names), chance.choice(ENCODINGS))
    await asyncio.sleep(chance.random() * 0.05)
    if chance.random() < 0.5:
        await reader.read(chance.randrange(1, 200_000))
    writer.transport.abort()


@pytest.mark.examples
async def test_aborted_exports_leave_nothing(server, cluster):
    tasks = server.metric("gateway_tasks")
    left = server.metric("gateway_disconnects_total")
    chance, gate = random.Random(7), asyncio.Semaphore(AT_ONCE // 2)

    async def one():
        async with gate:
            await _abort(server, chance)

    await asyncio.gather(*(one() for _ in range(ABORTS)))
    await _until(lambda: len(running(cluster, server)) == 0)
    await _until(lambda: server.metric("gateway_tasks") <= tasks)
    await _until(lambda: server.metric("gateway_pool_in_use") == 0)
    await _until(lambda: not children(server))
    assert server.metric("gateway_disconnects_total") - left > ABORTS / 20  # others were refused or done before
    reader, writer = await asked(server, "csv")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    assert (await body(reader))[1]
    writer.close()
