"""Tables that are divided and joined again: what they have before is what they have after."""

import asyncio

import asyncpg
import pytest
from alembic import command
from typer.testing import CliRunner

from gateway import errors
from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.execution.statistics import Counting
from gateway.layers import LAYERS, PARCELS
from gateway.management import application, partitioning, parts
from gateway.models.declaration import Method, Partitions
from gateway.settings import DatabaseSettings
from tests.integration.partitions.conftest import COUNT

ALL = """
    SELECT 'column', attname, format_type(atttypid, atttypmod), attnotnull::text, attidentity::text,
           col_description(attrelid, attnum)
      FROM pg_attribute WHERE attrelid = 'parcels'::regclass AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid), convalidated::text, '', ''
      FROM pg_constraint WHERE conrelid = 'parcels'::regclass
    UNION ALL SELECT 'index', c.relname, replace(pg_get_indexdef(c.oid), ' ONLY ', ' '), indisvalid::text, '', ''
      FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 'parcels'::regclass
    UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid), tgenabled::text, '', ''
      FROM pg_trigger WHERE tgrelid = 'parcels'::regclass AND NOT tgisinternal
    UNION ALL SELECT 'sequence', pg_get_serial_sequence('parcels', 'id'), '', '', '', ''
    UNION ALL SELECT 'sequence', last_value::text, is_called::text, '', '', '' FROM parcels_id_seq
    UNION ALL SELECT 'grant', a::text, '', '', '', '' FROM pg_class, unnest(relacl) a WHERE relname = 'parcels'
    ORDER BY 1, 2, 3
"""
ROWS = "SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM parcels t"
BY_KEY = "SELECT parcel_id FROM parcels OFFSET 7 LIMIT 1"


@pytest.fixture
async def connection(own_divided):
    found = await asyncpg.connect(own_divided.replace("+asyncpg", ""))
    yield found
    await found.close()


@pytest.fixture
async def database(own_divided):
    made = Database(DatabaseSettings(), own_divided, timeout_ms=0)
    yield made
    await made.dispose()


def silent(*_):
    pass


async def everything(connection):
    return [tuple(row) for row in await connection.fetch(ALL)]


async def test_a_joined_table_is_as_it_was_before_it_was_divided(small, database, connection):
    one = await asyncpg.connect(small.replace("+asyncpg", ""))
    before, rows = await everything(one), await one.fetchval(ROWS)
    await one.close()
    assert await connection.fetchval(ROWS) == rows
    divided = await everything(connection)
    unlike = {row[1] for row in set(before) ^ set(divided)}
    assert unlike == {"pk_parcels"}, "of keys, only that of the id has one column more"
    await partitioning.join(database, PARCELS, silent)
    assert await everything(connection) == before
    assert await connection.fetchval(ROWS) == rows
    assert await connection.fetchval("SELECT relkind FROM pg_class WHERE relname = 'parcels'") == b"r"


async def test_a_table_is_divided_again_into_more(database, connection):
    before, rows = await everything(connection), await connection.fetchval(ROWS)
    told = []
    assert (
        await partitioning.divide(database, PARCELS, Partitions(by="parcel_id", count=12), lambda *a: told.append(a))
        == 12
    )
    assert await everything(connection) == before
    assert await connection.fetchval(ROWS) == rows
    assert {stage for stage, _, _ in told} == {
        *("copying", "building indexes", "analyzing", "taking its place", "vacuuming")
    }
    assert all(done <= total for _, done, total in told)


async def test_new_ids_go_on_from_those_before(database, connection):
    last = await connection.fetchval("SELECT last_value FROM parcels_id_seq")
    await partitioning.join(database, PARCELS, silent)
    insert = "INSERT INTO parcels (parcel_id, geom) SELECT $1, geom FROM parcels LIMIT 1 RETURNING id"
    assert await connection.fetchval(insert, "next") == last + 1
    await partitioning.divide(database, PARCELS, Partitions(by="parcel_id", count=3), silent)
    assert await connection.fetchval(insert, "after") == last + 2


async def test_makemigrations_sees_no_difference(database):
    async with database.engine.begin() as connection:
        await migrations.run(connection, command.check)


async def test_a_key_is_looked_up_in_one_partition_and_a_place_in_all_by_their_indexes(connection):
    await connection.execute("SET enable_seqscan = off")
    key = await connection.fetchval(BY_KEY)
    plan = "\n".join(
        row[0] for row in await connection.fetch("EXPLAIN SELECT id FROM parcels WHERE parcel_id = '" + key + "'")
    )
    assert plan.count("Scan") == 1
    near = "EXPLAIN SELECT id FROM parcels ORDER BY geom <-> 'SRID=4326;POINT(-93 42)' LIMIT 5"
    plan = "\n".join(row[0] for row in await connection.fetch(near))
    assert "Merge Append" in plan
    assert plan.count("Index Scan") == COUNT
    assert "Seq Scan" not in plan


async def test_what_stands_on_the_table_is_named_and_nothing_is_lost(database, connection):
    await connection.execute("CREATE VIEW homes AS SELECT id FROM parcels")
    with pytest.raises(errors.CannotPartition, match="the view homes"):
        await partitioning.join(database, PARCELS, silent)
    assert await connection.fetchval("SELECT count(*) FROM homes") > 0


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Partitions(by="nothing"), "no column nothing"),
        (Partitions(by="land_use"), "A hash is one of the natural key"),
        (Partitions(by="land_use", method=Method.LIST), "is declared in the model"),
    ],
)
async def test_a_division_that_can_not_be_is_refused(database, wanted, said):
    with pytest.raises(errors.CannotPartition, match=said):
        await partitioning.divide(database, PARCELS, wanted, silent)


async def test_who_writes_meanwhile_waits_and_who_reads_does_not(database, connection, own_divided):
    reader = await asyncpg.connect(own_divided.replace("+asyncpg", ""))
    seen = []

    def advance(stage, *_):
        seen.append(stage)

    task = asyncio.create_task(partitioning.divide(database, PARCELS, Partitions(by="parcel_id", count=4), advance))
    while "copying" not in seen:  # noqa: ASYNC110 - what is waited for is in another process
        await asyncio.sleep(0.01)
    assert await reader.fetchval("SELECT count(*) FROM parcels") == 300
    await reader.execute("SET lock_timeout = 1")
    if not task.done():
        with pytest.raises(asyncpg.LockNotAvailableError):
            await reader.execute("DELETE FROM parcels")
    await task
    await reader.close()


async def test_grants_and_the_storage_options_stay(database, connection):
    await connection.execute("GRANT SELECT ON parcels TO PUBLIC")
    await partitioning.divide(database, PARCELS, Partitions(by="parcel_id", count=2), silent)
    assert await connection.fetchval("SELECT has_table_privilege('public', 'parcels', 'SELECT')")
    of_parts = "SELECT inhrelid FROM pg_inherits WHERE inhparent = 'parcels'::regclass"
    options = await connection.fetch(f"SELECT reloptions FROM pg_class WHERE oid IN ({of_parts})")
    assert [row[0] for row in options] == [["autovacuum_analyze_scale_factor=0.01"]] * 2


async def test_prices_know_how_many_rows_there_are_and_where(database):
    table = (await Counting(LAYERS, database).read()).tables["parcels"]
    assert table.rows == 300
    assert table.grid is not None
    assert {"gist geom", "btree parcel_id", "search"} <= table.indexes
    assert table.columns["land_use"].shares


async def test_an_index_that_was_begun_is_completed_while_others_write(database, connection):
    await connection.execute("CREATE INDEX ix_parcels_year ON ONLY parcels (year_built)")
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_parcels_year'::regclass"
    assert not await connection.fetchval(valid)
    await parts.complete(database, PARCELS)
    assert await connection.fetchval(valid)
    await parts.complete(database, PARCELS)


async def test_commands_list_divide_and_join(own_divided, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", own_divided)

    async def manage(*words):
        outcome = await asyncio.to_thread(CliRunner().invoke, application(["partitions"]), ["partitions", *words])
        assert outcome.exit_code == 0, outcome.output
        return outcome.stdout

    await manage()  # the months of today: the tests may have begun in another one
    listed = await manage("list", "parcels")
    assert "parcels_p7" in listed
    assert "7)" in listed
    assert await manage("join", "parcels", "--yes") == "parcels is one table.\n"
    assert "Every layer is one table" in await manage("list")
    assert await manage("make", "parcels", "--hash", "3", "--yes") == "parcels has 3 partitions by hash of parcel_id.\n"
    assert await manage("index", "parcels") == "All partitions of parcels have its indexes.\n"
    assert await manage() == "Every history has its months, and none that is too old.\n"
