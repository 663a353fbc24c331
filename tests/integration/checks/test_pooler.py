"""What a connection sets behind PgBouncer, and what is said where the gateway is not told of one."""

import io

import pytest
from sqlalchemy import make_url, text

from gateway.checks.registry import DATABASE_TAGS
from gateway.checks.running import Run
from gateway.db import pooling
from gateway.db.sessions import Database
from gateway.errors import SetupError, Timeout, Unavailable
from gateway.layers import LAYERS
from gateway.management.running import with_database
from tests.fixtures.pooler import KEEPING

_SLEEP = "SELECT pg_sleep(1.5)"
_HIDES = (
    "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout,jit,work_mem,"
    "enable_material,max_parallel_workers_per_gather,client_connection_check_interval,random_page_cost,"
    "effective_cache_size"
)


@pytest.fixture(scope="session")
def hasty(cluster, migrated):
    """URL of a database whose sessions have one second for a statement, in another time zone."""
    with cluster.copy(migrated) as url:
        name = make_url(url).database
        cluster.execute(f"ALTER DATABASE {name} SET statement_timeout = '1s'")
        cluster.execute(f"ALTER DATABASE {name} SET timezone = 'America/Chicago'")
        yield url


@pytest.fixture
async def pooled(hasty, pooler_before, settings):
    """That database through a pooler, with the settings for one."""
    with pooler_before(hasty) as pooler:
        behind = settings.database.model_copy(update={"pooler": "pgbouncer"})
        database = Database(behind, pooler.url(hasty).replace("postgresql:", "postgresql+asyncpg:"), timeout_ms=60_000)
        yield database
        await database.dispose()


async def test_a_transaction_an_export_and_the_time_zone_have_what_connections_cannot_set(pooled):
    async with pooled.engine.begin() as connection:
        await connection.execute(text(_SLEEP))
        shown = await connection.execute(text("SELECT current_setting('jit'), current_setting('application_name')"))
        assert tuple(shown.one()) == ("off", "spatial-gateway")
    written = io.BytesIO()

    async def write(data):
        written.write(data)

    async with pooled.session() as session:
        await session.copy(f"SELECT now()::text, ({_SLEEP})", (), write, {"format": "csv"})
        assert b"+00," in written.getvalue()
        with pytest.raises(Timeout):  # of the role: it is no transaction
            await session.fetch(_SLEEP, ())
        assert (await session.fetch("SHOW statement_timeout", ()))[0][0] == "1s"


def _asyncpg(url):
    return url.replace("postgresql:", "postgresql+asyncpg:")


async def refused(settings, url, mode):
    """Why a server does not start, or nothing; and the problems that `check --database` tells of the pooler."""
    settings = settings.model_copy(update={"database": settings.database.model_copy(update={"pooler": mode})})
    database = Database(settings.database, _asyncpg(url))
    told = await Run(settings, LAYERS, DATABASE_TAGS).stored(database)
    try:
        await pooling.require(database)
    except SetupError as error:
        reason = error.message
    else:
        reason = ""
    await database.dispose()
    return reason, [each.rule.id for each in told if each.rule.id in {"gateway.E201", "gateway.E208", "gateway.E211"}]


async def test_a_pooler_that_forgets_statements_is_refused_where_one_is_wanted_that_keeps_them(
    hasty, pooler_before, keeping_pooler, settings
):
    with pooler_before(hasty, "max_prepared_statements = 0", program=keeping_pooler) as pooler:
        reason, told = await refused(settings, pooler.url(hasty), "pgbouncer-prepared")
    assert "keeps no prepared statements" in reason
    assert told == ["gateway.E211"]


async def test_debians_pooler_is_refused_where_one_is_wanted_that_keeps_statements(hasty, pooler_before, settings):
    with pooler_before(hasty) as pooler:
        reason, told = await refused(settings, pooler.url(hasty), "pgbouncer-prepared")
    assert "GATEWAY_DATABASE_POOLER=pgbouncer" in reason
    assert told == ["gateway.E211"]


@pytest.mark.parametrize("options", [[], [_HIDES]])
async def test_a_server_that_is_not_told_of_a_pooler_does_not_start(hasty, pooler_before, settings, options):
    with pooler_before(hasty, *options) as pooler:
        reason, told = await refused(settings, pooler.url(hasty), "none")
    assert "GATEWAY_DATABASE_POOLER=pgbouncer" in reason
    assert told == ["gateway.E208" if options else "gateway.E201"]


async def test_a_pooler_that_keeps_statements_fits(hasty, pooler_before, keeping_pooler, settings):
    with pooler_before(hasty, KEEPING, program=keeping_pooler) as pooler:
        assert await refused(settings, pooler.url(hasty), "pgbouncer-prepared") == ("", [])
        assert await refused(settings, pooler.url(hasty), "pgbouncer") == ("", [])


@pytest.mark.parametrize("mode", ["none", "pgbouncer", "pgbouncer-prepared"])
async def test_a_database_that_is_away_or_without_a_pooler_stops_no_server(hasty, settings, mode):
    assert await refused(settings, hasty, mode) == ("", [])
    assert (await refused(settings, "postgresql://nobody@127.0.0.1:1/x", mode))[0] == ""


@pytest.mark.parametrize("direct", [False, True])
def test_commands_go_past_the_pooler_where_the_database_itself_is_named(hasty, pooler_before, settings, direct):
    async def limit(database):
        async with database.session() as session:
            return (await session.fetch("SHOW statement_timeout", ()))[0][0]

    with pooler_before(hasty) as pooler:
        given = {"pooler": "pgbouncer", "url": _asyncpg(pooler.url(hasty)), "direct_url": hasty if direct else None}
        pooled = settings.model_copy(update={"database": settings.database.model_copy(update=given)})
        assert with_database(pooled, limit) == ("0" if direct else "1s")
        assert with_database(pooled, limit, pooled=True) == "1s"


@pytest.mark.parametrize("hidden", [False, True])
async def test_a_gateway_that_is_not_told_of_the_pooler_says_what_to_set(hasty, pooler_before, settings, hidden):
    with pooler_before(hasty, _HIDES if hidden else "") as pooler:
        url = pooler.url(hasty).replace("postgresql:", "postgresql+asyncpg:")
        database = Database(settings.database, url)
        told = await Run(settings, LAYERS, DATABASE_TAGS).stored(database)
        errors = [each for each in told if each.rule.id in {"gateway.E201", "gateway.E208"}]
        assert [each.rule.id for each in errors] == ["gateway.E208" if hidden else "gateway.E201"]
        assert "GATEWAY_DATABASE_POOLER=pgbouncer" in errors[0].hint
        if not hidden:
            async with database.session() as session:
                with pytest.raises(Unavailable, match="GATEWAY_DATABASE_POOLER=pgbouncer"):
                    await session.fetch("SELECT 1", ())
        await database.dispose()
