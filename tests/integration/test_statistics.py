"""Estimates of cost are by the tables as they are: read from the catalogue, by a server in the background."""

import asyncio

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution.statistics import Counting
from gateway.layers import LAYERS
from gateway.query.statistics import Statistics, Table
from gateway.settings import DatabaseSettings
from tests.fixtures.door import on, opened
from tests.fixtures.pairs import connected
from tests.fixtures.waiting import LONG

BOTH = {"parcel_neighbors", "parcel_zoning_districts"}
OVERVIEWS = {"parcels_overview"}
COUNT = "{ parcels { totalCount } }"


@pytest.fixture
async def database(sample):
    found = Database(DatabaseSettings(), sample)
    yield found
    await found.dispose()


async def test_a_table_is_known_as_the_catalogue_has_it(database):
    found = await Counting(LAYERS, database).read()
    parcels, districts = (found.table(layer.name) for layer in LAYERS)
    async with database.session() as session:
        for layer, table in ((LAYERS["parcels"], parcels), (LAYERS["zoning_districts"], districts)):
            asked = text(f"SELECT count(*), avg(ST_NPoints(geom)) FROM {layer.name}")
            ((count, vertices),) = await session.rows(asked)
            assert table.rows == count
            assert table.vertices == pytest.approx(float(vertices), rel=0.05)
    assert {"btree id", "btree parcel_id", "gist geom", "gist geography", "btree area_sqm"} <= parcels.indexes
    assert parcels.column("parcel_id").share("whatever") == pytest.approx(1 / 2_000)
    frequent, share = max(parcels.column("land_use").shares.items(), key=lambda item: item[1])
    assert share > 0.1
    assert parcels.column("land_use").matching(lambda value: value == frequent) >= share


async def test_a_box_is_known_to_hold_about_the_rows_that_it_holds(database):
    parcels = (await Counting(LAYERS, database).read()).table("parcels")
    grid = parcels.grid
    for part in (0.1, 0.3, 0.9):
        west, south = grid.west + 0.05 * grid.width * 32, grid.south + 0.05 * grid.height * 32
        box = (west, south, west + part * grid.width * 32, south + part * grid.height * 32)
        async with database.session() as session:
            asked = text("SELECT count(*) FROM parcels WHERE geom && ST_MakeEnvelope(:a, :b, :c, :d, 4326)")
            ((count,),) = await session.rows(asked.bindparams(**dict(zip("abcd", box, strict=True))))
        assert count / 2 - 10 < parcels.within(box) < 2 * count + 10
    assert parcels.within((0.0, 0.0, 1.0, 1.0)) < 10


async def test_the_same_rows_give_the_same_statistics(database):
    counting = Counting(LAYERS, database)
    assert await counting.read() == await counting.read()


async def test_a_table_that_was_never_analysed_is_that_of_a_city(empty_database):
    database = Database(DatabaseSettings(), empty_database)
    found = await Counting(LAYERS, database).read()
    await database.dispose()
    assert found == Statistics({})
    assert found.table("parcels") == Table()


async def test_an_answer_is_priced_by_the_table_once_the_server_has_looked(settings, sample):
    async with opened(create_app(on(settings, sample))) as door, asyncio.timeout(LONG):
        costs = [(await door.post(COUNT)).json["extensions"]["cost"]["estimated"]]
        for _ in range(250):
            if costs[-1] < 100:  # a city has 10,000 rows, the sample 2,000
                break
            await asyncio.sleep(0.1)
            costs.append((await door.post(COUNT)).json["extensions"]["cost"]["estimated"])
        assert costs[-1] < 100


async def test_an_overview_is_read_while_its_triggers_fire_always(keeping_database):
    database, trigger = Database(DatabaseSettings(), keeping_database), "count_parcels_overview_updates"
    async with connected(keeping_database) as psql:
        for state, kept in (("DISABLE", set()), ("ENABLE", set()), ("ENABLE ALWAYS", OVERVIEWS)):
            await psql.execute(f"ALTER TABLE parcels {state} TRIGGER {trigger}")
            assert await Counting(LAYERS, database).kept() & OVERVIEWS == kept
    await database.dispose()


async def test_relations_are_read_from_pairs_while_their_triggers_fire_always_and_there_is_no_mark(keeping_database):
    database = Database(DatabaseSettings(), keeping_database)
    counting, trigger = Counting(LAYERS, database), "relate_parcel_neighbors_source_inserts"

    def told():
        labels = [{"jurisdiction": "", "relation": name} for name in BOTH]
        return {each["relation"]: REGISTRY.get_sample_value("gateway_relation_behind", each) for each in labels}

    async with connected(keeping_database) as psql:
        assert await counting.kept() == BOTH | OVERVIEWS
        assert told() == dict.fromkeys(BOTH, 0)
        await psql.execute(f"ALTER TABLE parcels DISABLE TRIGGER {trigger}")
        assert await counting.kept() == BOTH - {"parcel_neighbors"} | OVERVIEWS
        await psql.execute(f"ALTER TABLE parcels ENABLE TRIGGER {trigger}")
        assert await counting.kept() == BOTH - {"parcel_neighbors"} | OVERVIEWS
        await psql.execute(f"ALTER TABLE parcels ENABLE ALWAYS TRIGGER {trigger}")
        await psql.execute("INSERT INTO relation_marks (relation) VALUES ('parcel_zoning_districts')")
        assert await counting.kept() == {"parcel_neighbors"} | OVERVIEWS
        assert told() == {"parcel_neighbors": 0, "parcel_zoning_districts": 1}
    await database.dispose()
