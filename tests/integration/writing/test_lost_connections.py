"""Writes whose connection is lost: before the commit they begin again, and before anything was sent they wait."""

import asyncio

import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import DatabaseSettings
from tests.fixtures.door import on, opened
from tests.integration.writing.conftest import Clerk, square

CREATE = "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome parcel { id version } } }"
RENAME = 'mutation ($id: ID!) { updateParcel(change: {id: $id, patch: {address: "1 Elm St"}}) { parcel { version } } }'
BLOCKED = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def parcel(key):
    return {"parcelId": key, "geometry": square(-93.0)}


async def end_blocked(cluster, database):
    """End the connection of the statement that waits for a lock."""
    for _ in range(1_000):
        if cluster.execute(BLOCKED, database=database)[0][0]:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nothing waits for a lock")


@pytest.mark.parametrize(("breaks", "status"), [(2, 200), (3, 503)])
async def test_a_write_that_is_lost_before_its_commit_begins_anew_twice_at_most(clerk, cluster, breaks, status):
    made = (await clerk.data(CREATE, input=parcel("a")))["createParcel"]["parcel"]["id"]
    async with clerk.door.database.session() as session:
        async with session.transaction():
            await session.fetch("SELECT FROM parcels FOR UPDATE", [])
            writing = asyncio.create_task(clerk.send(RENAME, id=made))
            for _ in range(breaks):
                await end_blocked(cluster, clerk.door.database.engine.url.database)
        answer = await writing
    assert answer.status == status, answer.body
    (row,) = (await clerk.parcels()).values()
    assert row["version"] == (2 if status == 200 else 1)


@pytest.mark.parametrize("key", [None, "a-key"])
async def test_writes_wait_for_a_database_that_is_away(restartable, restartable_sample, settings, key):
    database = Database(DatabaseSettings(), restartable_sample)
    secret = await api_keys.create(database, "clerk", [Scope.WRITE], None)
    await database.dispose()
    async with opened(create_app(on(settings, restartable_sample))) as door:
        clerk = Clerk(door, secret)
        made = (await clerk.data(CREATE, input=parcel("a")))["createParcel"]["parcel"]["id"]
        await asyncio.to_thread(restartable.stop)
        try:
            writing = [
                asyncio.create_task(clerk.keyed(key and f"{key}-{number}", document, **variables))
                for number, (document, variables) in enumerate(
                    [(CREATE, {"input": parcel("b")}), (RENAME, {"id": made})]
                )
            ]
            await asyncio.sleep(0.5)
            assert not any(task.done() for task in writing)
        finally:
            await asyncio.to_thread(restartable.start)
        assert [(await task).status for task in writing] == [200, 200]
        found = await clerk.data(
            '{ parcels(filters: {parcelId: {inList: ["a", "b"]}}) { nodes { parcelId version } } }'
        )
    versions = {node["parcelId"]: node["version"] for node in found["parcels"]["nodes"]}
    assert versions == {"a": 2, "b": 1}
