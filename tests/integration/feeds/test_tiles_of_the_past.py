"""Tiles as of a moment: of what there was, by URLs written by hand and by those that GraphQL gives."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from gateway.http.views.documents import documents
from gateway.layers import LAYERS, PARCELS
from tests.fixtures.mvt import decode
from tests.integration.feeds.conftest import a_place, write

URL = """query ($at: DateTime!) { parcels(asOf: $at, filters: {landUse: {exact: "then"}}) { tiles { url } } }"""


async def test_tiles_show_rows_as_they_were_and_where_they_were(own_map, settings, own):
    z, x, y = await a_place(own_map)
    ids = (await own_map.tile("parcels", (z, x, y)))["parcels"].ids
    await write(settings, own, f"UPDATE parcels SET land_use = 'then' WHERE id = {ids[0]}")
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    await write(settings, own, f"UPDATE parcels SET land_use = 'now' WHERE id = {ids[0]}")
    await write(settings, own, f"DELETE FROM parcels WHERE id = {ids[1]}")
    then = (await own_map.tile("parcels", (z, x, y), f"?asOf={moment}"))["parcels"]
    assert set(then.ids) == set(ids)
    assert next(each.properties["landUse"] for each in then.features if each.id == ids[0]) == "then"
    assert ids[1] not in (await own_map.tile("parcels", (z, x, y)))["parcels"].ids
    given = (await own_map.door.post(URL, {"at": moment})).json["data"]["parcels"]["tiles"]["url"]
    for name, number in zip("zxy", (z, x, y), strict=True):
        given = given.replace("{" + name + "}", str(number))
    path, query = urlsplit(given)[2:4]
    assert decode((await own_map.get(f"{path}?{query}")).body)["parcels"].ids == [ids[0]]
    both = await own_map.tile("parcels_labels,zoning_districts", (z, x, y), f"?asOf={moment}")
    assert set(both["parcels_labels"].ids) <= set(ids)
    assert await own_map.bounds("parcels", f"?asOf={moment}")


@pytest.mark.parametrize(
    ("given", "code"),
    [("2999-01-01T00:00:00Z", "BAD_MOMENT"), ("1999-01-01T00:00:00Z", "BAD_MOMENT"), ("yesterday", "BAD_ARGUMENT")],
)
async def test_a_moment_that_the_history_does_not_know_is_refused(own_map, given, code):
    place = "/".join(map(str, await a_place(own_map)))
    answer = await own_map.get(f"/tiles/parcels/{place}.mvt?asOf={given}")
    assert (answer.status, answer.code) == (400, code)


async def test_tiles_too_far_out_for_rows_count_those_that_there_were(own_map, settings, own):
    z, x, y = await a_place(own_map)
    ids = (await own_map.tile("parcels", (z, x, y)))["parcels"].ids
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    await write(settings, own, f"DELETE FROM parcels WHERE id = {ids[0]}")
    far = 8, x >> z - 8, y >> z - 8
    tiles = [await own_map.tile("parcels", far, query) for query in ("", f"?asOf={moment}")]
    now, then = (sum(cell.properties["count"] for cell in each["parcels_overview"].features) for each in tiles)
    assert then == now + 1


async def test_every_document_of_the_map_reads_the_past(own_map, settings, own):
    ids = (await own_map.tile("parcels", await a_place(own_map)))["parcels"].ids
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    await write(settings, own, f"UPDATE parcels SET land_use = 'now' WHERE id = {ids[0]}")
    asked = documents(PARCELS, LAYERS)
    sheet = await own_map.door.post(asked["sheet"], {"id": ids[0], "related": 12, "asOf": moment})
    row = sheet.json["data"]["parcel"]
    changed = {"updatedAt": {"gt": moment}}
    for name, variables in {
        "selection": {"first": 3},
        "nearest": {"first": 3, "near": {"bbox": row["bbox"]}},
        "title": {"id": ids[0]},
        "groups": {"keys": [{"column": "LAND_USE"}], "first": 3},
        "tilesThen": {},
        "changed": {"changed": changed, "added": {"createdAt": {"gt": moment}}, "first": 500},
        "ids": {"first": 1000},
        "shapes": {"filters": {"featureId": {"inList": ids}}, "first": 500},
        "history": {"id": ids[0], "global": row["id"], "first": 20},
    }.items():
        answer = await own_map.door.post(asked[name], {"asOf": moment, **variables})
        assert "errors" not in answer.json, (name, answer.json)
    assert row["landUse"] != "now"
