"""Tiles that are too far out for parcels hold cells whose numbers add up to all that a filter keeps."""

import asyncio

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from sqlalchemy import make_url

from gateway.settings import Settings
from tests.fixtures.mapping import columns, mapped
from tests.fixtures.mvt import decode, positions
from tests.fixtures.waiting import LONG
from tests.integration.feeds.test_transports import filters

NAME = "parcels_overview"
# Of each level, cells as they are kept and as they would be counted.
DIFFERENCES = """
    WITH each AS (
        SELECT (ST_XMin(geom) + ST_XMax(geom)) / 2 AS x, (ST_YMin(geom) + ST_YMax(geom)) / 2 AS y, assessed_value AS v
        FROM parcels
    ), counted AS (
        SELECT level, floor((x + 180) / 360 * 2 ^ level)::int AS x,
               floor((0.5 - asinh(tan(radians(y))) / 2 / pi()) * 2 ^ level)::int AS y,
               count(*) AS rows, count(v) AS valued, coalesce(sum(v), 0) AS total
        FROM each, unnest('{17,15,13,11,9,7}'::int[]) level GROUP BY 1, 2, 3
    ), kept AS (
        SELECT level, x, y, sum(rows) AS rows, sum(assessed_value_rows) AS valued, sum(assessed_value) AS total
        FROM parcels_overview GROUP BY 1, 2, 3 HAVING sum(rows) > 0
    )
    SELECT count(*) FROM counted FULL JOIN kept USING (level, x, y, rows, valued, total)
    WHERE counted IS NULL OR kept IS NULL
"""
BOX = "ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope({0}, {1}, {0} + 0.001, {1} + 0.001, 4326)))"


async def overview(found, z, query="", names="parcels"):
    """All cells of a zoom."""
    box = await found.bounds(names, query)
    tiles = [await found.tile(names, place, query) for place in columns(*box, z)] if box else []
    return [cell for tile in tiles if NAME in tile for cell in tile[NAME].features]


@pytest.fixture(scope="module")
def far(small, tmp_path_factory):
    """How many rows a filter keeps and the sum of their values, and the same of the cells of some zooms."""
    with asyncio.Runner() as runner:
        opening = mapped(Settings(data_dir=tmp_path_factory.mktemp("far")), small)
        found = runner.run(opening.__aenter__())
        yield lambda wanted, zooms: runner.run(_far(found, wanted, zooms))
        runner.run(opening.__aexit__(None, None, None))


async def _far(found, wanted, zooms):
    document = """query ($f: ParcelFilter) { parcels(filters: $f) {
        totalCount aggregate { sum { assessedValue } } tiles { url } } }"""
    told = (await found.door.post(document, {"f": wanted})).json["data"]["parcels"]
    _, _, query = told["tiles"]["url"].partition("?")
    worth = told["aggregate"]["sum"]["assessedValue"]
    every = {}
    for z in zooms:
        cells = await overview(found, z, f"?{query}&sum=assessedValue")
        values = [cell.properties["sum"] for cell in cells if "sum" in cell.properties]
        every[z] = sum(cell.properties["count"] for cell in cells), round(sum(values)) if values else None
    return (told["totalCount"], worth and round(float(worth))), every


def test_without_a_filter_the_cells_of_each_zoom_add_up_to_all_rows(far):
    total, every = far(None, range(12))
    assert total[0] == 300
    assert every == dict.fromkeys(range(12), total)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters, st.lists(st.integers(0, 11), min_size=2, max_size=3, unique=True))
def test_the_cells_of_each_zoom_add_up_to_the_rows_of_the_filter(far, wanted, zooms):
    total, every = far(wanted, zooms)
    assert every == dict.fromkeys(zooms, total if total[0] else (0, None))


async def test_from_zoom_0_to_22_no_tile_over_a_parcel_is_empty(small_map):
    query = '?filters={"yearBuilt":{"gt":1950}}'
    (feature, *_) = (await small_map.get(f"/export/parcels.geojson{query}")).json["features"]
    spot = shape(feature["geometry"]).representative_point()
    for z in range(23):
        (place,) = columns(spot.x, spot.y, spot.x, spot.y, z)
        for asked in ("", query):
            layers = await small_map.tile("parcels", place, asked)
            assert any(layer.features for layer in layers.values()), (z, asked)


async def test_each_row_counts_in_the_cell_in_which_the_middle_of_its_box_lies(small_map):
    features = (await small_map.get("/export/parcels.geojson")).json["features"]
    middles = []
    for feature in features:
        x, y = zip(*(position for part in feature["geometry"]["coordinates"] for position in part[0]), strict=True)
        middles.append(((min(x) + max(x)) / 2, (min(y) + max(y)) / 2))
    expected = {}
    for middle in middles:
        (cell,) = columns(*middle, *middle, 17)
        expected[cell[1:]] = expected.get(cell[1:], 0) + 1
    found = {}
    for z, column, line in columns(*(await small_map.bounds("parcels")), 11):
        tile = await small_map.tile("parcels", (z, column, line))
        for cell in tile[NAME].features if tile else ():
            ((corner, *_),) = (sorted(ring) for ring in positions(cell))
            found[(column * 64 + corner[0] // 64, line * 64 + corner[1] // 64)] = cell.properties["count"]
    assert found == expected


async def test_cells_are_squares_or_points_and_have_ids(small_map):
    squares, points = [await overview(small_map, 11, query) for query in ("", "?cells=points")]
    assert {cell.kind for cell in squares} == {3}
    assert {cell.kind for cell in points} == {1}
    assert {cell.id: cell.properties for cell in squares} == {cell.id: cell.properties for cell in points}
    assert len({cell.id for cell in squares}) == len(squares) > 5
    ((ring,),) = {tuple(map(tuple, positions(squares[0])))}
    assert sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True)) > 0
    refused = await small_map.get("/tiles/parcels/3/1/2.mvt?cells=stars")
    assert (refused.status, refused.code) == (400, "BAD_ARGUMENT")


async def test_a_layer_that_is_drawn_at_every_zoom_has_no_overview(small_map):
    west, south, _, _ = await small_map.bounds("parcels")
    (place,) = columns(west, south, west, south, 9)
    tile = await small_map.tile("zoning_districts,parcels,parcels_labels", place)
    assert tile.keys() == {"zoning_districts", NAME}
    told = (await small_map.get("/tiles/zoning_districts,parcels,parcels_labels.json?sum.parcels=yearBuilt")).json
    layers = {layer["id"]: layer for layer in told["vector_layers"]}
    assert told["minzoom"] == 0
    assert layers.keys() == {"zoning_districts", "parcels", "parcels_labels", NAME}
    assert (layers[NAME]["minzoom"], layers[NAME]["maxzoom"]) == (0, 11)
    assert layers[NAME]["fields"] == {"count": "Number", "sum": "Number"}


@pytest.mark.parametrize("name", ["ownerName", "parcelId", "landUse", "geometry", "none"])
async def test_what_is_no_number_or_private_is_not_added(small_map, name):
    refused = await small_map.get(f"/tiles/parcels/3/1/2.mvt?sum={name}")
    assert (refused.status, refused.code) == (400, "BAD_ARGUMENT")
    assert "There are assessedValue, yearBuilt." in refused.json["errors"][0]["message"]


async def test_cells_of_few_rows_are_left_out(settings, small):
    secret = settings.model_copy(update={"auth": settings.auth.model_copy(update={"least_group": 20})})
    async with mapped(secret, small) as strict, mapped(settings, small) as plain:
        for query in ("", '?filters={"yearBuilt":{"gt":1950}}'):
            every = {cell.id: cell.properties["count"] for cell in await overview(plain, 11, query)}
            shown = {cell.id: cell.properties["count"] for cell in await overview(strict, 11, query)}
            assert shown == {cell: count for cell, count in every.items() if count >= 20} != every


async def test_a_changed_row_changes_the_overview(own_map, psql):
    before = await overview(own_map, 11)
    await psql.execute("DELETE FROM parcels WHERE id = (SELECT min(id) FROM parcels)")
    await psql.execute("UPDATE parcels SET geom = ST_Translate(geom, 0.5, 0) WHERE id = (SELECT min(id) FROM parcels)")
    async with asyncio.timeout(LONG):
        while sum(cell.properties["count"] for cell in await overview(own_map, 11)) != 299:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert {cell.id for cell in await overview(own_map, 11)} != {cell.id for cell in before}


@pytest.fixture
async def psql(own):
    async with connected(own) as connection:
        yield connection


def connected(url):
    """Connections past the gateway."""
    made = make_url(url)
    return asyncpg.create_pool(
        host=made.query["host"],
        user=made.username,
        database=made.database,
        port=made.query.get("port"),
        min_size=0,
        max_size=6,
    )


async def test_every_kind_of_write_keeps_the_numbers(psql):
    assert await psql.fetchval("SELECT count(*) FROM parcels_overview") >= 11
    for statement in (
        "DELETE FROM parcels WHERE id % 3 = 0",
        "UPDATE parcels SET assessed_value = assessed_value + 0.01, address = 'moved' WHERE id % 2 = 0",
        "UPDATE parcels SET assessed_value = NULL WHERE id % 5 = 0",
        "UPDATE parcels SET geom = ST_Translate(geom, 0.02, 0.01), assessed_value = 7 WHERE id % 7 = 0",
        "UPDATE parcels SET land_use = 'other'",
        f"INSERT INTO parcels (parcel_id, geom) SELECT g, {BOX.format('g', '-20')} FROM generate_series(-179, 179) g",
        "DELETE FROM parcels WHERE parcel_id LIKE '-%'",
        "DELETE FROM parcels WHERE false",
    ):
        await psql.execute(statement)
        assert await psql.fetchval(DIFFERENCES) == 0, statement
    await psql.execute("TRUNCATE parcels")
    assert await psql.fetchval("SELECT count(*) FROM parcels_overview") == 0


@pytest.mark.parametrize(
    "box",
    [
        (-161, -0.0, 5e-324, 5e-324),
        (5e-324, -5e-324, 1, 0),
        (-1e-131, 1e-131, 1e-130, 1e-129),
        (-1e308, -1, 1e308, 1),
        (1e307, 1e307, 1.7e308, 1.7e308),
        (-1e308, -1e308, -1, -1),
        (300, 100, 400, 200),
    ],
)
async def test_no_row_that_its_table_takes_is_refused_for_its_place(psql, box):
    counted = "SELECT coalesce(sum(rows), 0) FROM parcels_overview WHERE level = 17"
    before = await psql.fetchval(counted)
    await psql.execute(
        "INSERT INTO parcels (parcel_id, geom) VALUES ('far', "
        f"ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope({', '.join(map(str, box))}, 4326))))"
    )
    assert await psql.fetchval(counted) == before + 1
    await psql.execute("UPDATE parcels SET assessed_value = 'NaN' WHERE parcel_id = 'far'")
    await psql.execute("DELETE FROM parcels WHERE parcel_id = 'far'")
    assert await psql.fetchval(counted) == before
    assert await psql.fetchval(DIFFERENCES) == 0


async def test_a_change_that_is_rolled_back_leaves_the_numbers(psql):
    async with psql.acquire() as connection:
        change = connection.transaction()
        await change.start()
        await connection.execute("DELETE FROM parcels")
        await change.rollback()
    assert await psql.fetchval(DIFFERENCES) == 0


@pytest.mark.parametrize("isolation", ["read_committed", "repeatable_read"])
async def test_writers_of_one_cell_do_not_wait_for_each_other_and_lose_nothing(psql, isolation):
    async with psql.acquire() as first, psql.acquire() as second:
        one, other = first.transaction(isolation=isolation), second.transaction(isolation=isolation)
        await one.start()
        await other.start()
        for connection, key in ((first, "a"), (second, "b"), (first, "c"), (second, "d")):
            async with asyncio.timeout(LONG):
                await connection.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', {BOX.format(5, 5)})")
        await one.commit()
        async with asyncio.timeout(LONG):
            await second.execute("DELETE FROM parcels WHERE parcel_id = 'b'")
        await other.commit()
    assert await psql.fetchval(DIFFERENCES) == 0
    counted = "SELECT sum(rows), count(*) FROM parcels_overview WHERE level = 17 AND x = floor(185 / 360.0 * 131072)"
    assert (await psql.fetchrow(counted))[0] == 3
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('e', {BOX.format(5, 5)})")
    assert tuple(await psql.fetchrow(counted)) == (4, 1)


async def test_many_writers_at_once_lose_nothing(psql):
    async def write(number):
        for turn in range(12):
            place = 5 + (number + turn) % 3
            await psql.execute(
                f"INSERT INTO parcels (parcel_id, geom, assessed_value) VALUES ('{number}-{turn}', "
                f"{BOX.format(place, place)}, {turn})"
            )
            if turn % 4 == 3:
                await psql.execute(
                    f"UPDATE parcels SET geom = {BOX.format(6, 6)} WHERE parcel_id = '{number}-{turn - 1}'"
                )
                await psql.execute(f"DELETE FROM parcels WHERE parcel_id = '{number}-{turn - 2}'")

    await asyncio.gather(*map(write, range(6)))
    assert await psql.fetchval(DIFFERENCES) == 0


@pytest.mark.parametrize(("west", "east", "x"), [(179.5, -179.9, 1), (179.9, -179.5, 0)])
async def test_a_row_across_the_antimeridian_lies_on_the_side_of_the_middle_of_its_narrow_box(
    own_map, psql, west, east, x
):
    await psql.execute("DELETE FROM parcels")
    await psql.execute(
        "INSERT INTO parcels (parcel_id, geom) VALUES ('across', ST_ForcePolygonCCW(ST_Collect("
        f"ST_MakeEnvelope({west}, 0.5, 180, 1, 4326), ST_MakeEnvelope(-180, 0.5, {east}, 1, 4326))))"
    )
    for query in ("", '?filters={"parcelId":{"exact":"across"}}'):
        tile = decode((await own_map.get(f"/tiles/parcels/2/{3 * x}/1.mvt{query}")).body)
        assert [cell.properties for cell in tile[NAME].features] == [{"count": 1}]
        assert (await own_map.get(f"/tiles/parcels/2/{3 - 3 * x}/1.mvt{query}")).body == b""


async def test_a_row_at_a_pole_lies_at_the_edge_of_the_map(own_map, psql):
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('pole', {BOX.format('10', '88')})")
    for query in ("", '?filters={"parcelId":{"exact":"pole"}}'):
        tile = decode((await own_map.get(f"/tiles/parcels/5/16/0.mvt{query}")).body)
        assert [cell.properties for cell in tile[NAME].features] == [{"count": 1}]


async def test_an_overview_of_the_past_counts_the_rows_of_then(own_map, psql):
    then = await psql.fetchval(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    )
    await psql.execute("DELETE FROM parcels WHERE id % 2 = 0")
    cells = await overview(own_map, 0, f"?asOf={then}")
    assert sum(cell.properties["count"] for cell in cells) == 300


async def test_cells_without_rows_have_no_entries(psql):
    await psql.execute("DELETE FROM parcels")
    assert await psql.fetchval("SELECT count(*) FROM parcels_overview") == 0


async def test_a_writer_with_an_old_snapshot_is_not_aborted_for_an_entry_that_has_changed(psql):
    await psql.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('before', {BOX.format(5, 5)})")
    async with psql.acquire() as first, psql.acquire() as second:
        change = second.transaction(isolation="repeatable_read")
        await change.start()
        await second.execute("SELECT count(*) FROM parcels")
        await first.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('a', {BOX.format(5, 5)})")
        await second.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES ('b', {BOX.format(5, 5)})")
        await change.commit()
    assert await psql.fetchval(DIFFERENCES) == 0


async def test_where_the_triggers_are_switched_off_rows_are_counted_when_they_are_read(settings, own, psql):
    await psql.execute("ALTER TABLE parcels DISABLE TRIGGER count_parcels_overview_deletes")
    await psql.execute("DELETE FROM parcels WHERE id % 2 = 0")
    left = await psql.fetchval("SELECT count(*) FROM parcels")
    async with mapped(settings, own) as found:
        assert sum(cell.properties["count"] for cell in await overview(found, 9)) == left
