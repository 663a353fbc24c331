"""The cells of a filter are counted once for all overview tiles, which are those that each counts by itself."""

import asyncio
import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.feeds import counted, drawing
from gateway.geo.tile_grid import Tile
from gateway.settings import Settings
from tests.fixtures.mapping import columns, mapped
from tests.fixtures.mvt import decode
from tests.fixtures.waiting import LONG
from tests.integration.feeds.conftest import other, sent, write
from tests.integration.feeds.test_transports import filters

QUERY = '?filters={"yearBuilt":{"gt":1950}}'
COUNTING = "string_agg"


def path_of(place, query=QUERY):
    return f"/tiles/parcels/{'/'.join(map(str, place))}.mvt{query}"


async def places(found, zooms, query=""):
    box = await found.bounds("parcels", query)
    return [place for z in zooms for place in columns(*box, z)]


async def listened(found):
    """Wait until changes are heard of, without which nothing is kept."""
    async with asyncio.timeout(LONG):
        while found.door.state["tiles"]._changes.generation(["parcels", "zoning_districts"]) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def both(small, tmp_path_factory):
    """Tiles of cells that were counted once, and of a server that keeps nothing."""
    with asyncio.Runner() as runner:
        given = Settings(data_dir=tmp_path_factory.mktemp("counted"))
        plain = given.model_copy(update={"tiles": given.tiles.model_copy(update={"cache_bytes": 0})})
        openings = [mapped(each, small) for each in (given, plain)]
        maps = [runner.run(each.__aenter__()) for each in openings]
        runner.run(listened(maps[0]))
        yield lambda *paths: [[runner.run(found.get(path)).body for path in paths] for found in maps]
        for each in openings:
            runner.run(each.__aexit__(None, None, None))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters, st.sampled_from(["", "&cells=points", "&sum=assessedValue", "&sum=yearBuilt&cells=points"]))
def test_tiles_of_a_filter_are_those_that_each_counts_by_itself(both, wanted, more):
    query = f"?filters={quote(json.dumps(wanted))}{more}"
    paths = [path_of(place, query) for z in range(0, 12, 3) for place in columns(-71.2, 42.3, -71.0, 42.45, z)]
    once, each = both(*paths)
    assert once == each


async def test_rows_are_read_once_for_the_tiles_of_all_zooms(small_map):
    await small_map.get(path_of((0, 0, 0), ""))
    await listened(small_map)
    texts = sent(small_map)
    every = await places(small_map, range(12))
    total = {}
    for place in every:
        layers = decode((await small_map.get(path_of(place))).body)
        cells = layers["parcels_overview"].features if layers else ()
        total[place[0]] = total.get(place[0], 0) + sum(cell.properties["count"] for cell in cells)
    assert len(set(total.values())) == 1
    assert total[0] > 0
    assert sum(COUNTING in text for text in texts) == 1
    await small_map.get(path_of(every[0], f"{QUERY}&cells=points"))
    assert sum(COUNTING in text for text in texts) == 1


async def test_a_change_is_in_the_next_tiles(own_map, settings, own):
    await own_map.get(path_of((0, 0, 0), ""))
    await listened(own_map)
    answer = await own_map.get(path_of((0, 0, 0)))
    await write(settings, own, "DELETE FROM parcels WHERE year_built > 1950 AND id % 2 = 0")
    again = await other(own_map, path_of((0, 0, 0)), answer)
    counts = [
        sum(f.properties["count"] for f in decode(each.body)["parcels_overview"].features) for each in (answer, again)
    ]
    assert counts[0] > counts[1] > 0


async def test_cells_of_few_rows_are_left_out_of_tiles_and_not_of_what_is_kept(settings, small):
    strict = settings.model_copy(update={"auth": settings.auth.model_copy(update={"least_group": 5})})
    async with mapped(strict, small) as found:
        await found.get(path_of((0, 0, 0), ""))
        await listened(found)
        whole = decode((await found.get(path_of((0, 0, 0)))).body)["parcels_overview"].features
        assert whole
        for place in await places(found, [11]):
            layers = decode((await found.get(path_of(place))).body)
            assert all(
                cell.properties["count"] >= 5 for cell in (layers["parcels_overview"].features if layers else ())
            )


@pytest.mark.parametrize("bound", ["cells", "cost"])
async def test_of_too_many_cells_or_rows_each_tile_counts_its_own(small_map, monkeypatch, bound):
    monkeypatch.setattr(counted, "MOST", 3 if bound == "cells" else counted.MOST)
    monkeypatch.setattr(drawing, "_COUNTED", 0 if bound == "cost" else drawing._COUNTED)
    await small_map.get(path_of((0, 0, 0), ""))
    await listened(small_map)
    (one, *_), texts = await places(small_map, [9]), sent(small_map)
    for place in ((0, 0, 0), one):
        layers = decode((await small_map.get(path_of(place))).body)
        assert layers["parcels_overview"].features
    assert sum(COUNTING in text for text in texts) == (1 if bound == "cells" else 0)
    assert len(texts) == (3 if bound == "cells" else 2)


def sent_as(columns_of):
    return [b"".join(number.to_bytes(8, "big", signed=True) for number in column) for column in columns_of]


def test_cells_come_out_of_bytes_as_they_went_in():
    numbers = [(7, 9, 9), (4, 4, 5), (1, 2, -3), (7, 8, 9), (10, 2**40, 12), (0, 1, 2)]
    found = counted.unpacked(counted.packed(3, sent_as(numbers), '["1.5", null, "2"]'))
    assert [tuple(column) for column in found.columns] == numbers
    assert found.totals == ["1.5", None, "2"]
    assert counted.unpacked(counted.packed(0, [None] * 6, None)).within(Tile(0, 0, 0), 7) == [[]] * 6
    assert counted.unpacked(counted.packed(counted.MOST + 1, [None] * 6, None)) is None


def test_a_tile_has_the_cells_of_a_level_within_its_sides():
    cells = [(level, y, x) for level in (2, 3) for y in range(1 << level) for x in range(1 << level)]
    numbers = [*zip(*cells, strict=True), *([[1] * len(cells)] * 3)]
    found = counted.unpacked(counted.packed(len(cells), sent_as(numbers), None))
    y, x, *_ = found.within(Tile(1, 1, 0), 3)
    assert sorted(zip(x, y, strict=True)) == [(x, y) for x in range(4, 8) for y in range(4)]
    assert len(found.within(Tile(0, 0, 0), 2)[0]) == 16
