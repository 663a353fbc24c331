"""Who loads: private columns are for who may see them, and jobs of principals of one name are their own."""

import pytest

from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.fixtures.sources import fetch
from tests.integration.bulk.test_door import SEQ, line

OWNED = line("P0").replace(b'"parcel_id"', b'"owner_name": "Ann Clerk", "parcel_id"')
OWNERS = "SELECT owner_name, attributes FROM parcels"


@pytest.fixture
async def keys(settings, empty_database):
    """Keys of one name: two with the scope bulk, one that may write, too, and an admin's."""
    database = Database(settings.database, empty_database)
    scopes = ([Scope.BULK], [Scope.BULK], [Scope.BULK, Scope.WRITE], [Scope.ADMIN])
    found = [await api_keys.create(database, "clerk", scope, None) for scope in scopes]
    await database.dispose()
    return [{"authorization": f"Bearer {key}"} for key in found]


async def loaded(door, key, query="", body=OWNED):
    headers = SEQ | key | {"prefer": "wait=50"}
    return (await door.request("POST", f"/bulk/parcels{query}", headers=headers, body=body)).json


async def test_a_private_column_is_filled_by_those_alone_who_may_see_it(bulk, keys, empty_database):
    one, _, clerk, _ = keys
    async with bulk() as door:
        for query in ("", "?map=owner_name=owner_name"):
            job = await loaded(door, one, query)
            assert (job["state"], job["error"]["code"]) == ("failed", "PRIVATE_FIELD"), job
            assert "leave it out with exclude owner_name" in job["error"]["message"]
        assert await fetch(empty_database, OWNERS) == []
        assert (await loaded(door, one, "?exclude=owner_name&dry-run"))["state"] == "complete"
        assert (await loaded(door, one, "?map=owner_name="))["state"] == "complete"
        assert await fetch(empty_database, OWNERS) == [(None, '{"owner_name": "Ann Clerk"}')]
        assert (await loaded(door, clerk, "?on-duplicate=update"))["state"] == "complete"
        assert [row[0] for row in await fetch(empty_database, OWNERS)] == ["Ann Clerk"]


async def test_keys_of_one_name_do_not_share_their_jobs(bulk, keys):
    one, other, _, admin = keys
    async with bulk() as door:
        job = await loaded(door, one, body=line("P0"))
        assert (job["state"], job["principal"]) == ("complete", "clerk")
        path = f"/jobs/{job['id']}"
        seen = [(await door.request("GET", path, headers=key)).status for key in (one, other, admin)]
        assert seen == [200, 404, 200]
