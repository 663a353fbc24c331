"""`manage.py check --database` of a layer in partitions."""

import asyncpg
import pytest

from gateway.checks.inspection import Bounds
from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.settings import DatabaseSettings, Settings

THEMES = frozenset({Tag.TABLES, Tag.INDEXES, Tag.ROWS, Tag.UPKEEP, Tag.PLANS})


@pytest.fixture
async def told(own_divided):
    """`await told(*statements)`: ids of what is found of the parcels after these."""

    async def ids(*statements):
        connection = await asyncpg.connect(own_divided.replace("+asyncpg", ""))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()
        database = Database(DatabaseSettings(), own_divided, timeout_ms=0)
        found = await Run(Settings(), LAYERS, THEMES, Bounds(settled_seconds=-1)).stored(database)
        await database.dispose()
        return {
            message.rule.id.removeprefix("gateway."): message.hint for message in found if "parcel" in message.about
        }

    return ids


async def test_nothing_is_wrong_with_partitions_that_are_made(told):
    found = {name for name in await told() if not name.startswith("I")}
    assert found <= {"W607"}, "the months of a history that was made for a test"


async def test_an_index_that_a_partition_lacks_is_named_with_the_command(told):
    found = await told("CREATE INDEX ix_parcels_year ON ONLY parcels (year_built)")
    assert found["W402"] == "manage.py partitions index parcels"


async def test_a_spatial_index_that_is_missing_is_begun_on_the_table(told):
    found = await told("DROP INDEX ix_parcels_geom")
    assert found["E401"] == ("CREATE INDEX ON ONLY parcels USING gist (geom); then: manage.py partitions index parcels")


async def test_a_storage_parameter_that_one_partition_lacks_is_told(told):
    found = await told("ALTER TABLE parcels_p3 RESET (autovacuum_analyze_scale_factor)")
    assert found["W302"] == "ALTER TABLE each of its partitions SET (autovacuum_analyze_scale_factor = 0.01);"


async def test_a_key_that_nothing_keeps_unique_is_found(told):
    assert "E403" in await told("ALTER TABLE parcels DROP CONSTRAINT uq_parcels_parcel_id")


async def test_statistics_of_the_whole_that_are_behind_are_found(told):
    """Autovacuum analyses the partitions, which then have more rows than the whole was said to have."""
    found = await told(
        "INSERT INTO parcels (parcel_id, geom) SELECT parcel_id || n, geom FROM parcels, generate_series(1, 10) n",
        "ANALYZE " + ", ".join(f"parcels_p{number}" for number in range(8)),
    )
    assert found["W602"].endswith("run manage.py partitions each night.")
