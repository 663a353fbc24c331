"""`manage.py partitions`."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest
from typer.testing import CliRunner

from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.management import application
from gateway.management.commands import partitions
from gateway.settings import DatabaseSettings
from gateway.sql.partitions import Month
from tests.fixtures.databases import migrate

ENTRY = "INSERT INTO parcel_history (id, version, operation, changed_at) VALUES (1, 0, 'CREATE', $1)"
PLACES = "SELECT tableoid::regclass::text FROM parcel_history ORDER BY changed_at"


@pytest.fixture
async def connection(empty_database):
    found = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    yield found
    await found.close()


async def run(url, **options):
    database = Database(DatabaseSettings(), url)
    given = {"now": datetime.now(UTC), "ahead": 3, "keep": 24, "dry": False} | options
    try:
        return await partitions.run(database, layers=LAYERS, **given)
    finally:
        await database.dispose()


@pytest.fixture(autouse=True)
async def this_month(empty_database):
    """The database as one that was migrated now: the tests may have begun in another month."""
    await run(empty_database, keep=0)


async def test_a_migrated_database_has_its_months(cluster, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with cluster.filled("template1", migrate) as name:
        monkeypatch.setenv("GATEWAY_DATABASE_URL", cluster.url(name))
        outcome = await asyncio.to_thread(CliRunner().invoke, application(["partitions"]), ["partitions"])
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout == "Every history has its months, and none that is too old.\n"


async def test_months_ahead_are_made_and_rows_that_waited_for_them_move(empty_database, connection):
    far = Month.of(datetime.now(UTC)).plus(5)
    await connection.execute(ENTRY, far.low)
    assert [row[0] for row in await connection.fetch(PLACES)] == ["parcel_history_default"]
    assert await run(empty_database, ahead=5, dry=True) == await run(empty_database, ahead=5, dry=True)
    told = await run(empty_database, ahead=5)
    assert told == [
        line.replace("would make", "made")
        for history in ("parcel_history", "zoning_district_history")
        for line in (f"{history}: would make {far.plus(-1)}.", f"{history}: would make {far}.")
    ]
    assert [row[0] for row in await connection.fetch(PLACES)] == [f"parcel_history_{far.year}_{far.number:02}"]
    assert await run(empty_database, ahead=5) == []


async def test_months_that_are_too_old_are_dropped_and_reads_of_them_refused(empty_database, connection):
    now = datetime.now(UTC)
    later = Month.of(now).plus(4).low
    await connection.execute(ENTRY, now)
    told = await run(empty_database, now=later, keep=1, dry=True)
    assert len([line for line in told if "would drop" in line]) == 2 * 3
    assert len(await connection.fetch(PLACES)) == 1
    await run(empty_database, now=later, keep=1)
    assert await connection.fetch(PLACES) == []
    assert await run(empty_database, now=later, keep=1) == []
