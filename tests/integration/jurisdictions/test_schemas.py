"""A jurisdiction is made whole, migrated with the others, and gone only if that is meant."""

import asyncio

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway import errors
from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import listed, within
from gateway.execution.statistics import Counting
from gateway.ingest.catching_up import catch_up, switch
from gateway.layers import LAYERS
from gateway.management import jurisdictions
from gateway.management.commands import migrate
from gateway.models.jurisdiction import BITS
from gateway.sql import triggers
from gateway.sql.jurisdictions import first_id, settle
from tests.integration.identity.conftest import SQUARE

PARCEL = f"INSERT INTO parcels (parcel_id, geom) VALUES ('1', {SQUARE}) RETURNING id"
HOSTILE = [
    *("", "Alpha", "1st", "a b", "a--b", "-a", "a-", "a__b", "\u00e4", "\u0430lpha", "x" * 41, 'a"b', "a'b", "a;drop"),
    *("../a", "a/b", "a%2fb", "a\n", "a\x00", "pg_catalog", "pg_temp_3", "pg_toast", "information_schema", "public"),
    *("topology;--", "$user", "*", ".", "a."),
]


@pytest.fixture
async def database(settings, empty_database):
    made = Database(settings.database, empty_database, timeout_ms=0)
    yield made
    await made.dispose()


async def sent(database, *statements):
    async with database.engine.begin() as connection:
        for statement in statements:
            answer = await connection.execute(text(statement))
    return answer


async def test_a_code_that_could_be_anything_else_is_refused(database):
    for code in HOSTILE:
        with pytest.raises(errors.BadJurisdiction):
            await jurisdictions.add(database, code, "no matter")
    assert await listed(database) == []


async def test_a_code_that_names_a_schema_or_a_role_is_refused(database, cluster):
    """`"$user"` comes first in the usual search_path: a schema called as a role would hide public's tables from it."""
    await sent(database, "CREATE SCHEMA topology_of_us")
    role = cluster.execute("SELECT current_user AS name")[0]["name"]
    for code, kind in (("topology_of_us", "schema"), (role, "role")):
        with pytest.raises(errors.BadJurisdiction, match=f"There is a {kind}"):
            await jurisdictions.add(database, code, "no matter")


async def test_ids_are_settled_in_whichever_order_the_planner_joins(database):
    number = await jurisdictions.add(database, "alpha", "Alpha")
    inside = await within(database, "alpha")
    await sent(inside, "ALTER SEQUENCE parcels_id_seq MINVALUE 7")
    for seed in range(20):
        async with inside.engine.connect() as connection:
            genetic = {"geqo_threshold": 2, "geqo_pool_size": 2, "geqo_generations": 1, "geqo_seed": seed / 20}
            for name, value in genetic.items():
                await connection.execute(text(f"SET LOCAL {name} = {value}"))
            await connection.execute(settle(number))
            found = await connection.scalar(
                text("SELECT seqmin FROM pg_sequence WHERE seqrelid = 'parcels_id_seq'::regclass")
            )
            await connection.rollback()
        assert found == first_id(number)


async def test_a_name_may_be_any_text(database):
    name = "San José'; DROP TABLE parcels; -- 日本 $1 :name %s"
    await jurisdictions.add(database, "san-jose", name)
    assert [(row.code, row.name) for row in await listed(database)] == [("san-jose", name)]


async def test_what_fails_half_way_leaves_nothing(database, monkeypatch):
    def broken(number):
        return text("SELECT 1 / 0")

    monkeypatch.setattr(jurisdictions.sql, "settle", broken)
    with pytest.raises(Exception, match="division by zero"):
        await jurisdictions.add(database, "alpha", "Alpha")
    monkeypatch.undo()
    assert await listed(database) == []
    assert not (await sent(database, "SELECT 1 FROM pg_namespace WHERE nspname = 'alpha'")).all()
    await jurisdictions.add(database, "alpha", "Alpha")


async def test_rows_keys_and_ids_are_its_own(database):
    ids = {"": (await sent(database, PARCEL)).scalar_one()}
    for code in ("alpha", "beta"):
        number = await jurisdictions.add(database, code, code)
        inside = await within(database, code)
        ids[code] = (await sent(inside, PARCEL)).scalar_one()
        assert ids[code] == first_id(number) == (number << BITS) + 1
        assert (await sent(inside, "SELECT count(*) FROM parcels")).scalar_one() == 1
    assert ids[""] == 1
    assert max(ids.values()) < 2**53
    with pytest.raises(IntegrityError):
        await sent(await within(database, "alpha"), PARCEL)


async def test_a_connection_of_the_pool_never_keeps_the_path_of_another(settings, empty_database):
    one = settings.database.model_copy(update={"pool_size": 1, "max_overflow": 0})
    database = Database(one, empty_database, timeout_ms=0)
    await jurisdictions.add(database, "alpha", "Alpha")
    inside, here = await within(database, "alpha"), "SELECT current_schema()"
    try:
        for _ in range(3):
            for each, schema in ((inside, "alpha"), (database, "public")):
                async with each.session() as session:
                    assert [tuple(row) for row in await session.fetch(here, ())] == [(schema,)]
                    async with session.transaction():
                        assert await session.scalar(text(here)) == schema
                assert (await sent(each, here)).scalar_one() == schema
                async with each.autocommit.connect() as connection:
                    assert await connection.scalar(text(here)) == schema
    finally:
        await database.dispose()


async def test_a_cancel_while_the_path_is_set_leaves_no_connection_that_pretends(settings, empty_database):
    one = settings.database.model_copy(update={"pool_size": 1, "max_overflow": 0})
    database = Database(one, empty_database, timeout_ms=0)
    await jurisdictions.add(database, "alpha", "Alpha")
    both = ((await within(database, "alpha"), "alpha"), (database, "public"))
    try:
        for number in range(60):
            left, (other, schema) = both[number % 2][0].session(), both[number // 2 % 2]
            reading = asyncio.create_task(left.fetch("SELECT current_schema()", ()))
            await asyncio.sleep(number * 0.00005)
            reading.cancel()
            await asyncio.wait({reading})
            await left.close()
            async with other.session() as session:
                assert await session.scalar(text("SELECT current_schema()")) == schema
    finally:
        await database.dispose()


async def test_behind_a_pooler_that_keeps_no_path_none_is_worked_on(settings, empty_database, database):
    await jurisdictions.add(database, "alpha", "Alpha")
    pooled = Database(settings.database.model_copy(update={"pooler": "pgbouncer"}), empty_database, timeout_ms=0)
    try:
        with pytest.raises(errors.SetupError, match="keeps no search_path"):
            await within(pooled, "alpha")
    finally:
        await pooled.dispose()


async def test_triggers_know_their_schema_whoever_writes(database):
    """A clerk in psql has the usual path, and writes `alpha.parcels`."""
    await jurisdictions.add(database, "alpha", "Alpha")
    named = PARCEL.replace("INTO parcels", "INTO alpha.parcels")
    await sent(database, named, "UPDATE alpha.parcels SET address = 'x'", "DELETE FROM alpha.parcels")
    count = "SELECT (SELECT count(*) FROM alpha.parcel_history), (SELECT count(*) FROM public.parcel_history)"
    assert tuple((await sent(database, count)).one()) == (3, 0)


async def test_what_is_kept_in_one_is_not_taken_for_kept_in_another(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    inside = await within(database, "alpha")
    overviews = await Counting(LAYERS, database).kept()
    assert overviews == await Counting(LAYERS, inside).kept() == {"parcels_overview"}
    await switch(inside.engine, on=True)
    await catch_up(inside.engine)
    assert await Counting(LAYERS, database).kept() == overviews
    assert await Counting(LAYERS, inside).kept() == overviews | {"parcel_neighbors", "parcel_zoning_districts"}
    await sent(inside, "INSERT INTO relation_marks (relation) VALUES ('parcel_neighbors')")
    assert await Counting(LAYERS, inside).kept() == overviews | {"parcel_zoning_districts"}
    await Counting(LAYERS, database).kept()
    names = {"jurisdiction": "alpha", "relation": "parcel_neighbors"}
    assert REGISTRY.get_sample_value("gateway_relation_behind", names) == 1
    for each in (database, inside):
        async with each.engine.connect() as connection:
            kept = [row.layer for row in await connection.execute(triggers.KEPT)]
        assert kept == ["parcels", "zoning_districts"]


async def test_migrate_goes_through_all_and_goes_on_after_a_failure(database):
    for code in ("alpha", "beta"):
        await jurisdictions.add(database, code, code)
    for code in ("alpha", "beta"):
        await migrate.run(await within(database, code), "-1")
    await sent(database, "CREATE TABLE beta.jurisdictions (it integer)")  # which the migration makes
    done = []
    with pytest.raises(DBAPIError, match="already exists"):
        _ = [done.append(code) async for code, _, _ in migrate.run_all(database, "head")]
    assert done == ["", "alpha"]
    await sent(database, "DROP TABLE beta.jurisdictions")
    again = {code: (before, after) async for code, _, (before, after) in migrate.run_all(database, "head")}
    head = migrations.heads()
    assert again.pop("beta")[0] != head
    assert again == dict.fromkeys(("", "alpha"), (head, head))


async def test_a_version_that_knows_no_jurisdictions_is_not_gone_back_to(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    with pytest.raises(errors.SetupError, match=r"there are jurisdictions \(alpha\)"):
        await migrate.run(database, "-1")


async def test_drop_takes_nothing_else_with_it(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    await sent(database, "CREATE VIEW public.mine AS SELECT id FROM alpha.parcels")
    with pytest.raises(errors.BadJurisdiction, match=r"mine would be dropped"):
        await jurisdictions.drop(database, "alpha")
    await sent(database, "DROP VIEW public.mine")
    await jurisdictions.drop(database, "alpha")
    assert await listed(database) == []
    assert not (await sent(database, "SELECT 1 FROM pg_namespace WHERE nspname = 'alpha'")).all()
    number = await jurisdictions.add(database, "alpha", "Alpha")
    assert number > 1  # ids that were given are not given again
