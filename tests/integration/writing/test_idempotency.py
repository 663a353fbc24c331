"""Idempotency keys: a write that is sent again is answered again, and done once, whatever breaks in between."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution.writing import Once
from gateway.identity import api_keys
from gateway.identity.principal import Principal, Scope
from tests.fixtures.door import on, opened
from tests.fixtures.wire import Fault, wired
from tests.integration.writing.conftest import Clerk, square

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
CREATE = """
mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome parcel { id parcelId version } } }
"""
EACH = """
mutation ($inputs: [ParcelInput!]!) {
  createParcels(inputs: $inputs, atomic: false) { results { outcome error { code } parcel { id } } }
}
"""
RENAME = """
mutation ($id: ID!, $to: String!) {
  updateParcel(change: {id: $id, patch: {address: $to}}) { outcome parcel { version } }
}
"""
DELETE = "mutation ($id: ID!) { deleteParcel(removal: {id: $id}) { outcome } }"
UPSERT = CREATE.replace("createParcel(", "upsertParcel(")


def parcel(key, **values):
    return {"parcelId": key, "geometry": square(-93.0)} | values


async def made(clerk, key):
    return (await clerk.data(CREATE, input=parcel(key)))["createParcel"]["parcel"]["id"]


def replayed(answer):
    return answer.headers.get("idempotency-replayed") == "true"


async def test_a_write_that_is_sent_again_is_answered_again_and_done_once(clerk):
    row, other = await made(clerk, "there"), await made(clerk, "other")
    serializable = RENAME.replace("change:", "isolation: SERIALIZABLE, change:")
    for key, (document, variables) in {
        "create": (CREATE, {"input": parcel("new")}),
        "each": (EACH, {"inputs": [parcel("newer"), parcel("there")]}),
        "update": (RENAME, {"id": row, "to": "1 Elm St"}),
        "serializable": (serializable, {"id": row, "to": "2 Elm St"}),
        "upsert": (UPSERT, {"input": parcel("there", address="3 Elm St")}),
        "delete": (DELETE, {"id": other}),
    }.items():
        with capture_logs() as lines:
            first = await clerk.keyed(key, document, **variables)
        assert first.status == 200, first.body
        assert not replayed(first)
        assert sum(line["event"] == "write" for line in lines) == 1
        left = await clerk.parcels()
        with capture_logs() as lines:
            again = await clerk.keyed(f'"{key}"', document, **variables)  # as the draft has it
        assert (again.status, again.body, replayed(again)) == (200, first.body, True)
        assert not [line for line in lines if line["event"] == "write"]
        assert await clerk.parcels() == left


async def test_a_key_stands_for_one_operation_and_its_variables(clerk):
    await clerk.keyed(KEY, CREATE, input=parcel("a"))
    for document, variables in (
        (CREATE, {"input": parcel("b")}),
        (CREATE.replace("version", ""), {"input": parcel("a")}),
    ):
        answer = await clerk.keyed(KEY, document, **variables)
        assert (answer.status, answer.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert set(await clerk.parcels()) == {"a"}
    turned = dict(reversed(parcel("a").items()))
    assert replayed(await clerk.keyed(KEY, CREATE, input=turned))  # the order of keys means nothing in JSON


async def test_a_key_belongs_to_the_client_that_sends_it(clerk, empty_database, settings):
    database = Database(settings.database, empty_database)
    others = [
        Clerk(clerk.door, await api_keys.create(database, name, scopes, None))
        for name, scopes in (("other", [Scope.WRITE]), ("clerk", [Scope.WRITE, Scope.BULK]))
    ]
    await database.dispose()
    await clerk.keyed(KEY, CREATE, input=parcel("a"))
    for other in others:  # the second is of the same name
        answer = await other.keyed(KEY, CREATE, input=parcel("a"))
        assert (answer.code, replayed(answer)) == ("KEY_TAKEN", False)


async def test_a_write_that_failed_leaves_its_key_free(clerk):
    assert (await clerk.keyed(KEY, CREATE, input=parcel("a", yearBuilt=10**10))).status == 400
    await made(clerk, "a")
    assert (await clerk.keyed(KEY, CREATE, input=parcel("a"))).code == "KEY_TAKEN"
    answer = await clerk.keyed(KEY, CREATE, input=parcel("b"))
    assert answer.json["data"]["createParcel"]["outcome"] == "CREATED"
    assert not replayed(answer)


async def test_a_key_that_is_none_is_refused(clerk):
    for accept in ("application/graphql-response+json", "application/json"):
        clerk.headers["accept"] = accept
        for key in ("", "x" * 256, "a\tb", '"half'):
            answer = await clerk.keyed(key, CREATE, input=parcel("a"))
            assert (answer.status, answer.code) == (400, "BAD_IDEMPOTENCY_KEY")
    assert await clerk.parcels() == {}


async def test_reads_take_no_notice_of_a_key(clerk):
    read = "{ parcels { totalCount } }"
    assert (await clerk.keyed(KEY, read)).json["data"]["parcels"]["totalCount"] == 0
    await clerk.keyed(KEY, CREATE, input=parcel("a"))
    answer = await clerk.keyed(KEY, read)
    assert (answer.json["data"]["parcels"]["totalCount"], replayed(answer)) == (1, False)


async def test_a_key_without_a_credential_does_nothing(settings, empty_database):
    auth = settings.auth.model_copy(update={"anonymous": ("read", "write")})
    async with opened(create_app(on(settings, empty_database).model_copy(update={"auth": auth}))) as door:
        nobody = Clerk(door, None)
        nobody.headers.pop("authorization")
        assert (await nobody.keyed(KEY, CREATE, input=parcel("a"))).status == 200
        answer = await nobody.keyed(KEY, CREATE, input=parcel("a"))
    assert answer.code == "KEY_TAKEN"


@pytest.mark.parametrize("isolation", ["READ_COMMITTED", "SERIALIZABLE"])
async def test_requests_at_the_same_time_wait_for_the_first(clerk, isolation):
    document = CREATE.replace("input: $input", f"input: $input, isolation: {isolation}")
    answers = await asyncio.gather(*(clerk.keyed(KEY, document, input=parcel("a")) for _ in range(6)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert sum(map(replayed, answers)) == 5


async def test_a_key_whose_first_request_goes_on_is_in_use(settings, empty_database, clerk):
    limits = settings.database.model_copy(update={"url": empty_database, "lock_timeout_ms": 200})
    asked = (CREATE, None, {"input": parcel("a")})
    identity = f"key {clerk.key.split('_')[1]}"
    principal = Principal("clerk", frozenset({Scope.WRITE, Scope.READ}), identity=identity)
    async with (
        opened(create_app(settings.model_copy(update={"database": limits}))) as door,
        door.database.session() as session,
        session.transaction(),
    ):
        assert await Once.of(session, principal, KEY, asked, seconds=60).claim() is None
        answer = await Clerk(door, clerk.key).keyed(KEY, CREATE, input=parcel("a"))
    assert (answer.status, answer.code) == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert answer.json["errors"][0]["extensions"]["retryable"] is True
    assert await clerk.parcels() == {}


async def test_a_key_ends_after_a_while(clerk, settings):
    await clerk.keyed(KEY, CREATE, input=parcel("a"))
    seconds = settings.limits.idempotency_seconds
    async with clerk.door.database.session() as session:
        await session.fetch(f"UPDATE idempotency_keys SET created_at = now() - interval '{seconds} s'", [])
    for expected in (False, True):
        answer = await clerk.keyed(KEY, CREATE, input=parcel("b"))
        assert (answer.status, replayed(answer)) == (200, expected)
    assert set(await clerk.parcels()) == {"a", "b"}


async def test_a_write_that_is_explained_is_kept_without_the_explanation(clerk):
    clerk.headers["x-explain"] = "1"
    first = (await clerk.keyed(KEY, CREATE, input=parcel("a"))).json
    again = (await clerk.keyed(KEY, CREATE, input=parcel("a"))).json
    assert again["data"] == first["data"]
    assert "statements" in first["extensions"]["explain"]
    assert "statements" not in again["extensions"]["explain"]


async def test_browsers_may_send_a_key_and_see_that_an_answer_is_old(clerk):
    asked = {"origin": "https://map.example.org", "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "authorization,content-type,idempotency-key"
    preflight = await clerk.door.request("OPTIONS", "/graphql", headers=asked)
    assert preflight.status == 200
    assert "idempotency-key" in preflight.headers["access-control-allow-headers"].lower()
    clerk.headers["origin"] = "https://map.example.org"
    answer = await clerk.keyed(KEY, CREATE, input=parcel("a"))
    assert "Idempotency-Replayed" in answer.headers["access-control-expose-headers"]


@pytest.fixture
def broken(settings, empty_database, clerk, tmp_path):
    """`async with broken(*faults) as (wire, clerk)`: a gateway whose connection to PostgreSQL breaks at its commits."""

    class Broken:
        def __init__(self, *faults):
            self._wire = wired(empty_database, tmp_path, *faults)

        async def __aenter__(self):
            wire, url = await self._wire.__aenter__()
            limits = settings.database.model_copy(update={"url": url, "lock_timeout_ms": 300})
            self._door = opened(create_app(settings.model_copy(update={"database": limits})))
            return wire, Clerk(await self._door.__aenter__(), clerk.key)

        async def __aexit__(self, *error):
            await self._door.__aexit__(*error)
            await self._wire.__aexit__(*error)

    return Broken


@pytest.mark.parametrize("faults", [(Fault.BEFORE,), (Fault.AFTER,), (Fault.BEFORE, Fault.BEFORE, Fault.AFTER)])
async def test_a_key_settles_whether_a_lost_commit_came_through(broken, clerk, faults):
    async with broken(*faults) as (wire, far):
        with capture_logs() as lines:
            answer = await far.keyed(KEY, CREATE, input=parcel("a"))
        assert wire.faults == []
    assert answer.status == 200, answer.body
    assert answer.json["data"]["createParcel"]["outcome"] == "CREATED"
    assert not replayed(answer)
    assert sum(line["event"] == "write" for line in lines) == 1
    assert {key: row["version"] for key, row in (await clerk.parcels()).items()} == {"a": 1}
    again = await clerk.keyed(KEY, CREATE, input=parcel("a"))
    assert (again.body, replayed(again)) == (answer.body, True)


@pytest.mark.parametrize(
    "document", [CREATE, CREATE.replace("{ outcome", "{ index outcome").replace("create", "upsert")]
)
@pytest.mark.parametrize(("fault", "left"), [(Fault.BEFORE, set()), (Fault.AFTER, {"a"})])
async def test_without_a_key_a_lost_commit_has_an_unknown_outcome(broken, clerk, fault, left, document):
    async with broken(fault) as (wire, far):
        answer = await far.send(document, input=parcel("a"))
    assert wire.faults == []
    assert (answer.status, answer.code) == (503, "UNKNOWN_OUTCOME")
    assert "retryable" not in answer.json["errors"][0]["extensions"]
    assert set(await clerk.parcels()) == left


async def test_a_lost_commit_that_may_still_come_is_told_and_settled_by_sending_it_again(broken, clerk):
    async with broken(Fault.HALF) as (wire, far):
        answer = await far.keyed(KEY, CREATE, input=parcel("a"))
        assert (answer.status, answer.code) == (503, "UNKNOWN_OUTCOME")
        problem = answer.json["errors"][0]
        assert problem["extensions"]["retryable"] is True
        assert "same Idempotency-Key" in problem["message"]
        wire.let_go()
        answer = await far.keyed(KEY, CREATE, input=parcel("a"))
    assert answer.status == 200
    assert set(await clerk.parcels()) == {"a"}
