"""A healthy database to break; enters the cluster, leaves copies and what the checks say of them."""

import hashlib

import asyncpg
import pytest
from sqlalchemy import make_url

from gateway.checks.inspection import Bounds
from gateway.checks.registry import DATABASE_TAGS
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.layers import LAYERS

_FILL = """
INSERT INTO parcels (parcel_id, geom)
SELECT 'P' || n, ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(x, y, x + 0.0002, y + 0.0002, 4326)))
  FROM (SELECT n, -71 + 0.0003 * (n % 50) AS x, 42 + 0.0003 * (n / 50) AS y FROM generate_series(0, 2999) AS n) AS lot;
INSERT INTO zoning_districts (code, zone_code, geom)
SELECT 'Z' || n, 'R1', ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(x, 42, x + 0.003, 42.02, 4326)))
  FROM (SELECT n, -71 + 0.003 * n AS x FROM generate_series(0, 4) AS n) AS zone;
CREATE EXTENSION pgstattuple;
CREATE EXTENSION pg_stat_statements;
VACUUM ANALYZE parcels;
VACUUM ANALYZE zoning_districts;
"""


async def execute(url, *statements):
    """Run each statement in a transaction of its own."""
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query["host"], port=parts.query.get("port"), user=parts.username, database=parts.database
    )
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def healthy(cluster, migrated):
    """Name of a migrated, filled and analysed database, to be copied."""

    async def fill(url):
        await execute(url, *_FILL.strip().removesuffix(";").split(";\n"))

    key = hashlib.sha256(_FILL.encode()).hexdigest()[:12]
    return cluster.build("healthy", f"{key}_{migrated.removeprefix('migrated_')}", fill, template=migrated)


@pytest.fixture(scope="session")
def untouched(cluster, healthy):
    """URL of a healthy database that tests only look at."""
    with cluster.copy(healthy) as url:
        yield url


@pytest.fixture
def database(cluster, healthy):
    """URL of a healthy database for this test alone, to be broken."""
    with cluster.copy(healthy) as url:
        yield url


@pytest.fixture
def check(settings):
    """`await check(url)`: the messages of every database check, by default on the test's settings."""

    async def run(url, *, changed=settings, layers=LAYERS, tags=DATABASE_TAGS, **bounds):
        database = Database(changed.database, url, timeout_ms=changed.database.maintenance_timeout_ms)
        try:
            return await Run(changed, layers, tags, Bounds(**bounds)).stored(database)
        finally:
            await database.dispose()

    return run


@pytest.fixture(scope="session")
def known_floors():
    """What a healthy database may be told all the same: the versions that Debian 12 ships are below the floors."""
    return {"gateway.W201", "gateway.W202", "gateway.W203"}


@pytest.fixture
def findings(check, known_floors):
    """`await findings(url)`: the ids of errors and warnings, without those that are known of the server's versions."""

    async def run(url, **options):
        told = await check(url, **options)
        return {message.rule.id for message in told if message.rule.id[8] in "EW"} - known_floors

    return run
