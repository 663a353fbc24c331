"""A statement about many rows has more than one processor while nobody else asks the database for anything."""

import asyncio

import pytest
from asyncpg import PostgresError
from sqlalchemy import event

from gateway.db.sessions import Database
from gateway.settings import DatabaseSettings

WORKERS = "SELECT current_setting('max_parallel_workers_per_gather')"
MANY = "SELECT count(*), current_setting('max_parallel_workers_per_gather') FROM generate_series(1, 10)"


@pytest.fixture
async def database(small):
    database = Database(DatabaseSettings(spare_workers=2), small)
    yield database
    await database.dispose()


async def test_who_is_alone_has_them_and_leaves_the_connection_as_it_was(database):
    async with database.session() as session:
        assert (await session.fetch_widely(MANY, ()))[0][1] == "2"
        assert (await session.fetch(WORKERS, ()))[0][0] == "0"
        assert (await session.fetch(MANY, ()))[0][1] == "0"


async def test_beside_another_request_there_are_none(database):
    async with database.session() as other, database.session() as session:
        await other.fetch("SELECT 1", ())
        assert (await session.fetch_widely(MANY, ()))[0][1] == "0"


async def test_in_a_transaction_there_are_none(database):
    async with database.session() as session, session.transaction():
        assert (await session.fetch_widely(MANY, ()))[0][1] == "0"
        assert (await session.fetch_widely("SELECT pg_current_xact_id_if_assigned() IS NULL", ()))[0][0]


async def test_with_none_to_spare_it_is_one_statement(small):
    database = Database(DatabaseSettings(spare_workers=0), small)
    texts = []
    event.listen(database.autocommit.sync_engine, "before_cursor_execute", lambda _, __, text, *___: texts.append(text))
    async with database.session() as session:
        await session.fetch_widely(MANY, ())
    assert texts == [MANY]
    await database.dispose()


async def test_after_an_error_the_connection_is_out_of_the_transaction(database):
    async with database.session() as session:
        with pytest.raises(PostgresError):
            await session.fetch_widely("SELECT 1 / 0", ())
        assert (await session.fetch_widely(MANY, ()))[0][1] == "2"
        assert (await session.fetch(WORKERS, ()))[0][0] == "0"


async def test_one_that_is_cancelled_leaves_no_connection_in_a_transaction(database):
    async with database.session() as session:
        task = asyncio.create_task(session.fetch_widely("SELECT pg_sleep(60)", ()))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with database.session() as session:
        assert (await session.fetch(WORKERS, ()))[0][0] == "0"
        assert not session._lease.behind.is_in_transaction()
