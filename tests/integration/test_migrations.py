"""Migrations against a real PostGIS, from nothing."""

import pytest
from alembic import command
from sqlalchemy import text

from gateway.db import migrations
from gateway.db.engine import create_engine
from gateway.settings import DatabaseSettings

DUPLICATE_INDEXES = """
SELECT array_agg(indexrelid::regclass)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
WHERE amname = 'gist'
GROUP BY indrelid, indkey, pg_get_expr(indexprs, indrelid), pg_get_expr(indpred, indrelid)
HAVING count(*) > 1
"""


@pytest.fixture
async def connection(cluster):
    with cluster.copy("template1") as url:
        engine = create_engine(DatabaseSettings(), url, timeout_ms=0)
        async with engine.begin() as opened:
            yield opened
        await engine.dispose()


async def tables(connection):
    found = await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return set(found) - {"spatial_ref_sys", "alembic_version"}


async def test_migrations_go_up_from_nothing_and_down_to_nothing_and_up_again(connection):
    assert await migrations.applied(connection) == frozenset()

    await migrations.run(connection, lambda config: command.upgrade(config, "head"))
    first = await tables(connection)
    assert {"parcels", "zoning_districts"} <= first
    assert await migrations.applied(connection) == migrations.heads()

    await migrations.run(connection, lambda config: command.downgrade(config, "base"))
    assert await tables(connection) == set()
    assert await migrations.applied(connection) == frozenset()

    await migrations.run(connection, lambda config: command.upgrade(config, "head"))
    assert await tables(connection) == first


KEEPERS = """
    SELECT tgname, tgenabled::text, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgname LIKE 'relate_%' ORDER BY tgname
"""


async def test_relations_that_are_kept_get_the_functions_of_this_version_and_stay_kept(connection):
    await migrations.run(connection, lambda config: command.upgrade(config, "head"))
    made = {row.tgname: row.prosrc for row in await connection.execute(text(KEEPERS))}
    for table, events in (("parcels", 8), ("zoning_districts", 4)):
        names = [name for name in made if ("target" in name) == (table == "zoning_districts")]
        assert len(names) == events
        for name in names:
            await connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"))
    await migrations.run(connection, lambda config: command.downgrade(config, "92d7e0b4c5a1"))
    for relation in ("parcel_neighbors", "parcel_zoning_districts"):
        older = f"CREATE OR REPLACE FUNCTION relate_{relation}() RETURNS trigger LANGUAGE plpgsql"
        await connection.execute(text(f"{older} AS $$ BEGIN RETURN NULL; END $$"))
    await connection.execute(text("DELETE FROM relation_marks"))
    await connection.execute(text("INSERT INTO parcel_neighbors VALUES (1, 2, 0), (2, 1, 0), (1, 3, 7.5), (3, 1, 7.5)"))

    await migrations.run(connection, lambda config: command.upgrade(config, "head"))
    assert await connection.scalar(text("SELECT array_agg(target_id ORDER BY target_id) FROM parcel_neighbors")) == [
        1,
        3,
    ]
    after = (await connection.execute(text(KEEPERS))).all()
    assert {row.tgname: row.prosrc for row in after} == made
    assert {row.tgenabled for row in after} == {"A"}
    assert await connection.scalar(text("SELECT count(*) FROM relation_marks")) == 0


async def test_the_models_ask_for_no_further_migration(connection):
    await migrations.run(connection, lambda config: command.upgrade(config, "head"))
    await migrations.run(connection, command.check)


async def test_no_geometry_has_the_same_index_twice(connection):
    await migrations.run(connection, lambda config: command.upgrade(config, "head"))
    assert (await connection.execute(text(DUPLICATE_INDEXES))).all() == []
