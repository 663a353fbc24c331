"""`/identity`: a page learns whose its credential is, and what it may do."""

import orjson
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.fixtures.door import JSON, on, opened


@pytest.fixture
async def door(settings, empty_database):
    async with opened(create_app(on(settings, empty_database))) as found:
        yield found


async def test_it_tells_name_and_scopes_of_a_key(door, settings, empty_database):
    database = Database(settings.database, empty_database)
    key = await api_keys.create(database, "permit desk", [Scope.READ, Scope.WRITE], None)
    chief = await api_keys.create(database, "chief", [Scope.ADMIN], None)
    await database.dispose()
    answer = await door.request("GET", "/identity", headers={"x-api-key": key})
    assert answer.json | {"written": None} == {
        "name": "permit desk",
        "anonymous": False,
        "scopes": ["read", "write"],
        "written": None,
    }
    assert answer.headers["cache-control"] == "no-store"
    answer = await door.request("GET", "/identity", headers={"x-api-key": chief})
    assert answer.json["scopes"] == [scope.value for scope in Scope]  # admin is all of them


async def test_without_a_credential_it_tells_what_anyone_may(door):
    answer = await door.request("GET", "/identity")
    assert answer.json == {"name": "anonymous", "anonymous": True, "scopes": ["read"]}


async def test_a_key_that_does_not_hold_is_refused(door):
    answer = await door.request("GET", "/identity", headers={"x-api-key": "no key"})
    assert answer.status == 401
    assert answer.json["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_who_may_write_is_told_how_of_the_columns_that_they_see(settings, empty_database):
    database = Database(settings.database, empty_database)
    key = await api_keys.create(database, "permit desk", [Scope.READ, Scope.WRITE], None)
    chief = await api_keys.create(database, "chief", [Scope.ADMIN], None)
    await database.dispose()
    auth = settings.auth.model_copy(update={"private": {"parcels.owner_name": "admin"}})
    given = on(settings, empty_database).model_copy(update={"auth": auth, "documents": "trusted"})
    async with opened(create_app(given)) as door:
        for credential, sees in ((key, False), (chief, True)):
            headers = {"x-api-key": credential}
            written = (await door.request("GET", "/identity", headers=headers)).json["written"]["parcels"]
            assert ("ownerName" in {field["name"] for field in written["fields"]}) is sees
            assert ("ownerName" in written["documents"]["edited"]) is sees
            assert written["whole"] is sees
            body = orjson.dumps({"query": written["documents"]["edited"], "variables": {"id": 1}})
            answer = await door.request("POST", "/graphql", headers=JSON | headers, body=body)
            assert answer.json["data"] == {"parcel": None}  # it is trusted
