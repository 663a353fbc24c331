"""Reads are answered by replicas that are near enough, writes and what must be as it is now by the primary."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database, RequestSession
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.fixtures.door import on, opened
from tests.fixtures.waiting import eventually
from tests.integration.replicas.conftest import COUNT, CREATE, PRIMARY, RENAME, fit, shape

BOTH_WAYS = pytest.mark.parametrize("planner", ["on", "off"])
DOCUMENTS = [
    COUNT,
    "{ parcels(first: 20) { nodes { parcelId geometry attributes areaSqm } extent } }",
    "{ parcels(first: 20) { nodes { zoningDistricts { edges { coverage node { zoneCode } } } } } }",
    '{ search(text: "main") { layer } }',
    "{ zoningDistricts { groupBy(keys: [{column: CATEGORY}]) { totalCount } } }",
    "{ parcels { aggregate { count sum { assessedValue } } totalCount(mode: ESTIMATED) } }",
    "{ parcels(first: 2) { nodes { neighbors { totalCount } history { nodes { operation } } } } }",
]


@BOTH_WAYS
async def test_queries_are_answered_by_replicas_in_turn_as_the_primary_would(with_replicas, settings, planner):
    async with with_replicas(planner=planner) as gateway:
        answers = []
        for document in DOCUMENTS:
            answer = await gateway.ask(document)
            assert gateway.servers in ({1}, {2}), (document, answer.body)
            answers.append(answer.json.get("data"))
        for _ in range(4):
            await gateway.ask(COUNT)
        assert gateway.servers == {1, 2}
        url = gateway.door.state["database"].engine.url.render_as_string(hide_password=False)
        async with opened(create_app(on(settings, url).model_copy(update={"planner": planner}))) as door:
            assert [(await door.post(document)).json.get("data") for document in DOCUMENTS] == answers


@BOTH_WAYS
async def test_writes_and_what_they_read_go_to_the_primary_on_one_connection(with_replicas, planner):
    async with with_replicas(planner=planner) as gateway:
        made = await gateway.write(CREATE, {"input": {"parcelId": "one", "geometry": shape()}})
        assert gateway.servers == {PRIMARY}
        row = made.json["data"]["createParcel"]["parcel"]["id"]
        change = {"id": row, "patch": {"address": "2 New Road"}}
        two = RENAME.replace("{ updateParcel", "{ again: updateParcel(change: $change) { outcome } updateParcel")
        await gateway.write(two, {"change": change})
        await gateway.write(RENAME, {"change": change | {"patch": {"address": "3"}}}, **{"idempotency-key": "k" * 20})
        assert gateway.servers == {PRIMARY}
        read_by = [pool for name in ("reads", "exports") for pool in gateway.replicas.pools(name)]
        assert all(not pool.in_use for pool in read_by)
        assert gateway.door.database.in_use == 0


async def test_a_replica_that_lags_is_left_out_until_it_has_caught_up(with_replicas, replication):
    first, second = replication.standbys
    async with with_replicas(lag=3.0) as gateway:
        first.pause()
        for _ in range(2):
            assert (await gateway.ask(COUNT)).status == 200
        assert gateway.servers == {1, 2}
        await eventually(lambda: not _written(replication) and [each.number for each in fit(gateway.replicas)] == [2])
        for _ in range(4):
            assert (await gateway.ask(COUNT)).status == 200
        assert gateway.servers == {2}
        second.pause()
        await eventually(lambda: not _written(replication) and not gateway.replicas.reading)
        await gateway.ask(COUNT)
        assert gateway.servers == {PRIMARY}
        first.go_on()
        second.go_on()
        await eventually(lambda: len(fit(gateway.replicas)) == 2)
        await gateway.ask(COUNT)
        assert gateway.servers in ({1}, {2})


def _written(replication):
    replication.primary.execute("SELECT pg_logical_emit_message(true, 'test', 'x')")


async def test_a_replica_of_a_primary_that_rests_is_not_behind(with_replicas):
    async with with_replicas(lag=2.0) as gateway:
        await asyncio.sleep(4)
        for _ in range(5):
            await gateway.ask(COUNT)
        assert gateway.servers == {1, 2}


async def test_the_least_busy_replica_is_asked(gateway):
    busy = gateway.replicas._replicas[0].pools["reads"]
    async with busy.session() as one, busy.session() as two:
        await one.fetch("SELECT 1", ())
        await two.fetch("SELECT 1", ())
        assert gateway.servers == {1}
        for _ in range(6):
            await gateway.ask(COUNT)
        assert gateway.servers == {2}


async def test_a_key_that_was_just_made_is_known_though_no_replica_has_it(gateway, replication):
    for node in replication.standbys:
        node.pause()
    key = await api_keys.create(gateway.door.database, "new", [Scope.READ], None)
    gateway.servers  # noqa: B018 - forgets
    answer = await gateway.ask(COUNT, **{"x-api-key": key})
    assert answer.status == 200
    assert gateway.servers in ({1}, {2})


async def test_the_last_minute_is_read_from_the_primary_and_what_is_older_from_replicas(gateway):
    now = datetime.now(UTC)
    document = '{ parcels(first: 1, asOf: "%s") { nodes { parcelId } } }'
    for moment, servers in ((now, [{PRIMARY}]), (now - timedelta(hours=1), [{1}, {2}])):
        gateway.servers  # noqa: B018 - forgets
        answer = await gateway.ask(document % moment.isoformat())
        assert gateway.servers in servers, answer.body


async def test_without_replicas_sessions_are_those_of_before(settings, served_database):
    async with opened(create_app(on(settings, served_database))) as door:
        assert door.state["reads"] is door.state["database"]
        assert isinstance(door.state["exports"], Database)
        assert type(door.state["reads"].session()) is RequestSession
        assert not door.state["replicas"]
        answer = await door.request("GET", "/graphql?query={__typename}", headers={"consistency-token": "nonsense"})
        assert answer.status == 200  # which nothing reads


async def test_explain_tells_statements_that_a_replica_was_sent(gateway):
    answer = await gateway.ask(COUNT, **{"x-explain": "1"})
    (statement,) = answer.json["extensions"]["explain"]["statements"]
    assert "plan" in statement
    assert gateway.servers in ({1}, {2})


async def test_metrics_tell_of_each_replica_by_its_number(with_replicas, replication):
    async with with_replicas(lag=300) as gateway:

        async def told(name, number):
            body = (await gateway.get("/metrics")).body.decode()
            values = dict(line.rsplit(" ", 1) for line in body.splitlines() if line.startswith("gateway_replica"))
            return float(values[f'gateway_replica_{name}{{replica="{number}"}}'])

        async def behind():
            _written(replication)
            return await told("lag_seconds", 1) > 0.2 and await told("lag_bytes", 2) > 100

        for node in replication.standbys:
            node.pause()
        await eventually(behind)
        assert await told("used", 1) == 1
        await gateway.ask(COUNT)
        assert orjson.loads((await gateway.get("/readyz")).body) == {"status": "ready"}
