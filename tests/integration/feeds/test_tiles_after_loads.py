"""Tiles are not older than their table where no trigger reports it: restores, swapped tables, replicated rows."""

import asyncio
import subprocess
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url

from gateway.db.embedded.binaries import find_server
from tests.fixtures.mapping import mapped
from tests.fixtures.mvt import decode
from tests.fixtures.sockets import wait_until
from tests.integration.feeds.conftest import a_place, kept, other, write

HALF = "DELETE FROM parcels WHERE id % 2 = 0"
TELL = (
    "CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} "
    "FOR EACH STATEMENT EXECUTE FUNCTION gateway_tell_change()"
)
# What leaves half of the rows, and fires no trigger of the table that is served then.
LOADS = {
    "a table of another name takes its place": [
        "CREATE TABLE fresh (LIKE parcels INCLUDING ALL)",
        "INSERT INTO fresh OVERRIDING SYSTEM VALUE SELECT * FROM parcels WHERE id % 2 = 1",
        TELL.format("fresh"),
        "ALTER TABLE parcels RENAME TO stale",
        "ALTER TABLE fresh RENAME TO parcels",
    ],
    "a table without the trigger takes its place": [
        "CREATE TABLE fresh (LIKE parcels INCLUDING ALL)",
        "INSERT INTO fresh OVERRIDING SYSTEM VALUE SELECT * FROM parcels WHERE id % 2 = 1",
        "ALTER TABLE parcels RENAME TO stale",
        "ALTER TABLE fresh RENAME TO parcels",
    ],
    "it is dropped and made again": [
        "CREATE TABLE aside AS SELECT * FROM parcels WHERE id % 2 = 1",
        "DROP TABLE parcels",
        "CREATE TABLE parcels AS TABLE aside",
        TELL.format("parcels"),
    ],
    "a session replicates": ["SET session_replication_role = replica", HALF, "SET session_replication_role = origin"],
    "its triggers are switched off for the load": [
        "ALTER TABLE parcels DISABLE TRIGGER ALL",
        HALF,
        "ALTER TABLE parcels ENABLE TRIGGER ALL",
    ],
}


@pytest.fixture
async def watching(settings, own):
    """A map whose gateway looks for changes ten times a second."""
    quick = settings.database.model_copy(update={"changes_seconds": 0.1})
    async with mapped(settings.model_copy(update={"database": quick}), own) as found:
        yield found


def ids(answer):
    return set(decode(answer.body)["parcels"].ids)


@pytest.mark.parametrize("load", LOADS)
async def test_a_load_that_fires_no_trigger_takes_tiles_out(watching, settings, own, load):
    path, before, _ = await kept(watching, await a_place(watching))
    await write(settings, own, *LOADS[load])
    after = await other(watching, path, before)
    assert ids(after) == {each for each in ids(before) if each % 2}


def run(program, url, *arguments):
    parts = make_url(url)
    command = [find_server().program(program), "-h", parts.query["host"], "-p", parts.query["port"]]
    subprocess.run([*command, "-U", parts.username, "-d", parts.database, *arguments], check=True, timeout=120)


EVERYTHING = """{
  parcels(first: 2, filters: { geometry: { intersects: { bbox: [-94, 41, -92, 43] } } }) {
    nodes { parcelId geometry areaSqm zoningDistricts { edges { coverage } } neighbors { totalCount } }
  }
}"""


async def test_after_a_restore_connections_of_before_it_fail_no_request(watching, own, tmp_path):
    async def answers():
        found = await asyncio.gather(*(watching.door.post(EVERYTHING) for _ in range(6)))
        return [each.json.get("data") or each.json for each in found]

    before = await answers()
    run("pg_dump", own, "-Fc", "-f", str(tmp_path / "dump"))
    run("pg_restore", own, "--clean", "--if-exists", str(tmp_path / "dump"))
    assert before[0]["parcels"]["nodes"]
    for _ in range(2):
        assert await answers() == before


async def test_a_restore_while_it_serves_takes_tiles_out(watching, settings, own, tmp_path):
    path, whole, _ = await kept(watching, await a_place(watching))
    run("pg_dump", own, "-Fc", "-f", str(tmp_path / "dump"))
    await write(settings, own, HALF)
    await other(watching, path, whole)
    _, half, _ = await kept(watching, await a_place(watching))
    assert ids(half) < ids(whole)
    run("pg_restore", own, "--clean", "--if-exists", str(tmp_path / "dump"))
    after = half
    while after.headers["etag"] != whole.headers["etag"]:  # there may be tiles of a table that is not yet filled
        after = await other(watching, path, after)
    _, again, _ = await kept(watching, await a_place(watching))
    assert ids(again) == ids(whole)


@contextmanager
def replicating(cluster, source, target):
    """Whatever changes parcels of `source` from now on changes those of `target`, too."""
    publisher, subscriber = make_url(source), make_url(target).database
    line = f"host={publisher.query['host']} port={publisher.query['port']} user={publisher.username}"
    # The slot comes first: made by CREATE SUBSCRIPTION on the same server, it would wait for that very transaction.
    cluster.execute(
        "CREATE PUBLICATION everything FOR TABLE parcels",
        f"SELECT pg_create_logical_replication_slot('{subscriber}', 'pgoutput')",
        database=publisher.database,
    )
    cluster.execute(
        f"CREATE SUBSCRIPTION {subscriber} CONNECTION '{line} dbname={publisher.database}' PUBLICATION everything "
        "WITH (create_slot = false, copy_data = false)",
        database=subscriber,
    )
    try:
        yield
    finally:
        for statement in ("DISABLE", "SET (slot_name = NONE)"):
            cluster.execute(f"ALTER SUBSCRIPTION {subscriber} {statement}", database=subscriber)
        cluster.execute(f"DROP SUBSCRIPTION {subscriber}", database=subscriber)
        drop = (
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            f"WHERE slot_name = '{subscriber}' AND NOT active"
        )
        wait_until(lambda: cluster.execute(drop), 60)


async def test_rows_that_are_replicated_take_tiles_out(watching, settings, own, cluster, small_template):
    with cluster.copy(small_template) as source:
        cluster.execute(f"ALTER DATABASE {make_url(source).database} RESET default_transaction_read_only")
        with replicating(cluster, source, own):
            path, before, _ = await kept(watching, await a_place(watching))
            for statement in (HALF, "TRUNCATE parcels"):
                await write(settings, source, statement)
                after = await other(watching, path, before)
                before = after
                assert {each % 2 for each in (ids(after) if after.body else [1])} == {1}
            assert after.body == b""
