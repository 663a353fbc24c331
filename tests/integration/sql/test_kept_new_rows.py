"""The pairs of exactly one new row, which a trigger makes by itself, are those that a read would compute."""

import asyncio

import asyncpg
import pytest

from tests.fixtures.pairs import KEPT, connected, differences, kept
from tests.integration.sql.test_kept_pairs import STEP, district, fill, parcel, shape

CORNER = "ST_Translate(ST_Scale(ST_GeomFromText('{}', 4326), 0.001, 0.001), -71.1, 42.36)"
# In steps from the corner: the districts are A (0 to 2.5 east) and B (2.5 to 5), both from -1 to 2 north.
PLACES = {
    "inside a district": "((0.2 1.2, 0.4 1.2, 0.4 1.4, 0.2 1.2))",
    "across two districts": "((2 1.2, 3 1.2, 3 1.4, 2 1.4, 2 1.2))",
    "at the edge of a district, from within": "((2 1.2, 2.5 1.2, 2.5 1.4, 2 1.4, 2 1.2))",
    "at the edge of all districts, from outside": "((-1 1.2, 0 1.2, 0 1.4, -1 1.4, -1 1.2))",
    "at a corner of a district, from outside": "((-1 2, 0 2, -1 3, -1 2))",
    "over a whole district": "((-1 -2, 2.6 -2, 2.6 3, -1 3, -1 -2))",
    "around a district, which lies in its hole": "((-1 -2, 3 -2, 3 3, -1 3, -1 -2), (0 -1, 0 2, 2.5 2, 2.5 -1, 0 -1))",
    "in parts, in two districts": "((0.2 1.2, 0.4 1.2, 0.4 1.4, 0.2 1.2)), ((3 1.2, 3.4 1.2, 3.4 1.4, 3 1.2))",
    "in parts, one of them in no district": "((0.2 1.2, 0.4 1.2, 0.4 1.4, 0.2 1.2)), ((9 9, 9.4 9, 9.4 9.4, 9 9))",
    "as far from an edge as a millionth of a millimetre": "((2 1.2, 2.5000000000001 1.2, 2.5 1.4, 2 1.4, 2 1.2))",
    "in the hole of a district": "((20.4 0.4, 20.6 0.4, 20.6 0.6, 20.4 0.4))",
    "in many cells": "((0 0, 30 0, 30 20, 0 0))",
    "nowhere near": "((300 0, 301 0, 301 1, 300 0))",
}

TWO = f"""INSERT INTO parcels (parcel_id, geom) SELECT 'M' || n, ST_Translate(geom, n * {STEP} / 4, {STEP})
    FROM parcels, generate_series(1, 2) n WHERE parcel_id = 'P0'"""


@pytest.fixture
async def psql(keeping_database):
    async with connected(keeping_database) as connection:
        await fill(connection)
        hole = "MULTIPOLYGON(((20 0, 21 0, 21 1, 20 1, 20 0), (20.2 0.2, 20.2 0.8, 20.8 0.8, 20.8 0.2, 20.2 0.2)))"
        await connection.execute(
            f"INSERT INTO zoning_districts (code, zone_code, geom) VALUES ('H', 'R', {CORNER.format(hole)})"
        )
        yield connection


async def insert(psql, rings, key="N"):
    made = f"ST_ForcePolygonCCW({CORNER.format(f'MULTIPOLYGON({rings})')})"
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', {made})")


@pytest.mark.parametrize("place", PLACES)
async def test_a_new_row_has_the_pairs_that_are_computed(psql, place):
    await insert(psql, PLACES[place])
    assert await differences(psql) == {}
    assert await psql.fetchval("SELECT count(*) FROM relation_marks") == 0


async def test_a_new_row_of_many_vertices_has_the_pairs_that_are_computed(psql):
    circle = f"ST_Multi(ST_ForcePolygonCCW(ST_Buffer(ST_Point({-71.1 + 2.5 * STEP}, 42.3605, 4326), 0.0004, 60)))"
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('N', {circle})")
    assert await differences(psql) == {}


async def test_a_new_row_loses_the_pairs_that_another_row_of_its_id_had(psql):
    for table in ("parcel_neighbors", "parcel_zoning_districts"):
        await psql.execute(f"INSERT INTO {table} SELECT 900, id, 1, 1 FROM zoning_districts WHERE code = 'B'")
    await psql.execute(
        f"INSERT INTO parcels (id, parcel_id, geom) OVERRIDING SYSTEM VALUE "
        f"VALUES (900, 'N', ST_GeomFromText('{shape(0.2, 1.2, 0.1, 0.1)}', 4326))"
    )
    assert await differences(psql) == {}


async def test_a_pair_that_is_there_before_its_row_does_not_refuse_the_row(psql):
    """It stands at the other end alone, as no trigger leaves it."""
    await psql.execute("INSERT INTO parcel_neighbors SELECT id, 900, 1 FROM parcels WHERE parcel_id = 'P0'")
    await psql.execute(
        f"INSERT INTO parcels (id, parcel_id, geom) OVERRIDING SYSTEM VALUE "
        f"VALUES (900, 'N', ST_GeomFromText('{shape(0, 1)}', 4326))"
    )
    assert await differences(psql) == {}


async def test_a_statement_that_inserts_no_row_makes_no_pairs(psql):
    before = await kept(psql, "neighbors")
    await psql.execute(parcel("P0", 0, 1) + " ON CONFLICT DO NOTHING")
    assert await kept(psql, "neighbors") == before


@pytest.mark.parametrize("statements", [("one", "many"), ("many", "one"), ("one", "one"), ("one", "later", "one")])
async def test_statements_of_one_transaction_each_make_their_own_pairs(psql, statements):
    """What was made for the statement before says nothing of the next one."""
    async with psql.transaction():
        for number, statement in enumerate(statements):
            if statement == "many":
                await psql.execute(TWO)
            else:
                await psql.execute(f"SET LOCAL gateway.relations = '{statement}'")
                await psql.execute(parcel(f"N{number}", number, 1))
    later = [f"N{number}" for number, statement in enumerate(statements) if statement == "later"]
    assert await psql.fetchval("SELECT count(*) FROM relation_marks") == 2 * len(later)
    left = set(await psql.fetchval("SELECT array_agg(id) FROM parcels WHERE parcel_id = ANY ($1)", later) or ())
    assert all(left & set(pair) for _, pair in await differences(psql))


async def test_what_a_savepoint_takes_back_leaves_no_pairs_and_skips_none(psql):
    async with psql.transaction():
        await psql.execute(parcel("N", 0, 1))
        await psql.execute(f"SAVEPOINT s; {parcel('O', 1, 1)}; ROLLBACK TO s; {parcel('O', 2, 1)}")
    assert await differences(psql) == {}


async def test_rows_that_a_trigger_of_another_makes_beside_new_ones_have_their_pairs(psql):
    """Between the triggers of the relations: the statement within is done before the second one fires."""
    await psql.execute(
        f"""CREATE FUNCTION twin() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF pg_trigger_depth() = 1 THEN {parcel("T", 1, 1)}; END IF; RETURN NULL; END $$;
        CREATE TRIGGER relate_parcel_p AFTER INSERT ON parcels FOR EACH STATEMENT EXECUTE FUNCTION twin()"""
    )
    await psql.execute(TWO)
    assert await differences(psql) == {}


@pytest.mark.parametrize("released", ["parcel_neighbors", "parcel_zoning_districts"])
async def test_a_relation_is_kept_while_another_one_is_not(psql, keeping_database, released):
    """For a session that saw both kept, and for one that sees one alone."""
    await psql.execute(f"ALTER TABLE parcels DISABLE TRIGGER relate_{released}_source_inserts")
    async with connected(keeping_database) as other:
        await insert(psql, PLACES["across two districts"])
        await insert(other, PLACES["inside a district"], "O")
        assert {KEPT[name] for name, _ in await differences(psql)} <= {released}
    await psql.execute(f"ALTER TABLE parcels ENABLE ALWAYS TRIGGER relate_{released}_source_inserts")
    await psql.execute(f"DELETE FROM {released}; UPDATE parcels SET geom = ST_Translate(geom, 0, {STEP} / 8)")
    await insert(psql, PLACES["over a whole district"], "Q")
    assert await differences(psql) == {}


@pytest.mark.parametrize("isolation", ["read_committed", "serializable"])
async def test_two_new_rows_at_one_place_at_once_know_of_each_other_or_one_is_refused(
    psql, keeping_database, isolation
):
    """Their cell was taken before, so each takes it by changing its row."""
    async with connected(keeping_database) as other:
        first, second = psql.transaction(isolation=isolation), other.transaction(isolation=isolation)
        await first.start()
        await second.start()
        await other.execute("SELECT count(*) FROM parcels")
        await psql.execute(parcel("N", 0, 1))
        waits = asyncio.ensure_future(other.execute(parcel("O", 1, 1)))
        await asyncio.sleep(0.2)
        assert not waits.done()
        await first.commit()
        if isolation == "serializable":
            with pytest.raises(asyncpg.SerializationError):
                await waits
            await second.rollback()
        else:
            await waits
            await second.commit()
    assert await differences(psql) == {}


async def test_a_new_row_beside_a_district_that_came_meanwhile_has_its_pair(psql, keeping_database):
    async with connected(keeping_database) as other:
        first = psql.transaction()
        await first.start()
        await psql.execute(district("C", 0, 1, 1, 1))
        waits = asyncio.ensure_future(other.execute(parcel("N", 0.2, 1.2, 0.1, 0.1)))
        await asyncio.sleep(0.2)
        await first.commit()
        await waits
    assert await differences(psql) == {}


@pytest.mark.parametrize("place", sorted(PLACES.keys() - {"in many cells"}))
async def test_pairs_of_a_new_row_are_made_without_what_remakes_those_of_many(psql, place):
    for name in ("parcel_neighbors", "parcel_zoning_districts"):
        await psql.execute(
            f"CREATE OR REPLACE FUNCTION remake_{name}(ids bigint[], side text, low bigint DEFAULT 0) RETURNS void "
            "LANGUAGE plpgsql AS $$ BEGIN RAISE raise_exception; END $$"
        )
    await insert(psql, PLACES[place])
    assert await differences(psql) == {}
