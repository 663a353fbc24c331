"""The server as a whole: each fault is made on a healthy database, and exactly its messages are told."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import make_url

from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.errors import SetupError
from gateway.layers import LAYERS
from gateway.management.commands import migrate
from tests.integration.checks.conftest import execute


def ids(messages):
    return {message.rule.id for message in messages}


def changed(settings, **values):
    return settings.model_copy(update={"database": settings.database.model_copy(update=values)})


async def test_a_healthy_database_has_no_finding(untouched, findings):
    assert await findings(untouched) == set()


async def test_settings_of_a_jurisdiction_that_there_is_none_of_are_told(settings, untouched):
    own = {"information_schema": {"limits": {"page": 5}}, "nowhere": {"limits": {"page": 5}}}
    database = Database(settings.database, untouched)
    run = Run(settings.model_copy(update={"jurisdictions": own}), LAYERS, frozenset({Tag.SERVER}))
    told = [each for each in await run.stored(database) if each.rule.id == "gateway.W216"]
    await database.dispose()
    assert [each.about for each in told] == ["nowhere"]


async def test_the_city_has_no_finding(cluster, cambridge_template, findings):
    with cluster.copy(cambridge_template) as url:
        assert await findings(url) == set()


async def test_a_database_that_refuses_writes_can_be_checked(cambridge, check):
    assert "gateway.E207" not in ids(await check(cambridge))


async def test_a_database_that_does_not_exist_is_one_error(untouched, check):
    told = await check(make_url(untouched).set(database="nowhere").render_as_string())
    assert ids(told) == {"gateway.E201"}
    assert len(told) == 1
    assert "does not exist" in told[0].text


async def test_a_server_that_is_down_is_one_error(check):
    told = await check("postgresql+asyncpg://gateway@127.0.0.1:1/gateway")
    assert [each.rule.id for each in told] == ["gateway.E201"]
    assert "127.0.0.1" in told[0].text


async def test_a_pooler_that_refuses_session_settings_is_named(check):
    async def refuse(reader, writer):
        await reader.readexactly(8)  # may we speak TLS?
        writer.write(b"N")
        await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
        fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as pooler:
        port = pooler.sockets[0].getsockname()[1]
        told = await check(f"postgresql+asyncpg://gateway@127.0.0.1:{port}/gis")
    assert [each.rule.id for each in told] == ["gateway.E201"]
    assert "unsupported startup parameter" in told[0].text
    assert "GATEWAY_DATABASE_POOLER=pgbouncer" in told[0].hint


async def test_a_setting_that_the_server_refuses_is_one_error(untouched, check, settings):
    told = await check(untouched, changed=changed(settings, work_mem="much"))
    assert [each.rule.id for each in told] == ["gateway.E201"]
    assert "work_mem" in told[0].text


async def test_a_database_without_postgis_is_told(cluster, findings):
    with cluster.copy("template1") as url:
        assert await findings(url) == {"gateway.E203", "gateway.E205", "gateway.E301"}


async def test_an_encoding_other_than_utf8_is_told_and_not_migrated(cluster, findings, settings):
    cluster.execute("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        assert "gateway.E209" in await findings(cluster.url("latin"))
        database = Database(settings.database, cluster.url("latin"))
        with pytest.raises(SetupError, match="LATIN1; the gateway needs UTF8"):
            await migrate.run(database, "head")
        await database.dispose()
    finally:
        cluster.drop("latin")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("DELETE FROM alembic_version", "gateway.E205"),
        ("DROP TABLE alembic_version", "gateway.E205"),
        ("UPDATE alembic_version SET version_num = 'from_the_future'", "gateway.E206"),
    ],
)
async def test_migrations_are_compared(database, findings, statement, expected):
    await execute(database, statement)
    assert await findings(database) == {expected}


async def test_pools_larger_than_the_server_are_told(untouched, findings, settings):
    assert await findings(untouched, changed=changed(settings, pool_size=1000)) == {"gateway.W205"}
    assert await findings(untouched, changed=changed(settings, pool_size=10)) == set()


async def test_a_role_that_may_do_more_than_it_needs_is_told_in_production(untouched, findings, settings):
    production = settings.model_copy(update={"environment": "production"})
    assert await findings(untouched, changed=production) == {"gateway.W220"}  # that of the tests is a superuser


async def test_a_session_idle_in_a_transaction_is_told(database, check, settings):
    parts = make_url(database)
    other = await asyncpg.connect(
        host=parts.query["host"], port=parts.query.get("port"), user=parts.username, database=parts.database
    )
    await other.execute("BEGIN; SELECT 1")
    await asyncio.sleep(0.05)
    try:
        told = await check(database, changed=changed(settings, idle_in_transaction_timeout_ms=20), tags={Tag.SERVER})
        waiting = [each for each in told if each.rule.id == "gateway.W206"]
        assert [each.about for each in waiting] == [f"pid {other.get_server_pid()}"]
        assert "gateway.W206" not in ids(await check(database))
    finally:
        await other.close()


async def test_counting_switched_off_is_told(cluster, database, findings):
    cluster.execute(f"ALTER DATABASE {make_url(database).database} SET track_counts = off")
    assert await findings(database) == {"gateway.W207"}


async def test_behind_a_pooler_each_setting_that_is_not_on_the_role_is_told(cluster, database, check, settings):
    behind = changed(settings, pooler="pgbouncer")
    told = {each.about: each for each in await check(database, changed=behind) if each.rule.id == "gateway.W208"}
    assert set(told) >= {"work_mem", "statement_timeout", "lock_timeout", "random_page_cost", "jit"}
    assert set(told) >= {"idle_in_transaction_session_timeout", "client_connection_check_interval"}
    assert "SET work_mem = '64MB'" in told["work_mem"].hint
    name = make_url(database).database
    for each in told.values():
        setting = each.hint.split(" SET ")[1].split(";")[0]
        cluster.execute(f"ALTER DATABASE {name} SET {setting}")
    assert "gateway.W208" not in ids(await check(database, changed=behind))


async def test_missing_extensions_are_told_for_information(database, check):
    before = ids(await check(database))
    await execute(database, "DROP EXTENSION pgstattuple", "DROP EXTENSION pg_stat_statements")
    assert ids(await check(database)) - before == {"gateway.I201", "gateway.I603"}


@pytest.fixture
def limited(cluster, database):
    """The name of a role without any privilege, which each session of the database then has."""
    name = make_url(database).database.replace("copy", "limited")
    cluster.execute(f"CREATE ROLE {name}", f"ALTER DATABASE {make_url(database).database} SET role = {name}")
    yield name
    for where in (make_url(database).database, "postgres"):
        cluster.execute("SET ROLE NONE", f"DROP OWNED BY {name}", database=where)
    cluster.execute(f"DROP ROLE {name}")


async def test_a_role_that_cannot_read_is_told_check_by_check(database, limited, check):
    told = await check(database)
    failed = {each.about for each in told if each.rule.id == "gateway.E207"}
    assert "distance_probe of parcels" in failed
    assert all("permission denied" in each.text for each in told if each.rule.id == "gateway.E207")
    assert "gateway.I202" in ids(told)


async def test_a_role_that_may_only_read_is_enough(database, limited, check, known_floors):
    await execute(database, "SET ROLE NONE", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {limited}")
    told = ids(await check(database)) - known_floors
    assert told == {"gateway.I202", "gateway.I601", "gateway.I603"}
