"""Tiles are kept while nothing changes, and not longer, by any way of changing it."""

import asyncio

import pytest
from sqlalchemy import text

from gateway.db.changes import Changes
from gateway.db.sessions import Database
from gateway.ingest import IngestOptions, ingest
from gateway.layers import PARCELS
from tests.fixtures.mapping import mapped
from tests.fixtures.mvt import decode
from tests.fixtures.sources import square
from tests.fixtures.waiting import LONG
from tests.integration.feeds.conftest import a_place, kept, other, sent, until, write

# Statements that change the row `id` of a tile, or all rows.
CHANGES = {
    "insert": ["INSERT INTO parcels (parcel_id, geom) SELECT 'new', geom FROM parcels WHERE id = {id}"],
    "update": ["UPDATE parcels SET land_use = 'changed' WHERE id = {id}"],
    "delete": ["DELETE FROM parcels WHERE id = {id}"],
    "truncate": ["TRUNCATE parcels"],
    "several": ["CREATE TEMP TABLE kept ON COMMIT DROP AS TABLE zoning_districts", "DELETE FROM parcels"],
}


async def test_a_tile_is_read_once_and_then_takes_no_connection(own_map):
    path, answer, texts = await kept(own_map, await a_place(own_map))
    before = len(texts)
    for headers in ({}, {"if-none-match": answer.headers["etag"]}, {"accept-encoding": "gzip"}):
        again = await own_map.get(path, **headers)
        assert again.headers["etag"] == answer.headers["etag"]
    assert len(texts) == before
    await own_map.get(path + "?properties=")
    assert len(texts) == before + 1


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_by_another_process_takes_tiles_out(own_map, settings, own, change):
    path, answer, _ = await kept(own_map, await a_place(own_map))
    first = decode(answer.body)["parcels"].ids[0]
    await write(settings, own, *(statement.format(id=first) for statement in CHANGES[change]))
    await other(own_map, path, answer)


async def test_a_change_that_is_rolled_back_takes_nothing_out(own_map, settings, own):
    path, _, texts = await kept(own_map, await a_place(own_map))
    database = Database(settings.database, own)
    async with database.engine.connect() as connection:
        await connection.execute(text("DELETE FROM parcels"))
        await connection.rollback()
    await database.dispose()
    before = len(texts)
    await asyncio.sleep(0.2)
    await own_map.get(path)
    assert len(texts) == before


async def test_ingest_takes_tiles_out(own_map, own, geojson):
    place = await a_place(own_map)
    path, answer, _ = await kept(own_map, place)
    west, south, east, north = await own_map.bounds("parcels")
    await ingest(
        own, PARCELS, geojson((square((west + east) / 2, (south + north) / 2), {"parcel_id": "fresh"})), IngestOptions()
    )
    now = await other(own_map, path, answer)
    assert "fresh" in {feature.properties["parcelId"] for feature in decode(now.body)["parcels"].features}


async def test_a_filter_that_looks_at_another_layer_hears_of_its_changes(own_map, settings, own):
    place = await a_place(own_map)
    query = '?filters={"zoningDistricts":{"some":{}}}'
    await kept(own_map, place)
    path = f"/tiles/parcels/{'/'.join(map(str, place))}.mvt{query}"
    answer = await own_map.get(path)
    assert answer.body
    await write(settings, own, "DELETE FROM zoning_districts")
    assert (await other(own_map, path, answer)).body == b""


async def test_a_table_that_does_not_tell_of_changes_is_read_each_time(settings, own):
    await write(settings, own, "DROP TRIGGER tell_change ON parcels")
    async with mapped(settings, own) as found:
        place = await a_place(found)
        changes = Changes(settings.database, own)
        await until(lambda: changes.generation(["zoning_districts"]) is not None)
        assert changes.generation(["parcels"]) is None
        await changes.close()
        texts = sent(found)
        for _ in range(3):
            await found.tile("parcels", place)
        assert len(texts) == 3


async def test_while_nobody_listens_tiles_are_read_each_time(own_map, cluster):
    path, _, texts = await kept(own_map, await a_place(own_map))
    before = len(texts)
    killed = cluster.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_trigger%' AND state = 'idle' "
        f"AND datname = '{own_map.door.database.engine.url.database}'"
    )
    assert killed
    async with asyncio.timeout(LONG):
        while len(texts) == before:
            await own_map.get(path)
            await asyncio.sleep(0.01)
    # It listens again after a while.
    await kept(own_map, await a_place(own_map))


async def test_behind_a_pooler_in_transaction_mode_nothing_is_kept(settings, own):
    changes = Changes(settings.database.model_copy(update={"pooler": "pgbouncer"}), own)
    assert changes.generation(["parcels"]) is None
    await asyncio.sleep(0)
    assert changes._task is None
    await changes.close()


async def test_behind_a_pooler_tiles_are_kept_where_the_database_itself_is_named(settings, own, pooler_before):
    with pooler_before(own) as pooler:
        behind = settings.database.model_copy(update={"pooler": "pgbouncer", "direct_url": own})
        pooled = settings.model_copy(update={"database": behind})
        async with mapped(pooled, pooler.url(own).replace("postgresql:", "postgresql+asyncpg:")) as found:
            path, answer, _ = await kept(found, await a_place(found))
            await write(settings, own, "DELETE FROM parcels")
            await other(found, path, answer)


async def test_tiles_asked_for_at_once_are_one_statement(own_map):
    place = await a_place(own_map)
    path = f"/tiles/parcels/{'/'.join(map(str, place))}.mvt"
    texts = sent(own_map)
    answers = await asyncio.gather(*(own_map.get(path) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert len(texts) == 1
