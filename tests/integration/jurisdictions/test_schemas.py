"""A jurisdiction is made whole, migrated with the others, and gone only if that is meant."""

import asyncio
import os
import sys

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway import errors
from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import known, listed, within
from gateway.execution.statistics import Counting
from gateway.execution.statistics_together import CountingTogether
from gateway.ingest.catching_up import catch_up, switch
from gateway.layers import LAYERS
from gateway.management import jurisdictions, spanning
from gateway.management.commands import migrate
from gateway.models.jurisdiction import ALL, BITS, SPAN
from gateway.query.filters import Searched
from gateway.query.together import together
from gateway.sql import triggers
from gateway.sql.jurisdictions import first_id, settle
from gateway.sql.moments import rows_of
from gateway.sql.search import matches
from tests.fixtures.cluster import ROOT
from tests.integration.identity.conftest import SQUARE

PARCEL = f"INSERT INTO parcels (parcel_id, geom) VALUES ('1', {SQUARE}) RETURNING id"
BEFORE = "a7e3915cd204"  # the migration before the one that makes the table of jurisdictions
FEWER = "1f6c0a9be483"  # one before another that makes tables; those since then may make functions alone
HOSTILE = [
    *(ALL, SPAN, "gateway_x"),
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
        await migrate.run(await within(database, code), BEFORE)
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
        await migrate.run(database, BEFORE)


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


VIEWS = f"SELECT relname, oid FROM pg_class WHERE relnamespace = to_regnamespace('{SPAN}') ORDER BY 1"
TOGETHER = f"SELECT count(*) FROM {SPAN}.parcels"


async def views(database):
    return [tuple(row) for row in (await sent(database, VIEWS)).all()]


async def test_without_jurisdictions_there_are_no_views_and_nothing_to_read_together(database):
    done = [code async for code, _, _ in migrate.run_all(database, "head")]
    assert done == [""]
    assert await views(database) == []
    assert await known(database) == {}
    assert not (await sent(database, f"SELECT 1 FROM pg_namespace WHERE nspname = '{SPAN}'")).all()


async def test_views_read_what_there_is_after_each_change(database):
    await sent(database, PARCEL)
    for number, code in enumerate(("alpha", "beta"), 2):
        await jurisdictions.add(database, code, code)
        await sent(await within(database, code), PARCEL)
        assert (await sent(database, TOGETHER)).scalar_one() == number
    assert list(await known(database)) == [ALL, "alpha", "beta"]
    await jurisdictions.drop(database, "alpha")
    assert (await sent(database, TOGETHER)).scalar_one() == 2
    await jurisdictions.drop(database, "beta")
    assert await views(database) == []
    assert not (await sent(database, f"SELECT 1 FROM pg_namespace WHERE nspname = '{SPAN}'")).all()


async def test_a_migrate_with_nothing_to_do_leaves_the_views_and_makes_what_is_missing_of_them(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    before = await views(database)
    _ = [code async for code, _, _ in migrate.run_all(database, "head")]
    assert await views(database) == before
    await sent(database, f"DROP VIEW {SPAN}.parcels")
    _ = [code async for code, _, _ in migrate.run_all(database, "head")]
    assert [name for name, _ in await views(database)] == [name for name, _ in before]
    await sent(database, f"DROP SCHEMA {SPAN} CASCADE")  # or a database of a version without them
    assert ALL not in await known(database)
    _ = [code async for code, _, _ in migrate.run_all(database, "head")]
    assert (await sent(database, TOGETHER)).scalar_one() == 0


async def test_views_stand_in_no_way_of_a_migration_and_answer_nothing_until_all_are_done(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    inside = await within(database, "alpha")
    await migrate.run(inside, FEWER)  # what changes tables, views would refuse
    with pytest.raises(DBAPIError, match="does not exist"):
        await sent(database, f"SELECT id FROM {SPAN}.parcels")
    assert (
        await sent(database, f"SELECT version_num FROM {SPAN}.alembic_version")
    ).scalar_one() not in migrations.heads()
    _ = [code async for code, _, _ in migrate.run_all(database, "head")]
    assert (await sent(database, TOGETHER)).scalar_one() == 0


async def test_views_have_both_of_two_that_are_added_at_once(database, empty_database, tmp_path):
    given = os.environ | {"GATEWAY_DATABASE_URL": empty_database, "GATEWAY_DATA_DIR": str(tmp_path)}
    add = (sys.executable, str(ROOT / "manage.py"), "jurisdiction", "add")
    codes = ("alpha", "beta", "gamma")
    started = [await asyncio.create_subprocess_exec(*add, code, env=given) for code in codes]
    assert [await each.wait() for each in started] == [0, 0, 0]
    for code in codes:
        await sent(await within(database, code), PARCEL)
    assert (await sent(database, TOGETHER)).scalar_one() == 3


async def test_views_that_are_made_while_one_is_dropped_are_made_after_it(database):
    for code in ("alpha", "beta"):
        await jurisdictions.add(database, code, code)
    await sent(database, f"COMMENT ON SCHEMA {SPAN} IS 'others'")  # so that there is something to make

    async def refresh():
        async with database.engine.begin() as connection:
            await spanning.refresh(connection)

    async with database.engine.begin() as connection:
        await spanning.take_away(connection)
        waiting = asyncio.create_task(refresh())
        await asyncio.sleep(0.5)
        await connection.execute(text("DROP SCHEMA alpha CASCADE"))
        await connection.execute(text("DELETE FROM jurisdictions WHERE code = 'alpha'"))
        await spanning.refresh(connection)
    await waiting
    assert list(await known(database)) == [ALL, "beta"]
    assert (await sent(database, TOGETHER)).scalar_one() == 0


async def test_a_table_that_is_of_one_schema_shows_nothing_of_it_and_takes_nothing(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    views_of = database.within((await known(database))[ALL].path)
    inserted = "INSERT INTO {} (id, name, digest, scopes) VALUES ('000000000000', 'x', '', '{{}}')"
    await sent(database, inserted.format("api_keys"))
    for each in (database, await within(database, "alpha")):
        await sent(each, "INSERT INTO private_members (layer, name) VALUES ('parcels', current_schema())")
    assert (await sent(views_of, "SELECT count(*) FROM api_keys")).scalar_one() == 0  # none of the schema of the URL
    hidden = (await sent(views_of, "SELECT gateway_hidden('parcels', '')")).scalar_one()
    assert sorted(hidden.split("|")) == ['"alpha"', '"public"']
    for statement in (inserted.format("api_keys"), PARCEL, "UPDATE parcels SET address = 'x'", "DELETE FROM jobs"):
        with pytest.raises(DBAPIError, match=r"cannot (insert|update|delete)"):
            await sent(views_of, statement)


async def test_statistics_of_all_are_those_of_each_together(settings, many):
    database = Database(settings.database, many)
    one = (await known(database))[ALL]
    each = [await Counting(LAYERS, database.within(path)).read() for _, path in one.parts]
    counting = CountingTogether(LAYERS, database.within(one.path), [path for _, path in one.parts])
    whole = await counting.read()
    parts = [part.tables["parcels"] for part in each]
    every = whole.tables["parcels"]
    assert every.rows == sum(part.rows for part in parts) == 1200
    west, south, *_ = (parts[0].grid.west, parts[0].grid.south)
    box = (west, south, west + 0.003, south + 0.002)
    assert every.within(box) == pytest.approx(sum(part.within(box) for part in parts), rel=0.2)
    # As if they lay apart, as counties do: a row has those of its own around it.
    assert every.around(0.001, 0.001) == pytest.approx(parts[0].around(0.001, 0.001), rel=0.01)
    assert every.indexes == parts[0].indexes
    assert every.column("land_use").share("Shop") == pytest.approx(parts[0].column("land_use").share("Shop"), rel=0.01)
    assert await counting.kept() == {"parcels_overview"}
    await database.dispose()


async def test_overviews_are_added_up_only_where_each_keeps_its_own(database):
    await jurisdictions.add(database, "alpha", "Alpha")
    one = (await known(database))[ALL]
    counting = CountingTogether(LAYERS, database.within(one.path), [path for _, path in one.parts])
    assert await counting.kept() == {"parcels_overview"}
    triggers_of = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'alpha.parcels'::regclass AND tgname LIKE '%overview%'"
    name = (await sent(database, triggers_of.replace(":", r"\:"))).scalars().first()
    await sent(database, f"ALTER TABLE alpha.parcels DISABLE TRIGGER {name}")
    assert await counting.kept() == frozenset()


READS = {
    "SELECT id FROM parcels WHERE parcel_id = 'x'": "uq_parcels_parcel_id",
    "SELECT id FROM parcels ORDER BY parcel_id LIMIT 5": "uq_parcels_parcel_id",
    "SELECT id FROM parcels ORDER BY geom <-> ST_SetSRID(ST_MakePoint(-93, 42), 4326) LIMIT 5": "ix_parcels_geom",
    "SELECT a.id FROM parcels a JOIN parcels b ON a.geom && b.geom WHERE b.id = 5": "ix_parcels_geom",
    "SELECT id FROM parcels WHERE geom::geography && _ST_Expand('POINT(-93 42)'::geography, 9)": "ix_parcels_geog",
    "SELECT id FROM parcels WHERE gateway_search_address @@ 'mill'::tsquery": "ix_parcels_search_address",
}


@pytest.mark.parametrize(("statement", "index"), READS.items())
async def test_each_part_is_read_by_its_own_index(settings, many, statement, index):
    database = Database(settings.database, many)
    async with database.within((await known(database))[ALL].path).session() as session:
        await session.fetch("SET enable_seqscan = off", ())
        await session.fetch("SET enable_sort = off", ())
        plan = "\n".join(row[0] for row in await session.fetch(f"EXPLAIN {statement}", ()))
        await session.fetch("RESET ALL", ())
    await database.dispose()
    assert plan.count(f" using {index} ") + plan.count(f"Bitmap Index Scan on {index} ") >= 4, plan
    assert "Seq Scan" not in plan
    assert "Sort  (" not in plan


def test_a_search_of_all_asks_for_what_the_index_of_each_part_has():
    for layers, asked in ((LAYERS, "gateway_search(parcels"), (together(LAYERS), ".gateway_search_address @@")):
        layer = layers["parcels"]
        assert asked in str(matches(Searched(layer.searched, "mill"), rows_of(layer)))
