"""Partitions of one jurisdiction among several, which are read alone and together."""

import pytest

from gateway.db.sessions import Database
from gateway.execution.jurisdictions import within
from gateway.layers import PARCELS
from gateway.management import partitioning, parts
from gateway.models.declaration import Partitions
from gateway.models.jurisdiction import BITS
from gateway.settings import DatabaseSettings
from tests.integration.jurisdictions.conftest import canary, get, seen
from tests.integration.jurisdictions.conftest import walked as walked  # noqa: PLC0414 - a fixture
from tests.integration.jurisdictions.test_served import JSON

NEW = "INSERT INTO parcels (parcel_id, geom) SELECT 'new', geom FROM parcels LIMIT 1 RETURNING id"
ALL = '{"query": "{ parcels(order: [{parcelId: ASC}, {featureId: ASC}]) { nodes { address } } }"}'


@pytest.fixture
def two(two_apart):
    return two_apart


async def test_one_of_several_is_divided_and_read_alone_and_with_the_others(walked, two):
    door, keys = walked
    database = Database(DatabaseSettings(), two, timeout_ms=0)
    inside = await within(database, "alpha")
    await partitioning.divide(inside, PARCELS, Partitions(by="parcel_id", count=4), lambda *_: None)
    assert [row["layer"] for row in await parts.listed(inside, [PARCELS])] == ["parcels"] * 4
    assert await parts.listed(database, [PARCELS]) == []
    async with inside.engine.begin() as connection:
        number = (await connection.exec_driver_sql(NEW)).scalar_one()
        views = await connection.exec_driver_sql(
            "SELECT count(*) FROM pg_views WHERE viewname = 'parcels' AND schemaname = 'gateway_all'"
        )
        assert views.scalar_one() == 1
        spread = await connection.exec_driver_sql("SELECT count(*) FROM gateway_all.parcels")
        assert spread.scalar_one() == 2 * 3 + 1
    assert number >> BITS == 1
    await database.dispose()
    answer = await get(door, "/j/alpha/graphql", keys["alpha"], method="POST", headers=JSON, body=ALL.encode())
    assert seen(answer) == {"alpha"}, (canary("alpha"), answer.body)
