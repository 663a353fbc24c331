"""`manage.py flush` as a user runs it."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url

from gateway import errors
from gateway.db.sessions import Database
from gateway.ingest.runs import alone
from gateway.layers import LAYERS, PARCELS
from gateway.management import main
from gateway.management.commands import flush
from gateway.settings import DatabaseSettings
from gateway.sql.moments import span

SINCE = span(PARCELS).text
ACCOUNTS = ("idempotency_keys", "ingest_chunks", "ingest_runs", "jobs", "sample_loads")


@pytest.fixture
def manage(capfd, monkeypatch, empty_database):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)

    def manage(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return end.value.code, said.out, said.err.strip()

    return manage


@pytest.fixture
def ask(cluster, empty_database):
    return lambda *statements: [
        tuple(row) for row in cluster.execute(*statements, database=make_url(empty_database).database)
    ]


@pytest.fixture
def filled(manage, ask):
    """The sample, a row of somebody, an account of a load and a key."""
    assert manage("sample", "--parcels", 30, "--districts", 2)[0] == 0
    ask(
        "INSERT INTO parcels (parcel_id, geom) SELECT 'mine', geom FROM parcels LIMIT 1",
        "INSERT INTO ingest_runs (layer, source, identity, on_duplicate, state) "
        "VALUES ('parcels', 'a', 'a', 'error', 'complete')",
        "INSERT INTO jobs (id, layer, principal, format, options, bytes, digest, state, run_id) "
        "VALUES ('j', 'parcels', 'p', 'fgb', '{}', 1, '', 'complete', 1)",
        "INSERT INTO api_keys (id, name, digest, scopes) VALUES ('k', 'n', '', '{read}')",
    )


def count(ask, *tables):
    return [ask(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def test_it_deletes_rows_history_and_accounts_and_keeps_keys_and_migrations(filled, manage, ask):
    before = datetime.now(UTC)
    told = "31 parcels and 2 zoning districts"

    assert manage("flush", "--yes") == (0, f"Deleted {told}.\n", "")

    assert count(ask, "parcels", "zoning_districts", "parcel_history", "zoning_district_history") == [0] * 4
    assert count(ask, *ACCOUNTS) == [0] * 5
    assert count(ask, "api_keys", "alembic_version") == [1, 1]
    # What was before can't be read as of a moment: the history begins now.
    for layer in LAYERS:
        name = str(layer.model.history.name)
        assert ask(SINCE.replace(":history", f"'{name}'"))[0][0] >= before
    assert manage("check", "--database", "--tag", "tables", "--tag", "upkeep", "--fail-level", "warning")[0] == 0


def test_ids_go_on_from_where_they_were(filled, manage, ask):
    assert manage("flush", "--yes")[0] == 0
    assert manage("sample", "--parcels", 10)[0] == 0
    assert ask("SELECT min(id), max(id) FROM parcels") == [(32, 41)]


def test_it_can_be_done_twice_and_on_an_empty_database(manage):
    for _ in range(2):
        assert manage("flush", "--no-input") == (0, "Deleted 0 parcels and 0 zoning districts.\n", "")


def test_it_asks_first(filled, manage, ask, answered):
    code, _, err = manage("flush")
    assert code == 1
    assert err.startswith("SETUP Delete 31 parcels and 2 zoning districts, with their history")
    answered("n")
    assert manage("flush")[0] == 1
    assert count(ask, "parcels") == [31]
    answered("y")
    assert manage("flush")[0] == 0
    assert count(ask, "parcels") == [0]


def test_the_sample_alone_can_be_deleted(filled, manage, ask):
    assert manage("flush", "--sample", "--yes") == (0, "Deleted 30 parcels and 2 zoning districts.\n", "")
    assert ask("SELECT parcel_id FROM parcels") == [("mine",)]
    assert count(ask, "ingest_runs") == [1]
    assert manage("flush", "--sample", "--yes") == (0, "The database holds no rows of a sample.\n", "")


async def test_an_ingest_that_runs_is_not_flushed_under(empty_database, monkeypatch):
    monkeypatch.setattr("gateway.ingest.runs._PATIENCE_S", 0.1)
    database = Database(DatabaseSettings(), empty_database, timeout_ms=0)
    async with asyncio.timeout(60), alone(database.engine, PARCELS):
        with pytest.raises(errors.Locked, match="ingest into parcels"):
            await flush.run(database, LAYERS)
    await database.dispose()
