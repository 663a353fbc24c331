"""The sample county in PostGIS: rows, indexes and statistics, and tables that stay as they were when it fails."""

import asyncio

import pyarrow as pa
import pytest
from sqlalchemy import text

from gateway import errors
from gateway.db.sessions import Database
from gateway.db.transactions import Author
from gateway.management import samples
from gateway.management.sample import county
from gateway.management.storing import load

INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
CONSTRAINTS = "SELECT conname, convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1"
COUNTS = "SELECT (SELECT count(*) FROM parcels), (SELECT count(*) FROM zoning_districts)"
CONTENT = """
    SELECT md5(string_agg(md5(concat_ws('|', parcel_id, address, owner_name, land_use, assessed_value, year_built,
                                        attributes, ST_AsEWKB(geom)::text)), '' ORDER BY id)) FROM parcels
"""


@pytest.fixture
async def database(empty_database, settings):
    made = Database(settings.database, empty_database, timeout_ms=0)
    yield made
    await made.dispose()


async def rows(database, statement):
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def execute(database, *statements):
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


def ignore(stage, count):
    pass


async def test_every_row_arrives_with_ids_from_one(database):
    made = county(1_500, 7, 12)
    stages = []

    await load(database, made, replace=False, advance=lambda stage, count: stages.append((stage, count)))

    assert await rows(database, COUNTS) == [(1_500, 12)]
    assert await rows(database, "SELECT min(id), max(id) FROM parcels") == [(1, 1_500)]
    first = pa.Table.from_batches(made.parcels()).slice(0, 1).drop(["geom", "attributes"]).to_pylist()[0]
    stored = await rows(database, f"SELECT {', '.join(first)} FROM parcels WHERE id = 1")
    assert stored == [tuple(first.values())]
    assert sum(count for _, count in stages) == 1_512
    assert [stage for stage, _ in stages][-1] == "analyzing"


async def test_postgis_finds_parcels_and_districts_sound(database):
    await load(database, county(3_000, 3, 15), replace=False, advance=ignore)

    for table in ("parcels", "zoning_districts"):
        sound = f"SELECT bool_and(ST_IsValid(geom) AND ST_IsPolygonCCW(geom) AND ST_SRID(geom) = 4326) FROM {table}"
        assert await rows(database, sound) == [(True,)]
        overlaps = (
            f"SELECT count(*) FROM {table} a JOIN {table} b ON a.id < b.id AND a.geom && b.geom "
            "WHERE ST_Relate(a.geom, b.geom, '2********')"
        )
        assert await rows(database, overlaps) == [(0,)]
    uncovered = (
        "SELECT count(*) FROM parcels, (SELECT ST_Union(geom) u FROM zoning_districts) z WHERE NOT ST_Covers(u, geom)"
    )
    assert await rows(database, uncovered) == [(0,)]


async def test_indexes_constraints_and_statistics_are_there_afterwards(database):
    await execute(database, "CREATE INDEX named ON parcels (land_use)", "COMMENT ON INDEX named IS 'kept'")
    before = await rows(database, INDEXES), await rows(database, CONSTRAINTS)

    await load(database, county(800, 7), replace=False, advance=ignore)

    assert (await rows(database, INDEXES), await rows(database, CONSTRAINTS)) == before
    assert await rows(database, "SELECT obj_description('named'::regclass)") == [("kept",)]
    assert await rows(database, "SELECT reltuples FROM pg_class WHERE relname = 'parcels'") == [(800,)]


async def test_the_same_seed_fills_the_database_alike(database):
    await load(database, county(2_000, 5), replace=False, advance=ignore)
    first = await rows(database, CONTENT)
    await load(database, county(2_000, 5), replace=True, advance=ignore)

    assert await rows(database, CONTENT) == first


@pytest.mark.parametrize("table", ["parcels", "zoning_districts"])
async def test_a_table_with_rows_is_refused_and_left_alone(database, table):
    await load(database, county(50, 7, 3), replace=False, advance=ignore)
    other = "parcels" if table == "zoning_districts" else "zoning_districts"
    await execute(database, f"DELETE FROM {other}")
    before = await rows(database, COUNTS)

    with pytest.raises(errors.LayerNotEmpty, match=f"{table} has the rows of a sample already.*--replace"):
        await load(database, county(60, 8), replace=False, advance=ignore)

    assert await rows(database, COUNTS) == before


async def test_replace_fills_a_table_with_rows_anew_under_ids_that_no_row_had(database):
    await load(database, county(500, 7), replace=False, advance=ignore)
    await load(database, county(40, 8, 2), replace=True, advance=ignore)

    assert await rows(database, COUNTS) == [(40, 2)]
    assert await rows(database, "SELECT min(id), max(id) FROM parcels") == [(501, 540)]
    entries = "SELECT operation, count(*), count(DISTINCT id) FROM parcel_history GROUP BY 1 ORDER BY 1"
    assert await rows(database, entries) == [("CREATE", 540, 540), ("DELETE", 500, 500)]


@pytest.mark.parametrize(
    "other",
    [
        "INSERT INTO parcels (parcel_id, geom) SELECT 'clerk', geom FROM parcels LIMIT 1",
        "INSERT INTO zoning_districts (code, zone_code, geom) SELECT 'clerk', 'R', geom FROM zoning_districts LIMIT 1",
        # Under the id of a row of the sample: someone who resets a sequence by hand loses nothing.
        "UPDATE parcels SET created_at = created_at + interval '1 second' WHERE id = 7",
    ],
)
async def test_rows_of_others_are_never_replaced(database, other):
    await load(database, county(50, 7, 3), replace=False, advance=ignore)
    await execute(database, other)
    before = await rows(database, CONTENT), await rows(database, COUNTS)

    with pytest.raises(errors.LayerNotEmpty, match=r"has rows that are not of a sample.*manage\.py flush"):
        await load(database, county(60, 8), replace=True, advance=ignore)

    assert (await rows(database, CONTENT), await rows(database, COUNTS)) == before


async def test_rows_of_a_sample_that_were_edited_are_of_the_sample(database):
    await load(database, county(50, 7, 3), replace=False, advance=ignore)
    await execute(database, "UPDATE parcels SET land_use = 'edited', parcel_id = 'mine' WHERE id = 3")

    held = await samples.held(database)

    assert [(str(each), each.others) for each in held] == [("50 parcels", False), ("3 zoning districts", False)]


async def test_the_sample_is_taken_out_from_among_the_rows_of_a_city(database):
    await load(database, county(50, 7, 3), replace=False, advance=ignore)
    await execute(database, "INSERT INTO parcels (parcel_id, geom) SELECT 'real', geom FROM parcels LIMIT 1")

    await samples.remove(database, Author("clerk"))

    assert await rows(database, "SELECT parcel_id FROM parcels") == [("real",)]
    assert await rows(database, COUNTS) == [(1, 0)]
    gone = "SELECT principal, count(*) FROM parcel_history WHERE operation = 'DELETE' GROUP BY 1"
    assert await rows(database, gone) == [("clerk", 50)]


@pytest.mark.parametrize("moment", ["copying parcels", "copying zoning_districts", "building indexes"])
async def test_an_interrupted_load_leaves_the_tables_as_they_were(database, moment):
    await load(database, county(700, 7), replace=False, advance=ignore)
    state = INDEXES, CONSTRAINTS, CONTENT, COUNTS
    before = [await rows(database, statement) for statement in state]

    def interrupt(stage, count):
        if stage == moment:
            task.cancel()

    task = asyncio.create_task(load(database, county(20_000, 8), replace=True, advance=interrupt))
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [await rows(database, statement) for statement in state] == before


async def test_an_unfinished_ingest_does_not_go_on_after_its_rows_are_gone(database):
    await execute(
        database,
        "INSERT INTO ingest_runs (layer, source, identity, on_duplicate, state) VALUES "
        "('parcels', 'a.gpkg', 'a', 'error', 'failed'), ('parcels', 'b.gpkg', 'b', 'error', 'complete')",
    )

    await load(database, county(10, 7), replace=True, advance=ignore)

    assert await rows(database, "SELECT source, state FROM ingest_runs ORDER BY 1") == [
        ("a.gpkg", "abandoned"),
        ("b.gpkg", "complete"),
    ]


async def test_a_table_in_use_is_not_waited_for_without_end(database, settings, empty_database):
    quick = settings.database.model_copy(update={"lock_timeout_ms": 100})
    impatient = Database(quick, empty_database, timeout_ms=0)
    async with database.engine.begin() as reader:
        await reader.execute(text("SELECT count(*) FROM parcels"))
        with pytest.raises(errors.Locked):
            await load(impatient, county(10, 7), replace=False, advance=ignore)
    await impatient.dispose()
