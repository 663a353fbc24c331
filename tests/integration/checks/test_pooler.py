"""What a connection sets behind PgBouncer, and what is said where the gateway is not told of one."""

import io

import pytest
from sqlalchemy import make_url, text

from gateway.checks.registry import DATABASE_TAGS
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.errors import Timeout, Unavailable
from gateway.layers import LAYERS

_SLEEP = "SELECT pg_sleep(0.4)"
_HIDES = (
    "ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout,jit,work_mem,"
    "enable_material,max_parallel_workers_per_gather"
)


@pytest.fixture(scope="session")
def hasty(cluster, migrated):
    """URL of a database whose sessions have 200 ms for a statement, in another time zone."""
    with cluster.copy(migrated) as url:
        name = make_url(url).database
        cluster.execute(f"ALTER DATABASE {name} SET statement_timeout = '200ms'")
        cluster.execute(f"ALTER DATABASE {name} SET timezone = 'America/Chicago'")
        yield url


@pytest.fixture
async def pooled(hasty, pooler_before, settings):
    """That database through a pooler, with the settings for one."""
    with pooler_before(hasty) as pooler:
        behind = settings.database.model_copy(update={"pooler": "pgbouncer"})
        database = Database(behind, pooler.url(hasty).replace("postgresql:", "postgresql+asyncpg:"), timeout_ms=5_000)
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
        assert (await session.fetch("SHOW statement_timeout", ()))[0][0] == "200ms"


@pytest.mark.parametrize("hidden", [False, True])
async def test_a_gateway_that_is_not_told_of_the_pooler_says_what_to_set(hasty, pooler_before, settings, hidden):
    ignored = f"{_HIDES},client_connection_check_interval,random_page_cost,effective_cache_size"
    with pooler_before(hasty, ignored if hidden else "") as pooler:
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
