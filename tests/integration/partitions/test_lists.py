"""A layer in partitions by list: keys are unique in all of them, and partitions come and go."""

import asyncio

import asyncpg
import pytest
from alembic import command

from gateway import errors
from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.ingest import Counts, IngestOptions, OnDuplicate, ingest
from gateway.management import attaching, partitioning
from gateway.models import Base
from gateway.settings import DatabaseSettings, Settings
from tests.fixtures.buildings import added
from tests.fixtures.sources import square

KEY = '    building_id: Mapped[str] = mapped_column(Text, unique=True, comment="Key of the building in the source.")\n'
TOWN = '    town: Mapped[str] = mapped_column(Text, comment="Town.")\n'
DECLARED = 'minzoom=12, partitions=Partitions(by="town", method=Method.LIST), '
GEOM = "ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope({x}, 42, {x} + 0.001, 42.001, 4326)))"
PLACES = "SELECT building_id, town, tableoid::regclass::text FROM buildings ORDER BY 1"


def of_towns(text):
    """The third layer with a column for a list, which is declared."""
    return (
        text.replace(KEY, KEY + TOWN)
        .replace("minzoom=12, ", DECLARED)
        .replace("        minzoom=12,\n", f"        {DECLARED}\n")
        .replace("import Meta", "import Meta, Method, Partitions")
    )


def silent(*_):
    pass


@pytest.fixture
def towns():
    with added(of_towns) as addition:
        yield addition


@pytest.fixture
async def database(towns, empty_database):
    made = Database(DatabaseSettings(), empty_database, timeout_ms=0)
    await towns.migrate(made.engine)
    yield made
    await made.dispose()


@pytest.fixture
async def connection(database, empty_database):
    found = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    yield found
    await found.close()


@pytest.fixture
async def listed(database, connection, towns):
    """Three buildings of two towns, divided."""
    await connection.execute(put("buildings", ("a", "Ames"), ("b", "Boone"), ("c", "Boone")))
    assert await partitioning.divide(database, towns.layer, towns.layer.partitions, silent) == 3
    return connection


def put(table, *rows, first=0):
    values = ", ".join(f"('{key}', '{town}', {GEOM.format(x=first + at)})" for at, (key, town) in enumerate(rows))
    return f"INSERT INTO {table} (building_id, town, geom) VALUES {values}"


async def test_each_value_has_a_partition_and_others_the_default_one(listed):
    await listed.execute(put("buildings", ("d", "Cedar"), first=9))
    assert [tuple(row) for row in await listed.fetch(PLACES)] == [
        ("a", "Ames", "buildings_p0"),
        ("b", "Boone", "buildings_p1"),
        ("c", "Boone", "buildings_p1"),
        ("d", "Cedar", "buildings_default"),
    ]


async def test_makemigrations_sees_no_difference_of_the_key(listed, database):
    async with database.engine.begin() as connection:
        await migrations.run(connection, lambda config: config.attributes.update(metadata=Base.metadata))
        await connection.run_sync(lambda sync: command.check(migrations.config(sync)))


async def test_a_key_of_another_town_is_refused_and_of_the_same_is_changed(listed):
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await listed.execute(put("buildings", ("a", "Boone"), first=9))
    assert refused.value.constraint_name == "uq_buildings_building_id"
    with pytest.raises(asyncpg.UniqueViolationError):
        await listed.execute("UPDATE buildings SET building_id = 'a' WHERE building_id = 'b'")
    await listed.execute("UPDATE buildings SET town = 'Ames' WHERE building_id = 'b'")
    assert [row[2] for row in await listed.fetch(PLACES)] == ["buildings_p0", "buildings_p0", "buildings_p1"]


@pytest.mark.parametrize("more", [1, 100])
async def test_of_two_who_write_a_key_at_once_the_second_waits_and_fails(listed, empty_database, more):
    other = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    mine, theirs = listed.transaction(), other.transaction()
    await mine.start()
    await theirs.start()
    rows = [(f"z{number}", "Ames") for number in range(more)]
    await listed.execute(put("buildings", *rows, first=9))
    waiting = asyncio.create_task(other.execute(put("buildings", ("z0", "Boone"), first=9)))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await mine.commit()
    with pytest.raises(asyncpg.UniqueViolationError):
        await waiting
    await theirs.rollback()
    await other.close()


async def test_a_file_is_merged_and_a_row_of_another_town_rejected(listed, empty_database, geojson, towns, listener):
    def rows(**towns_of):
        return [(square(at, 42), {"building_id": key, "town": town}) for at, (key, town) in enumerate(towns_of.items())]

    update = IngestOptions(on_duplicate=OnDuplicate.UPDATE)
    file = geojson(*rows(a="Ames", b="Boone", c="Ames", d="Cedar"))
    report = await ingest(empty_database, towns.layer, file, update, listener)
    assert report.counts == Counts(inserted=1, updated=2, rejected=1), listener.told
    assert (2, "c", "rejected", "REFUSED") in listener.told
    assert [row[:2] for row in map(tuple, await listed.fetch(PLACES))][2] == ("c", "Boone")


async def test_a_partition_is_added_with_the_rows_that_waited_for_it(listed, database, towns):
    await listed.execute(put("buildings", ("d", "Cedar"), ("e", "Dows"), first=9))
    assert await attaching.add(database, towns.layer, ["Cedar", "O'Brien"]) == "buildings_p3"
    assert [row[2] for row in await listed.fetch(PLACES)][3:] == ["buildings_p3", "buildings_default"]
    await listed.execute(put("buildings", ("f", "O'Brien".replace("'", "''")), first=20))
    assert (await listed.fetch(PLACES))[-1][2] == "buildings_p3"


async def other_table(connection, *rows, first=40):
    await connection.execute("CREATE TABLE arrived (LIKE buildings INCLUDING DEFAULTS)")
    await connection.execute("ALTER TABLE arrived ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START 1000)")
    await connection.execute(put("arrived", *rows, first=first))


async def counted(connection):
    finest = "SELECT sum(rows) FROM buildings_overview WHERE level = (SELECT min(level) FROM buildings_overview)"
    return await connection.fetchval(finest)


async def test_a_table_is_attached_with_its_rows_and_detached_again(listed, database, towns):
    await other_table(listed, ("x", "Elgin"), ("y", "Elgin"))
    await attaching.attach(database, towns.layer, "arrived", ["Elgin"], silent)
    assert [tuple(row) for row in await listed.fetch(PLACES)][3:] == [
        ("x", "Elgin", "arrived"),
        ("y", "Elgin", "arrived"),
    ]
    assert await counted(listed) == 5
    assert await listed.fetchval("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'buildings'::regclass")
    await listed.execute(put("buildings", ("n", "Ames"), first=60))
    assert await listed.fetchval("SELECT id FROM buildings WHERE building_id = 'n'") > 1001
    await listed.execute("UPDATE buildings SET floors = 2 WHERE building_id = 'x'")
    assert await listed.fetchval("SELECT version FROM buildings WHERE building_id = 'x'") == 2
    await attaching.detach(database, towns.layer, "arrived", silent)
    assert [row[0] for row in await listed.fetch(PLACES)] == ["a", "b", "c", "n"]
    assert await counted(listed) == 4
    assert await listed.fetchval("SELECT count(*) FROM arrived") == 2


async def test_without_a_default_partition_one_is_detached_while_others_read(listed, database, towns, empty_database):
    await listed.execute("DROP TABLE buildings_default")
    reader = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    reading = reader.transaction()
    await reading.start()
    await reader.fetch(PLACES)
    task = asyncio.create_task(attaching.detach(database, towns.layer, "buildings_p0", silent))
    await asyncio.sleep(0.2)
    assert len(await listed.fetch("SELECT id FROM buildings")) in {2, 3}, "who reads waits for nobody"
    await reading.rollback()
    await task
    await reader.close()
    assert [row[0] for row in await listed.fetch(PLACES)] == ["b", "c"]


@pytest.mark.parametrize(
    ("rows", "change", "said"),
    [
        ([("x", "Elgin"), ("y", "Ames")], "", "rows of another town"),
        ([("a", "Elgin")], "", "both have the building_id a"),
        ([("x", "Elgin")], "UPDATE arrived SET id = 1", "both have the id 1"),
        ([("x", "Elgin")], "ALTER TABLE arrived DROP COLUMN floors", "other columns, types or NOT NULL"),
    ],
)
async def test_a_table_that_does_not_fit_is_refused_with_the_reason(listed, database, towns, rows, change, said):
    await other_table(listed, *rows)
    await listed.execute(change or "SELECT")
    with pytest.raises(errors.CannotPartition, match=said):
        await attaching.attach(database, towns.layer, "arrived", ["Elgin"], silent)
    assert [row[0] for row in await listed.fetch(PLACES)] == ["a", "b", "c"]


async def test_an_index_is_made_again_where_attaching_was_broken_off(listed, database, towns):
    await other_table(listed, ("x", "Elgin"), ("a", "Elgin"))
    for _ in range(2):
        with pytest.raises(errors.CannotPartition, match="both have the building_id a"):
            await attaching.attach(database, towns.layer, "arrived", ["Elgin"], silent)
    await listed.execute("DELETE FROM arrived WHERE building_id = 'a'")
    await attaching.attach(database, towns.layer, "arrived", ["Elgin"], silent)
    assert len(await listed.fetch(PLACES)) == 4


async def test_a_joined_table_has_its_key_alone_again(listed, database, towns):
    await partitioning.join(database, towns.layer, silent)
    key = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'uq_buildings_building_id'"
    assert await listed.fetchval(key) == "UNIQUE (building_id)"
    assert not await listed.fetchval("SELECT EXISTS (SELECT FROM pg_trigger WHERE tgname LIKE 'one_key%')")


async def found(database, layers):
    """Ids of what `manage.py check --database` says of the buildings."""
    tags = frozenset({Tag.TABLES, Tag.INDEXES})
    messages = await Run(Settings(), layers, tags).stored(database)
    return {message.rule.id for message in messages if "building" in message.about} - {"gateway.W401"}


async def test_checks_find_what_a_list_lacks(database, connection, towns):
    assert await found(database, towns.layers) == {"gateway.W304"}
    await connection.execute(put("buildings", ("a", "Ames")))
    await partitioning.divide(database, towns.layer, towns.layer.partitions, silent)
    assert await found(database, towns.layers) == set()
    await connection.execute(put("buildings", ("b", "Boone"), first=9))
    assert await found(database, towns.layers) == {"gateway.W305"}
    await connection.execute("ALTER TABLE buildings DISABLE TRIGGER one_key_of_updates")
    assert await found(database, towns.layers) == {"gateway.W305", "gateway.E404"}
