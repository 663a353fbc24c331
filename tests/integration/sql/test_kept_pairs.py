"""The pairs of kept relations are those that a read would compute, whatever changes the rows."""

import asyncio

import asyncpg
import pytest

from tests.fixtures.pairs import connected, differences, kept
from tests.fixtures.waiting import LONG

STEP = 0.001


def shape(west, south=0.0, width=1.0, height=1.0):
    """A rectangle as hexadecimal WKT, in steps from a corner in Cambridge."""
    left, bottom = -71.1 + west * STEP, 42.36 + south * STEP
    right, top = left + width * STEP, bottom + height * STEP
    return f"MULTIPOLYGON((({left} {bottom}, {right} {bottom}, {right} {top}, {left} {top}, {left} {bottom})))"


def parcel(key, *place):
    return f"INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', ST_GeomFromText('{shape(*place)}', 4326))"


def district(key, *place):
    return (
        "INSERT INTO zoning_districts (code, zone_code, geom) "
        f"VALUES ('{key}', 'R', ST_GeomFromText('{shape(*place)}', 4326))"
    )


def moved(table, key, *place):
    column = "parcel_id" if table == "parcels" else "code"
    return f"UPDATE {table} SET geom = ST_GeomFromText('{shape(*place)}', 4326) WHERE {column} = '{key}'"


@pytest.fixture
async def psql(keeping_database):
    """A plain connection to a database with five parcels side by side and two districts."""
    async with connected(keeping_database) as connection:
        await fill(connection)
        yield connection


async def fill(connection):
    for number in range(5):
        await connection.execute(parcel(f"P{number}", number))
    await connection.execute(district("A", 0, -1, 2.5, 3))
    await connection.execute(district("B", 2.5, -1, 2.5, 3))


async def pairs(psql):
    """How many pairs are kept of each relation."""
    return {name: len(await kept(psql, name)) for name in ("zoning_districts", "neighbors")}


async def test_rows_that_are_inserted_have_their_pairs(psql):
    assert await pairs(psql) == {"zoning_districts": 6, "neighbors": 8}
    assert await differences(psql) == {}


CHANGES = {
    "a parcel moves": [moved("parcels", "P0", 0, 1)],
    "a parcel moves away": [moved("parcels", "P2", 0, 40)],
    "a parcel grows over its neighbors": [moved("parcels", "P2", 1, 0, 3)],
    "a district moves": [moved("zoning_districts", "A", 1, 0)],
    "a district moves away": [moved("zoning_districts", "A", 100, 0)],
    "a district is split": [moved("zoning_districts", "A", 0, -1, 1.2, 3), district("C", 1.2, -1, 1.3, 3)],
    "two districts overlap equally": [district("C", 0, -1, 2.5, 3), district("D", 0, -1, 2.5, 3)],
    "all parcels move at once": [f"UPDATE parcels SET geom = ST_Translate(geom, {STEP / 2}, 0)"],
    "a parcel is deleted": ["DELETE FROM parcels WHERE parcel_id = 'P2'"],
    "a district is deleted": ["DELETE FROM zoning_districts WHERE code = 'A'"],
    "everything is deleted": ["DELETE FROM parcels", "DELETE FROM zoning_districts"],
    "parcels are truncated": ["TRUNCATE parcels"],
    "districts are truncated": ["TRUNCATE zoning_districts"],
    "a parcel is upserted": [
        parcel("P2", 7) + " ON CONFLICT (parcel_id) DO UPDATE SET geom = excluded.geom",
        parcel("P9", 5) + " ON CONFLICT (parcel_id) DO UPDATE SET geom = excluded.geom",
    ],
    "parcels are merged": [
        "MERGE INTO parcels p USING (SELECT 'P2' AS key) k ON p.parcel_id = k.key WHEN MATCHED THEN DELETE",
    ],
    "a session that replicates moves a parcel": ["SET session_replication_role = replica", moved("parcels", "P0", 9)],
    "a parcel is made within another": [parcel("N", 1.2, 0.2, 0.5, 0.5)],
    "a parcel is made that meets others at corners": [parcel("N", -1, 1), parcel("O", 2, 1)],
    "a parcel comes back, with its id, to another place": [
        "CREATE TEMP TABLE gone AS SELECT id FROM parcels WHERE parcel_id = 'P2'",
        "DELETE FROM parcels WHERE parcel_id = 'P2'",
        parcel("P2", 0, 1).replace("(parcel_id, geom)", "(parcel_id, geom, id) OVERRIDING SYSTEM VALUE")[:-1]
        + ", (SELECT id FROM gone))",
    ],
    "many are made at once": [
        """INSERT INTO parcels (parcel_id, geom)
           SELECT 'M' || n, ST_Translate(geom, (n % 20) * 0.001, 0.001 + n / 20 * 0.001)
           FROM parcels, generate_series(0, 199) n WHERE parcel_id = 'P0'"""
    ],
    "one is moved twice in one transaction": [
        f"BEGIN; {moved('parcels', 'P0', 3, 3)}; {moved('parcels', 'P0', 0, 1)}; COMMIT"
    ],
    "a move is taken back": [f"BEGIN; SAVEPOINT s; {moved('parcels', 'P0', 3, 3)}; ROLLBACK TO s; COMMIT"],
}


@pytest.mark.parametrize("change", CHANGES)
async def test_pairs_follow_each_change(psql, change):
    for statement in CHANGES[change]:
        await psql.execute(statement)
    assert await differences(psql) == {}
    assert await psql.fetchval("SELECT count(*) FROM relation_marks") == 0


async def test_a_row_within_another_borders_on_nothing(psql):
    before = await kept(psql, "neighbors")
    await psql.execute(parcel("N", 1.2, 0.2, 0.5, 0.5))
    assert await kept(psql, "neighbors") == before


def beside(west, offset):
    """Parcels on both sides of a crooked border, whose vertices on one side are moved by up to an offset."""
    corners = [(west + n % 3 * 0.1 * STEP, 42.4 + n * STEP / 7) for n in range(8)]
    other = [(x + (n * 7 % 5 - 2) / 2 * offset, y + (n * 3 % 5 - 2) / 2 * offset) for n, (x, y) in enumerate(corners)]
    other[2:3] = [(other[2][0] / 2 + other[1][0] / 2, other[2][1] / 2 + other[1][1] / 2), other[2]]
    for line, side in ((corners, west - STEP), (other, west + STEP)):
        ring = [*line, (side, line[-1][1]), (side, line[0][1]), line[0]]
        yield f"MULTIPOLYGON((({', '.join(f'{x!r} {y!r}' for x, y in ring)})))"


async def test_borders_that_are_nearly_one_are_kept_as_they_are_computed(psql):
    """Where vertices of one side are off by less than GEOS can tell apart, and by more."""
    for number, offset in enumerate([0.0, *(10.0**-power for power in range(5, 17))]):
        for shape_ in beside(-71.1 + number * 4 * STEP, offset):
            await psql.execute(
                "INSERT INTO parcels (parcel_id, geom) VALUES (gen_random_uuid()::text, "
                f"ST_ForcePolygonCCW(ST_GeomFromText('{shape_}', 4326)))"
            )
    assert await differences(psql) == {}
    assert (await pairs(psql))["neighbors"] >= 10


async def test_rows_that_are_copied_have_their_pairs(psql):
    rows = [("C1", shape(0, 1)), ("C2", shape(1, 1))]
    text = "".join(f"{key}\tSRID=4326;{wkt}\n" for key, wkt in rows).encode()
    await psql.execute("SET session_replication_role = origin")

    async def source():
        yield text

    await psql.copy_to_table("parcels", source=source(), columns=["parcel_id", "geom"])
    assert await differences(psql) == {}


async def test_an_update_that_moves_nothing_writes_no_pairs(psql):
    before = await psql.fetch("SELECT xmin::text, * FROM parcel_neighbors ORDER BY 2, 3")
    cells = await psql.fetch("SELECT * FROM relation_cells ORDER BY 1")
    await psql.execute("UPDATE parcels SET address = 'x', geom = geom")
    assert await psql.fetch("SELECT xmin::text, * FROM parcel_neighbors ORDER BY 2, 3") == before
    assert await psql.fetch("SELECT * FROM relation_cells ORDER BY 1") == cells


async def test_neighbors_across_the_antimeridian_are_kept(psql):
    for key, west in (("E", 179.999), ("W", -180.0)):
        box = f"ST_Multi(ST_MakeEnvelope({west}, 10, {west + STEP}, 10.001, 4326))"
        await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', ST_ForcePolygonCCW({box}))")
    assert len(await kept(psql, "neighbors")) == 10
    assert await differences(psql) == {}


@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO parcels (parcel_id, geom)
           SELECT 'M' || n, geom FROM parcels, generate_series(1, 1001) n WHERE parcel_id = 'P0'""",
        "UPDATE zoning_districts SET geom = ST_Multi(ST_ForcePolygonCCW(ST_Expand(geom, 1)))",
        "SET gateway.relations = 'later'; UPDATE parcels SET geom = ST_Translate(geom, 1, 0)",
    ],
)
async def test_what_would_take_too_long_marks_its_place(psql, statement):
    await psql.execute(statement)
    marks = await psql.fetch("SELECT DISTINCT relation FROM relation_marks WHERE place && ST_Point(-71.1, 42.36, 4326)")
    assert "parcel_zoning_districts" in {row["relation"] for row in marks}


UNCONSTRAINED = """
    DO $$ DECLARE c text; BEGIN
        FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'parcels'::regclass AND conname LIKE 'ck%geom%' LOOP
            EXECUTE 'ALTER TABLE parcels DROP CONSTRAINT ' || c;
        END LOOP;
    END $$;
    ALTER TABLE parcels ALTER COLUMN geom TYPE geometry;
    ALTER TABLE parcel_history ALTER COLUMN geom TYPE geometry
"""
DAMAGED = {
    "a bow tie": "((-71.1 42.36, -71.098 42.362, -71.098 42.36, -71.1 42.362, -71.1 42.36))",
    "overlapping parts": "((-71.1 42.36, -71.098 42.36, -71.098 42.362, -71.1 42.36)), "
    "((-71.1 42.36, -71.098 42.36, -71.099 42.362, -71.1 42.36))",
    "no place": "((-71.1 42.36, NaN NaN, -71.098 42.362, -71.1 42.36))",
    "a place off the globe": "((-571.1 42.36, -571.098 42.36, -571.098 942.362, -571.1 42.36))",
}
DAMAGED = {name: f"ST_GeomFromText('MULTIPOLYGON({rings})', 4326)" for name, rings in DAMAGED.items()} | {
    "another coordinate system": f"ST_GeomFromText('{shape(0)}', 4269)",
    "an infinite place": f"ST_Scale(ST_GeomFromText('{shape(0)}', 4326), 'Infinity', 1)",
    "nothing": "ST_GeomFromText('MULTIPOLYGON EMPTY', 4326)",
    "another kind": "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(-71.0995 42.3605))', 4326)",
}


@pytest.mark.parametrize("damage", DAMAGED)
async def test_rows_that_cannot_be_compared_are_written_and_told_as_behind(psql, damage):
    await psql.execute(UNCONSTRAINED)
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('X', {DAMAGED[damage]})")
    await psql.execute(moved("parcels", "P1", 0.5, 0.5))
    await psql.execute(moved("zoning_districts", "A", 0.5, -1, 2.5, 3))
    if await psql.fetchval("SELECT count(*) FROM relation_marks") == 0:
        assert await differences(psql) == {}
    await psql.execute("DELETE FROM parcels WHERE parcel_id = 'X'")


# Two transactions change rows that meet, or that meet no longer, where neither sees what the other does.
RACES = [
    (moved("parcels", "P0", 0, 40), district("C", 0, 40)),
    (parcel("N", 0, 40), district("C", 0, 40)),
    (parcel("N", 0, 40), parcel("O", 1, 40)),
    (parcel("N", 0, 40), moved("zoning_districts", "A", 0, 40)),
    (moved("parcels", "P0", 0.5, 0), moved("zoning_districts", "A", 0.2, 0)),
    (moved("parcels", "P0", 0, 40), moved("parcels", "P1", 1, 40)),
    (moved("zoning_districts", "A", 100, 0), moved("parcels", "P0", 0.1, 0)),
    ("DELETE FROM zoning_districts WHERE code = 'A'", moved("parcels", "P0", 0.1, 0)),
    ("DELETE FROM parcels WHERE parcel_id = 'P0'", moved("parcels", "P1", 0.5, 0)),
]


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read", "serializable"])
@pytest.mark.parametrize("race", RACES, ids=lambda race: f"{race[0][:40]} | {race[1][:40]}")
async def test_two_writers_at_the_same_time_leave_the_right_pairs(psql, keeping_database, race, isolation):
    """The first has written when the second begins to, and commits while it waits."""
    for one, other in (race, race[::-1]):
        async with connected(keeping_database) as first, connected(keeping_database) as second:
            begun, waiting = first.transaction(isolation=isolation), second.transaction(isolation=isolation)
            await begun.start()
            await waiting.start()
            await second.fetch("SELECT FROM parcels, zoning_districts")  # its snapshot, where it has but one
            await first.execute(one)
            writing = asyncio.create_task(second.execute(other))
            await asyncio.sleep(0.03)
            assert not writing.done()
            await begun.commit()
            if isolation == "read_committed":
                await writing
                await waiting.commit()
            else:
                with pytest.raises(asyncpg.SerializationError):
                    await writing
                await waiting.rollback()
        assert await differences(psql) == {}
        await psql.execute("DELETE FROM parcels; DELETE FROM zoning_districts")
        await fill(psql)


async def test_what_was_taken_back_holds_nothing(keeping_database, psql):
    """After a savepoint that was rolled back, the cell is taken again, and others wait for it."""
    async with connected(keeping_database) as first, connected(keeping_database) as second:
        begun = first.transaction()
        await begun.start()
        await first.execute(f"SAVEPOINT s; {parcel('N', 0, 40)}; ROLLBACK TO s; {parcel('N', 0, 40)}")
        writing = asyncio.create_task(second.execute(parcel("O", 1, 40)))
        await asyncio.sleep(0.03)
        assert not writing.done()
        await begun.commit()
        await writing
    assert await differences(psql) == {}


async def test_writers_apart_do_not_wait_for_each_other(keeping_database, psql):
    async with connected(keeping_database) as first, first.transaction():
        await first.execute(moved("parcels", "P0", 0, 0.1))
        async with asyncio.timeout(LONG), connected(keeping_database) as second:
            await second.execute(parcel("N", 100, 100))
    assert await differences(psql) == {}
