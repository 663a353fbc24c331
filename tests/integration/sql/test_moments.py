"""The history of rows, by any way of changing them, and reads as of any moment of it."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.db.sessions import Database
from gateway.layers import LAYERS, PARCELS
from gateway.planner.derived import BBOX
from gateway.settings import DatabaseSettings
from gateway.sql import pages, rows, summaries
from gateway.sql.explain import Explain
from tests.fixtures.plans import indexes, scanned
from tests.fixtures.reading import query

PUT = """
INSERT INTO parcels (parcel_id, address, geom)
SELECT key, $2, ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope($3::int, 0, $3::int + 1, 1, 4326)))
FROM unnest($1::text[]) AS key ON CONFLICT (parcel_id) DO UPDATE SET address = excluded.address, geom = excluded.geom
"""
CHANGE = "UPDATE parcels SET address = $2 WHERE parcel_id = ANY($1)"
REMOVE = "DELETE FROM parcels WHERE parcel_id = ANY($1)"
ENTRIES = "SELECT * FROM parcel_history WHERE id = $1 ORDER BY changed_at"
NOW = "SELECT clock_timestamp()"
# Versions of a row that don't meet: one begins before the one before it ends, or after.
APART = """
SELECT * FROM (
    SELECT operation, updated_at, lag(changed_at) OVER (PARTITION BY id ORDER BY changed_at) AS ended
    FROM (SELECT id, operation, updated_at, changed_at FROM parcel_history
          UNION ALL SELECT id, 'NOW', updated_at, 'infinity' FROM parcels) AS every) AS each
WHERE operation <> 'CREATE' AND updated_at <> ended
"""


@pytest.fixture
async def connection(empty_database):
    found = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    yield found
    await found.close()


@pytest.fixture
async def other(empty_database):
    found = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    yield found
    await found.close()


async def put(connection, *keys, address="new", west=0):
    await connection.execute(PUT, keys, address, west)
    return [row["id"] for row in await connection.fetch("SELECT id FROM parcels WHERE parcel_id = ANY($1)", keys)]


async def test_each_change_of_a_row_keeps_the_row_before_it_and_who_made_it(connection):
    (number,) = await put(connection, "a", address="first")
    async with connection.transaction():
        await connection.execute("SET LOCAL gateway.principal = 'maria'; SET LOCAL gateway.request_id = 'r-1'")
        await connection.execute(CHANGE, ["a"], "second")
    await connection.execute(REMOVE, ["a"])
    made, changed, removed = await connection.fetch(ENTRIES, number)
    assert (made["operation"], made["version"], made["parcel_id"], made["geom"]) == ("CREATE", 0, None, None)
    assert (changed["operation"], changed["version"], changed["address"]) == ("UPDATE", 1, "first")
    assert (changed["principal"], changed["request_id"]) == ("maria", "r-1")
    assert (removed["operation"], removed["version"], removed["address"]) == ("DELETE", 2, "second")
    assert (made["principal"], removed["principal"], removed["request_id"]) == (None, None, None)
    assert made["changed_at"] == changed["updated_at"] < changed["changed_at"] == removed["updated_at"]
    assert removed["geom"] is not None


async def test_a_change_that_is_rolled_back_leaves_no_entry(connection):
    (number,) = await put(connection, "a")
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(CHANGE, ["a"], "second")
    await transaction.rollback()
    assert len(await connection.fetch(ENTRIES, number)) == 1


async def test_a_table_that_is_truncated_keeps_its_rows_as_deleted(connection):
    await put(connection, "a", "b")
    await connection.execute("TRUNCATE parcels RESTART IDENTITY")
    kept = await connection.fetch("SELECT parcel_id FROM parcel_history WHERE operation = 'DELETE'")
    assert sorted(row["parcel_id"] for row in kept) == ["a", "b"]
    await put(connection, "c")
    assert await connection.fetch(APART.replace("WHERE operation", "WHERE updated_at < ended AND operation")) == []


async def test_the_id_of_a_row_never_changes(connection):
    await put(connection, "a")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changes"):
        await connection.execute("UPDATE parcels SET id = id + 1")


async def test_times_of_a_row_are_in_order_though_transactions_overlap(connection, other):
    (number,) = await put(connection, "a")
    async with connection.transaction():
        await connection.fetch(NOW)
        await other.execute(CHANGE, ["a"], "by the one that began last")
        await connection.execute(CHANGE, ["a"], "by the one that began first")
    entries = await connection.fetch(ENTRIES, number)
    assert [entry["version"] for entry in entries] == [0, 1, 2]
    assert await connection.fetch(APART) == []


async def test_a_plan_made_for_one_row_does_not_meet_each_of_many_with_each(connection):
    await put(connection, "a")
    await connection.execute(CHANGE, ["a"], "alone")
    await connection.execute(PUT, [f"k{n}" for n in range(3000)], "many", 0)
    await connection.execute("LOAD 'auto_explain'")
    await connection.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on")
    await connection.execute("SET auto_explain.log_level = notice; SET client_min_messages = notice")
    told = []
    connection.add_log_listener(lambda _, message: told.append(message.message))
    await connection.execute("UPDATE parcels SET land_use = 'R1'")
    (plan,) = [message for message in told if "INSERT INTO parcel_history" in message]
    assert "Full Join" in plan
    assert "Nested Loop" not in plan


KEYS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
STEPS = st.one_of(
    st.tuples(st.just(PUT), KEYS, st.text("xyz", max_size=2), st.integers(0, 3)),
    st.tuples(st.just(CHANGE), KEYS, st.text("xyz", max_size=2)),
    st.tuples(st.just(REMOVE), KEYS),
)
TRANSACTIONS = st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=5)


class Past:
    """Plays transactions and remembers what there was after each."""

    def __init__(self, connection, database):
        self._connection = connection
        self._database = database

    async def play(self, transactions):
        await self._connection.execute("DELETE FROM parcels")
        seen = {}
        for steps in transactions:
            async with self._connection.transaction():
                for statement, *arguments in steps:
                    await self._connection.execute(statement, *arguments)
            seen[await self._connection.fetchval(NOW)] = await self._there()
        assert await self._connection.fetch(APART) == []
        for moment, there in seen.items():
            assert await self._then(moment) == there

    async def _there(self):
        found = await self._connection.fetch("SELECT parcel_id, address, version, ST_XMin(geom) AS west FROM parcels")
        return {row["parcel_id"]: tuple(row)[1:] for row in found}

    async def _then(self, moment):
        layers = LAYERS.as_of(moment)
        asked = replace(query(), layer=layers["parcels"])
        async with self._database.session() as session:
            found = [row[0] for row in await session.rows(pages.root_page(layers, asked))]
            boxes = await session.rows(rows.values(layers["parcels"], BBOX, [row.id for row in found]))
            assert await session.scalar(summaries.count(layers, asked, None)) == len(found)
        west = {row.id: row.value[0] for row in boxes}
        assert len({row.id for row in found}) == len(found)
        return {row.parcel_id: (row.address, row.version, west[row.id]) for row in found}


def test_a_read_as_of_any_moment_is_what_there_was(empty_database):
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(empty_database.replace("+asyncpg", "")))
        database = Database(DatabaseSettings(), empty_database)
        past = Past(connection, database)

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(TRANSACTIONS)
        def holds(transactions):
            runner.run(past.play(transactions))

        try:
            holds()
        finally:
            runner.run(connection.close())
            runner.run(database.dispose())


async def test_reads_as_of_a_moment_use_the_indexes_of_the_table_and_of_the_history(connection, empty_database):
    fill = """
        INSERT INTO parcels (parcel_id, geom)
        SELECT 'P' || n, ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(x, y, x + 0.01, y + 0.01, 4326)))
        FROM (SELECT n, n % 100 / 50.0 AS x, n / 100 / 50.0 AS y FROM generate_series(0, 4999) AS n) AS lot
    """
    for statement in (fill, "UPDATE parcels SET land_use = 'R1'", "ANALYZE parcels, parcel_history"):
        await connection.execute(statement)
    moment = await connection.fetchval("SELECT min(updated_at) FROM parcels")
    filled = await connection.fetchval("SELECT DISTINCT tableoid::regclass::text FROM parcel_history")
    layers = LAYERS.as_of(moment)
    here = {"bbox": [0.5, 0.5, 0.52, 0.52]}
    near = {"geometry": {"wkt": "POINT (0.5 0.5)"}, "distance": 100}
    statements = {
        "id": rows.by_id(layers["parcels"], [7]),
        "parcel_id": rows.by_key(layers["parcels"], "parcel_id", ["P7"]),
        "geom": pages.root_page(layers, as_of(layers, {"geometry": {"intersects": here}})),
        "geog": pages.root_page(layers, as_of(layers, {"geometry": {"dwithin": near}})),
    }
    database = Database(DatabaseSettings(), empty_database)
    async with database.session() as session:
        for name, statement in statements.items():
            plan = (await session.scalar(Explain(statement)))[0]["Plan"]
            assert len(indexes(plan)) >= 2, name
            assert not scanned(plan) & {"parcels", filled}, name
    await database.dispose()


def as_of(layers, filters):
    return replace(query(PARCELS, filters=filters), layer=layers["parcels"])
