"""Who may load files and see jobs: every kind of credential; what is not granted is denied."""

import json

import pytest

from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.fixtures.sources import fetch, grid
from tests.integration.identity.conftest import ask

ALLOWED = {"key:bulk", "key:admin"}
SEQ = {"content-type": "application/geo+json-seq"}
RING = [list(position) for position in grid(1)[0].exterior.coords]
SHAPE = {"type": "Polygon", "coordinates": [RING]}
BODY = json.dumps({"type": "Feature", "properties": {"parcel_id": "new"}, "geometry": SHAPE}).encode()
DOCUMENTS = ('{ job(id: "x") { id } }', "{ jobs { id } }")
DEEDS = tuple(f'mutation {{ {name}(id: "x") {{ id }} }}' for name in ("cancelJob", "resumeJob"))
PATHS = (
    ("GET", "/jobs/x"),
    ("GET", "/jobs/x/report"),
    ("POST", "/jobs/x/cancel"),
    ("POST", "/jobs/x/resume"),
)


def bearer(credential):
    return {} if credential is None else {"authorization": f"Bearer {credential}"}


async def test_each_credential_may_do_what_its_scopes_grant(guarded, credentials, empty_database):
    async with guarded() as door:
        for name, credential in credentials.items():
            given = bearer(credential)
            sent = await door.request("POST", "/bulk/parcels?dry-run", headers=SEQ | given, body=BODY)
            seen = [await door.request(method, path, headers=given) for method, path in PATHS]
            asked = [await ask(door, document, credential) for document in (*DOCUMENTS, *DEEDS)]
            if name in ALLOWED:
                assert sent.status == 202, (name, sent.body)
                assert {answer.status for answer in seen} == {404}, name
                assert ["errors" in answer.json for answer in asked] == [False, False, True, True], name
                assert {answer.code for answer in asked[2:]} == {"NOT_FOUND"}
                continue
            known = name in {"key:read", "key:write", "key:analyze", "token:write"}
            code = "FORBIDDEN" if known else "UNAUTHENTICATED"
            for answer in (sent, *seen, *asked):
                assert answer.code == code, (name, answer.body)
            for answer in (sent, *seen):
                assert answer.status == (403 if code == "FORBIDDEN" else 401)
                assert ("www-authenticate" in answer.headers) is (answer.status == 401)
    assert await fetch(empty_database, "SELECT DISTINCT principal FROM jobs ORDER BY 1") == [
        ("admin key",),
        ("bulk key",),
    ]


@pytest.fixture
async def other(credentials, settings, empty_database):
    """Another key with the scope bulk."""
    database = Database(settings.database, empty_database)
    key = await api_keys.create(database, "other", [Scope.BULK], None)
    await database.dispose()
    return key


async def test_a_job_is_seen_by_its_owner_and_by_admin(guarded, credentials, other):
    async with guarded() as door:
        owner, admin = bearer(credentials["key:bulk"]), bearer(credentials["key:admin"])
        headers = SEQ | owner | {"prefer": "wait=50"}
        job = (await door.request("POST", "/bulk/parcels", headers=headers, body=BODY)).json
        assert job["principal"] == "bulk key"
        path, query = f"/jobs/{job['id']}", f'{{ job(id: "{job["id"]}") {{ id }} jobs {{ id }} }}'
        for given in (owner, admin):
            assert (await door.request("GET", path, headers=given)).status == 200
        stranger = await door.request("GET", path, headers=bearer(other))
        assert (stranger.status, stranger.code) == (404, "NOT_FOUND")
        for verb in ("cancel", "resume"):
            assert (await door.request("POST", f"{path}/{verb}", headers=bearer(other))).status == 404
        assert (await ask(door, query, other)).json["data"] == {"job": None, "jobs": []}
        assert (await ask(door, query, credentials["key:bulk"])).json["data"]["jobs"] == [{"id": job["id"]}]
        assert (await ask(door, query, credentials["key:admin"])).json["data"]["job"] == {"id": job["id"]}


async def test_a_key_for_bulk_loads_writes_nothing_else(guarded, credentials):
    mutation = 'mutation { cancelJob(id: "x") { id } deleteParcel(removal: {id: "UGFyY2VsOjE="}) { outcome } }'
    async with guarded() as door:
        answer = await ask(door, mutation, credentials["key:bulk"])
        assert (answer.status, answer.code) == (403, "FORBIDDEN")
        answer = await ask(
            door, f"mutation {{ ...all }} fragment all on Mutation {mutation[9:]}", credentials["key:bulk"]
        )
        assert (answer.status, answer.code) == (403, "FORBIDDEN")
