"""Relations that a load left behind are made right by chunks, whatever happens meanwhile."""

import asyncio

import pytest
from sqlalchemy import text

from gateway.db.engine import create_engine
from gateway.ingest import catching_up
from gateway.layers import LAYERS
from gateway.settings import DatabaseSettings
from gateway.sql.rebuilding import Rebuilding, kept_pairs
from tests.fixtures.pairs import connected, differences, kept
from tests.fixtures.waiting import came, eventually

ROWS = """
    INSERT INTO parcels (parcel_id, geom)
    SELECT 'G' || n, ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(x, y, x + 0.001, y + 0.001, 4326)))
    FROM generate_series(0, 1199) n, LATERAL (SELECT -71.1 + (n % 40) * 0.001 x, 42.36 + n / 40 * 0.001 y) place;
    INSERT INTO zoning_districts (code, zone_code, geom)
    SELECT 'D' || n, 'R', ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(x, 42.36, x + 0.0105, 42.39, 4326)))
    FROM generate_series(0, 3) n, LATERAL (SELECT -71.1 + n * 0.0105 x) place
"""
CELLS = """
    SELECT array_agg(cell) FROM parcels, gateway_spans(geom), gateway_cells(west, south, east, north) cell WHERE id = $1
"""
WAITS = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"
MARKS = "SELECT count(*) FROM relation_marks"


@pytest.fixture
async def engine(keeping_database):
    engine = create_engine(DatabaseSettings(), keeping_database, timeout_ms=0)
    yield engine
    await engine.dispose()


@pytest.fixture
async def psql(keeping_database):
    async with connected(keeping_database) as connection:
        await connection.execute("SET gateway.relations = 'later'")
        await connection.execute(ROWS)
        await connection.execute("RESET gateway.relations")
        yield connection


async def test_what_is_behind_is_made_right(engine, psql):
    assert await psql.fetchval(MARKS) > 0
    told = []
    await catching_up.catch_up(engine, advance=lambda *step: told.append(step))
    assert await psql.fetchval(MARKS) == 0
    assert await differences(psql) == {}
    assert told[-1] == ("parcel_neighbors", 1200, 1200)


async def test_a_rebuild_that_was_stopped_goes_on_where_it_stopped(engine, psql, monkeypatch):
    monkeypatch.setattr(catching_up, "BRIEF", 60)
    told = []

    def stop(*step):
        told.append(step)
        if len(told) == 2:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await catching_up.catch_up(engine, advance=stop, lanes=1)
    assert await psql.fetchval(MARKS) > 0
    await catching_up.catch_up(engine, advance=lambda *step: told.append(step), lanes=1)
    steps = [step[1:] for step in told if step[0] == "parcel_zoning_districts"]
    assert steps == [(100, 1200), (300, 1200), (100, 900), (300, 900), (700, 900), (900, 900)]
    assert await differences(psql) == {}


async def test_what_changes_meanwhile_is_made_right_too(engine, psql, keeping_database, monkeypatch):
    monkeypatch.setattr(catching_up, "CHUNK", 100)
    changes = iter(
        [
            "UPDATE parcels SET geom = ST_Translate(geom, 0.0005, 0) WHERE parcel_id = 'G5'",
            "UPDATE zoning_districts SET geom = ST_Translate(geom, 0, 0.002) WHERE code = 'D1'",
            "SET gateway.relations = 'later'; DELETE FROM parcels WHERE parcel_id IN ('G7', 'G900')",
            "UPDATE parcels SET geom = ST_Translate(geom, 0.0002, 0) WHERE parcel_id IN ('G8', 'G1100')",
            "DELETE FROM zoning_districts WHERE code = 'D2'; RESET gateway.relations",
            "DELETE FROM parcels WHERE parcel_id IN ('G20', 'G1000')",
        ]
    )
    real, turn = catching_up._Rebuild._hold, asyncio.Lock()
    async with connected(keeping_database) as other:

        async def hold(rebuild, *rest):
            async with turn:
                if (statement := next(changes, None)) is not None:
                    await other.execute(statement)
            await real(rebuild, *rest)

        monkeypatch.setattr(catching_up._Rebuild, "_hold", hold)
        await catching_up.catch_up(engine)
    assert await psql.fetchval(MARKS) == 0
    assert await differences(psql) == {}


async def test_a_row_that_moves_while_its_cells_are_waited_for_has_those_of_its_new_place_taken(
    engine, psql, keeping_database
):
    neighbors = next(each for each in kept_pairs(LAYERS) if each.name == "parcel_neighbors")
    rebuild = catching_up._Rebuild(engine, Rebuilding(neighbors), lambda *step: None, 1)
    moved = await psql.fetchval("SELECT id FROM parcels WHERE parcel_id = 'G5'")
    async with connected(keeping_database) as other, engine.begin() as connection:
        mover = other.transaction()
        await mover.start()
        await other.execute("UPDATE parcels SET geom = ST_Translate(geom, 1, 1) WHERE id = $1", moved)
        pid = await connection.scalar(text("SELECT pg_backend_pid()"))
        holding = asyncio.create_task(rebuild._hold(connection, [moved], 1.0))
        await eventually(lambda: psql.fetchval(WAITS, pid), "the wait for a cell")
        await mover.commit()
        await came(holding, "the cells")
        own = "SELECT cell FROM relation_cells WHERE held_by = pg_current_xact_id()::text::bigint"
        held = set((await connection.scalars(text(own))).all())
        assert set(await psql.fetchval(CELLS, moved)) <= held


async def test_pairs_that_stand_there_from_one_side_alone_are_made_right(engine, psql):
    await catching_up.catch_up(engine)
    await psql.execute("DELETE FROM parcel_neighbors WHERE source_id < target_id")
    await psql.execute("INSERT INTO relation_marks (relation) VALUES ('parcel_neighbors')")
    await catching_up.catch_up(engine)
    assert await psql.fetchval(MARKS) == 0
    assert await differences(psql) == {}


async def test_all_pairs_are_made_anew_when_they_are_kept_again(engine, psql):
    await catching_up.catch_up(engine)
    await catching_up.switch(engine, on=False)
    await psql.execute("UPDATE parcels SET geom = ST_Translate(geom, 0.0005, 0) WHERE id % 3 = 0")
    await psql.execute("DELETE FROM parcels WHERE id % 5 = 0")
    await catching_up.catch_up(engine)
    assert await psql.fetchval(MARKS) > 0
    await catching_up.switch(engine, on=True)
    await catching_up.catch_up(engine)
    assert await psql.fetchval(MARKS) == 0
    assert await differences(psql) == {}


async def test_a_row_that_cannot_be_compared_leaves_its_place_alone_behind(engine, psql):
    await psql.execute("ALTER TABLE parcels DROP CONSTRAINT ck_parcels_geom_valid")
    await psql.execute("ALTER TABLE parcels DROP CONSTRAINT ck_parcels_geom_right_hand")
    bow_tie = "MULTIPOLYGON(((-71.1 42.36, -71.098 42.362, -71.098 42.36, -71.1 42.362, -71.1 42.36)))"
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('X', ST_GeomFromText('{bow_tie}', 4326))")
    await catching_up.catch_up(engine)
    assert 0 < await psql.fetchval("SELECT sum(ST_Area(place)) FROM relation_marks") < 0.004**2
    await psql.execute("DELETE FROM parcels WHERE parcel_id = 'X'")
    await catching_up.catch_up(engine)
    assert await psql.fetchval(MARKS) == 0
    assert await differences(psql) == {}


async def test_rebuilds_at_the_same_time_take_turns(engine, psql):
    told = []
    rebuilds = (catching_up.catch_up(engine, advance=lambda *step: told.append(step)) for _ in range(3))
    await asyncio.gather(*rebuilds)
    assert await psql.fetchval(MARKS) == 0
    assert await differences(psql) == {}
    assert max(step[1] for step in told) == 1200
    assert sum(step[1:] == (1200, 1200) for step in told) == 2  # one for each relation


@pytest.mark.fuzz
async def test_pairs_of_cambridge_are_those_that_are_computed(cluster, cambridge_template):
    with cluster.copy(cambridge_template) as url:
        engine = create_engine(DatabaseSettings(), url, timeout_ms=0)
        await catching_up.switch(engine, on=True)
        await catching_up.catch_up(engine)
        await engine.dispose()
        async with connected(url) as city:
            assert await differences(city) == {}
            assert len(await kept(city, "zoning_districts")) > 15_000
