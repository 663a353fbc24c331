"""The fixtures themselves, since every other test stands on them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.db.sessions import Database


async def test_cambridge_holds_every_feature_with_a_geometry(read_session):
    assert await read_session.scalar(text("SELECT count(*) FROM parcels")) == 13_115
    assert await read_session.scalar(text("SELECT count(*) FROM zoning_districts")) == 261


async def test_cambridge_refuses_writes(read_session):
    with pytest.raises(DBAPIError, match="read-only transaction"):
        await read_session.rows(text("DELETE FROM parcels"))


async def test_an_empty_database_is_migrated_and_its_statements_are_seen(empty_database, settings, statements):
    database = Database(settings.database, empty_database)
    with statements(database.autocommit) as sent:
        async with database.session() as session:
            assert await session.scalar(text("SELECT count(*) FROM parcels")) == 0
    assert sent == ["SELECT count(*) FROM parcels"]
    await database.dispose()


async def test_the_sample_county_has_2000_parcels(sample, settings):
    database = Database(settings.database, sample)
    async with database.session() as session:
        assert await session.scalar(text("SELECT count(*) FROM parcels")) == 2000
    await database.dispose()
