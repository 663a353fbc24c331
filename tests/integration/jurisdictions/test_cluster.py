"""A jurisdiction on a node of a cluster works as one on the server itself, moves while it is read, and says what fails.

Tests that need a cluster run where GATEWAY_TEST_CITUS_URL names one; the others hold that plain PostgreSQL refuses.
"""

import asyncio

import orjson
import pytest
from sqlalchemy import text

from gateway import errors
from gateway.asgi import create_app
from gateway.checks.cluster import TRIGGERS
from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.db import migrations
from gateway.db.changes import Changes
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import known, listed, within
from gateway.execution.statistics import Counting
from gateway.ingest.bulk.guard import Guard, gone
from gateway.ingest.catching_up import catch_up, switch
from gateway.layers import LAYERS
from gateway.management import clusters, jurisdictions
from gateway.management.commands import migrate
from gateway.management.sample import county
from gateway.management.storing import load
from gateway.models.jurisdiction import ALL, BITS
from gateway.settings import AuthSettings
from gateway.sql import jobs
from tests.fixtures.door import JSON, on, opened
from tests.integration.identity.conftest import SECRET, token

CREATE = """mutation { createParcel(input: {parcelId: "1", geometry: {bbox: [-71.5, 42, -71.4, 42.1]}}) {
    outcome parcel { featureId } } }"""
PARCEL = "INSERT INTO parcels (parcel_id, address, geom) VALUES (:key, 'x', ST_ForcePolygonCCW(ST_Multi({box})))"
ROWS = "SELECT count(*) FROM parcels"


def box(west):
    return f"ST_MakeEnvelope({west}, 42, {west + 0.01}, 42.01, 4326)"


async def sent(database, *statements, **values):
    async with database.engine.begin() as connection:
        for statement in statements:
            answer = await connection.execute(text(statement), values)
    return answer


async def made(database, *places):
    """Rows beside one another."""
    for place in places:
        await sent(database, PARCEL.format(box=box(-71 + place * 0.01)), key=f"k{place}")


@pytest.fixture
async def plain(settings, two_apart):
    made = Database(settings.database, two_apart, timeout_ms=0)
    yield made
    await made.dispose()


@pytest.fixture
async def database(settings, two):
    made = Database(settings.database, two, timeout_ms=0)
    yield made
    await made.dispose()


@pytest.fixture
async def cluster_of(settings, two_on_nodes):
    made = Database(settings.database, two_on_nodes, timeout_ms=0)
    yield made
    await made.dispose()


async def test_without_citus_nothing_is_distributed_or_moved(plain):
    with pytest.raises(errors.NoCluster, match="has no Citus"):
        await jurisdictions.add(plain, "gamma", "Gamma", distributed=True)
    assert [row.code for row in await listed(plain)] == ["alpha", "beta"]
    assert not (await sent(plain, "SELECT 1 FROM pg_namespace WHERE nspname = 'gamma'")).all()
    with pytest.raises(errors.NoCluster, match="has no Citus"):
        await clusters.move(plain, "alpha", "127.0.0.1:5432")
    with pytest.raises(errors.UnknownJurisdiction):
        await clusters.move(plain, "gamma", "127.0.0.1:5432")
    assert await clusters.places(plain) == {}


async def test_rows_have_ids_histories_pairs_and_overviews_of_their_own(database):
    """As one statement and as several, with what triggers make of it."""
    for number, code in ((1, "alpha"), (2, "beta")):
        inside = await within(database, code)
        await switch(inside.engine, on=True)
        await catch_up(inside.engine)
        await made(inside, 1, 2, 3)
        await sent(inside, "UPDATE parcels SET address = 'y'", "DELETE FROM parcels WHERE parcel_id = 'k3'")
        ids = (await sent(inside, "SELECT id FROM parcels")).scalars().all()
        assert {each >> BITS for each in ids} == {number}
        done = await sent(inside, "SELECT operation, count(*) FROM parcel_history GROUP BY 1 ORDER BY 1")
        assert [tuple(row) for row in done] == [("CREATE", 3), ("DELETE", 1), ("UPDATE", 3)]
        pairs = "SELECT source_id - target_id FROM parcel_neighbors ORDER BY 1"
        assert (await sent(inside, pairs)).scalars().all() == [-1, 1]
        assert (await sent(inside, "SELECT sum(rows) FROM parcels_overview WHERE level = 7")).scalar_one() == 2
        assert not (await sent(inside, "SELECT id FROM relation_marks")).all()
        await sent(inside, "TRUNCATE parcels")
        assert (await sent(inside, "SELECT count(*) FROM parcel_history")).scalar_one() == 9
    assert (await sent(database, ROWS)).scalar_one() == 0


async def test_a_history_tells_who_made_a_change(settings, two):
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    given = on(settings, two).model_copy(update={"auth": auth})
    headers = JSON | {"authorization": f"Bearer {token(jurisdictions='alpha')}", "x-request-id": "r-1"}
    async with opened(create_app(given)) as door:
        body = orjson.dumps({"query": CREATE})
        answer = await door.request("POST", "/j/alpha/graphql", headers=headers, body=body)
        assert answer.json["data"]["createParcel"]["parcel"]["featureId"] >> BITS == 1, answer.body
    database = Database(settings.database, two)
    (row,) = await sent(await within(database, "alpha"), "SELECT principal, request_id FROM parcel_history")
    await database.dispose()
    assert "clerk" in row.principal
    assert row.request_id == "r-1"


async def test_the_sample_county_is_loaded(database):
    inside = await within(database, "alpha")
    await load(inside, county(60, 7), replace=False, advance=lambda stage, rows: None)
    assert (await sent(inside, ROWS)).scalar_one() == 60
    assert (
        await sent(inside, "SELECT last_id - first_id FROM sample_loads WHERE layer = 'parcels'")
    ).scalar_one() == 59


async def test_who_is_at_work_on_a_job_is_known(database):
    inside = await within(database, "alpha")
    guards = [Guard(inside.engine) for _ in range(2)]
    numbers = [each.number for each in guards]
    values = {"id": "job", "layer": "parcels", "principal": "p", "owner": "p", "format": "geojson", "bytes": 1}
    values |= {"options": {"dry_run": False}, "digest": "00", "state": "waiting", "runner": numbers[0]}

    async def fetch(statement):
        async with inside.engine.begin() as connection:
            return (await connection.execute(statement)).all()

    async def state():
        (row,) = await fetch(jobs.one("job", "p", await gone(fetch)))
        return row.state

    await guards[0].ready()
    await fetch(jobs.add(values))
    assert await state() == "waiting"
    assert await fetch(jobs.adopt("job", numbers[1], await gone(fetch))) == []
    (begun,) = await fetch(jobs.begin("job", numbers[0]))
    assert begun.started_at is not None
    (known,) = await fetch(jobs.known(["job"], numbers[1], await gone(fetch)))
    assert known.others
    assert await state() == "running"
    await guards[0].close()
    assert await state() == "interrupted"
    await guards[1].ready()
    assert [row.state for row in await fetch(jobs.adopt("job", numbers[1], await gone(fetch)))] == ["waiting"]
    assert (await fetch(jobs.begin("job", numbers[1])))[0].started_at == begun.started_at
    assert await fetch(jobs.cancel("job", await gone(fetch)))
    assert await state() == "running"  # until the process that is at work on it sees that
    await guards[1].close()
    assert await fetch(jobs.cancel("job", await gone(fetch)))
    (ended,) = await fetch(jobs.one("job", "p", await gone(fetch)))
    assert (ended.state, ended.finished_at is not None) == ("cancelled", True)


async def test_files_are_loaded_over_http_beside_rows_that_are_there(settings, two):
    auth = AuthSettings(jwt_secret=SECRET, jwt_audience=("gateway",))
    given = on(settings, two).model_copy(update={"auth": auth})
    bearer = {"authorization": f"Bearer {token(jurisdictions='alpha', scope='read bulk')}"}
    sent = {"content-type": "application/geo+json-seq", "prefer": "wait=50"} | bearer
    async with opened(create_app(given)) as door:

        async def loaded(mode, *keys):
            body = b"".join(orjson.dumps(feature(key, mode)) + b"\n" for key in keys)
            path = f"/j/alpha/bulk/parcels?on-duplicate={mode}"
            answer = (await door.request("POST", path, headers=sent, body=body)).json
            shown = (await door.request("GET", f"/j/alpha/jobs/{answer['id']}", headers=bearer)).json
            assert shown["state"] == answer["state"]
            return answer

        counts = (await loaded("error", 1, 2))["counts"]
        assert (counts["inserted"], counts["rejected"]) == (2, 0)
        counts = (await loaded("update", 2, 3))["counts"]
        assert (counts["inserted"], counts["updated"]) == (1, 1)
        counts = (await loaded("skip", 3, 4))["counts"]
        assert (counts["inserted"], counts["skipped"]) == (1, 1)
        failed = await loaded("error", 5, 4)
        assert (failed["state"], failed["error"]["code"]) == ("failed", "DUPLICATE_FEATURE")
        assert "'4' is in parcels already" in failed["error"]["message"]
        document = orjson.dumps({"query": "{ parcels(order: [{parcelId: ASC}]) { nodes { parcelId address } } }"})
        answer = await door.request("POST", "/j/alpha/graphql", headers=JSON | bearer, body=document)
        rows = [tuple(row.values()) for row in answer.json["data"]["parcels"]["nodes"]]
        assert rows == [("1", "error"), ("2", "update"), ("3", "update"), ("4", "skip")]


def feature(key, address):
    west = -71 + key * 0.01
    ring = [[west, 42], [west + 0.01, 42], [west + 0.01, 42.01], [west, 42.01], [west, 42]]
    geometry = {"type": "MultiPolygon", "coordinates": [[ring]]}
    return {"type": "Feature", "properties": {"parcel_id": str(key), "address": address}, "geometry": geometry}


async def test_migrations_go_down_and_up_again(database):
    inside = await within(database, "alpha")
    await migrate.run(inside, "-2", 1)
    await migrate.run(inside, "head", 1)
    async with inside.engine.connect() as connection:
        assert await migrations.applied(connection) == migrations.heads()
    await made(inside, 1)
    assert (await sent(inside, "SELECT count(*) FROM parcel_history")).scalar_one() == 1


async def test_one_is_dropped_whole_and_added_again(database):
    await made(await within(database, "alpha"), 1)
    await jurisdictions.drop(database, "alpha")
    assert [row.code for row in await listed(database)] == ["beta"]
    assert not (await sent(database, "SELECT 1 FROM pg_namespace WHERE nspname = 'alpha'")).all()
    assert await jurisdictions.add(database, "alpha", "Alpha") == 3


@pytest.mark.citus
async def test_one_moves_while_it_is_read_and_its_triggers_with_it(cluster_of, citus):
    inside = await within(cluster_of, "alpha")
    await made(inside, 1, 2)
    there = (await clusters.places(cluster_of))["alpha"]
    (other,) = set(citus.workers) - {there}
    reads = []

    async def read():
        while True:
            reads.append((await sent(inside, ROWS)).scalar_one())

    reading = asyncio.create_task(read())
    await clusters.move(cluster_of, "alpha", other)
    while_moved = len(reads)
    await made(inside, 3)
    assert (await clusters.places(cluster_of))["alpha"] == other
    assert not reading.done()
    reading.cancel()
    await asyncio.wait({reading})
    assert set(reads[:while_moved]) == {2}
    assert while_moved > 5
    assert (await sent(inside, "SELECT count(*) FROM parcel_history")).scalar_one() == 3
    ids = (await sent(inside, "SELECT id FROM parcels ORDER BY 1")).scalars().all()
    assert ids == [(1 << BITS) + each for each in (1, 2, 3)]


@pytest.mark.citus
async def test_what_can_not_be_moved_is_refused_with_what_could(cluster_of, citus):
    await jurisdictions.add(cluster_of, "gamma", "Gamma")
    places = await clusters.places(cluster_of)
    assert set(places) == {"alpha", "beta"}
    for code, node, said in (
        ("gamma", citus.workers[0], "is not distributed"),
        ("alpha", "nowhere:1", citus.workers[1]),
        ("alpha", places["alpha"], "already"),
    ):
        with pytest.raises(errors.NoCluster, match=said):
            await clusters.move(cluster_of, code, node)


@pytest.mark.citus
async def test_without_the_setting_for_triggers_none_is_distributed(citus, settings):
    with citus.database({TRIGGERS: "off"}) as url:
        database = Database(settings.database, url, timeout_ms=0)
        await migrate.run(database, "head")
        with pytest.raises(errors.NoCluster, match="enable_unsafe_triggers"):
            await jurisdictions.add(database, "alpha", "Alpha", distributed=True)
        assert await listed(database) == []
        given = settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})})
        told = {message.rule.id for message in await Run(given, LAYERS, frozenset({Tag.SERVER})).stored(database)}
        await database.dispose()
    assert {"gateway.E213", "gateway.W214"} <= told


@pytest.mark.citus
async def test_a_healthy_cluster_is_told_what_does_not_hold_and_nothing_else(cluster_of, settings):
    inside = await within(cluster_of, "alpha")
    await made(inside, 1)
    for each in (cluster_of, inside):
        found = await Run(settings, LAYERS, frozenset(Tag) - {Tag.SETTINGS, Tag.LAYERS, Tag.DEPLOY}).stored(each)
        told = {message.rule.id for message in found} - {"gateway.W202", "gateway.W203", "gateway.I201"}
        assert told <= {"gateway.I203", "gateway.I601", "gateway.I602", "gateway.I603", "gateway.W601"}, found
        assert "gateway.I203" in told


@pytest.mark.citus
async def test_tiles_of_a_node_are_kept_by_nobody_since_nobody_hears_of_changes(cluster_of, settings, two_on_nodes):
    changes = Changes(settings.database, two_on_nodes)
    try:
        while changes.generation(["parcels"]) is None:  # noqa: ASYNC110 - it begins at the first question
            await asyncio.sleep(0.05)
        assert changes.of("alpha").generation(["parcels"]) is None
    finally:
        await changes.close()


async def test_answers_of_jurisdictions_of_one_server_are_kept(plain):
    assert await Counting(LAYERS, await within(plain, "alpha")).followed() == {"parcels", "zoning_districts"}


@pytest.mark.citus
async def test_answers_of_a_node_are_kept_by_nobody_since_its_transactions_have_other_numbers(cluster_of):
    assert await Counting(LAYERS, await within(cluster_of, "alpha")).followed() == frozenset()


@pytest.mark.citus
async def test_estimates_know_how_many_rows_a_node_has(cluster_of):
    inside = await within(cluster_of, "alpha")
    await made(inside, *range(7))
    await sent(inside, "ANALYZE parcels")
    assert (await Counting(LAYERS, inside).read()).tables["parcels"].rows == 7


@pytest.mark.citus
async def test_all_are_read_together_from_wherever_they_are(cluster_of):
    await made(cluster_of, 0)
    for code in ("alpha", "beta"):
        await made(await within(cluster_of, code), 1)
    every = cluster_of.within((await known(cluster_of))[ALL].path)
    assert (await sent(every, ROWS)).scalar_one() == 3
