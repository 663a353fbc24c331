"""Orders by texts of any length: cursors stay short, and pages meet every row once."""

import pytest

from gateway.asgi import create_app
from tests.fixtures.door import on, opened

ROWS = """
    INSERT INTO parcels (parcel_id, address, geom)
    SELECT 'p' || n, address, ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(n, 42, n + 0.1, 42.1, 4326)))
    FROM unnest(ARRAY[
        repeat('x', 20000) || 'b', repeat('x', 20000) || 'a', repeat('x', 20000) || 'b', 'short', NULL,
        repeat('x', 5000), repeat('é', 700)
    ]) WITH ORDINALITY AS rows(address, n)
"""
PAGE = """
query ($order: [ParcelOrder!], $first: Int, $after: String, $last: Int, $before: String, $asOf: DateTime) {
  parcels(order: $order, first: $first, after: $after, last: $last, before: $before, asOf: $asOf) {
    nodes { parcelId }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
ORDERS = [
    [{"address": "ASC"}],
    [{"address": "DESC"}],
    [{"landUse": "ASC"}, {"address": "ASC_NULLS_FIRST"}],
    [{"distanceTo": {"wkt": "POINT(3 42)"}}, {"address": "DESC"}],
]


@pytest.fixture(params=["on", "off"])
async def door(request, settings, empty_database, cluster):
    cluster.execute(ROWS, database=empty_database.partition("?")[0].rpartition("/")[2])
    chosen = on(settings, empty_database).model_copy(update={"planner": request.param})
    async with opened(create_app(chosen)) as found:
        yield found


async def page(door, **variables):
    answer = (await door.post(PAGE, variables)).json
    assert "errors" not in answer, str(answer["errors"])[:500]
    return answer["data"]["parcels"]


async def sweep(door, order, size, *, backward=False, **more):
    found, cursor = [], None
    while True:
        asked = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        one = await page(door, order=order, **asked, **more)
        ids = [node["parcelId"] for node in one["nodes"]]
        found = ids + found if backward else found + ids
        info = one["pageInfo"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return found
        cursor = info["startCursor" if backward else "endCursor"]
        assert len(cursor) < 2_000


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_meet_every_row_once_and_cursors_stay_short(door, order):
    whole = [node["parcelId"] for node in (await page(door, order=order))["nodes"]]
    assert sorted(whole) == [f"p{n}" for n in range(1, 8)]
    assert await sweep(door, order, 1) == whole
    assert await sweep(door, order, 2, backward=True) == whole


async def test_a_cursor_whose_row_has_changed_is_refused_by_name_and_one_as_of_before_goes_on(
    door, empty_database, cluster
):
    database = empty_database.partition("?")[0].rpartition("/")[2]
    order = [{"address": "DESC"}]
    first = await page(door, order=order, first=2)
    ((moment,),) = cluster.execute("SELECT clock_timestamp()", database=database)
    whole = await sweep(door, order, 1)
    cluster.execute("UPDATE parcels SET address = 'other' WHERE parcel_id IN ('p1', 'p3')", database=database)
    answer = await door.post(PAGE, {"order": order, "first": 2, "after": first["pageInfo"]["endCursor"]})
    assert answer.code == "BAD_CURSOR"
    assert "another value in this order by now" in answer.json["errors"][0]["message"]
    assert await sweep(door, order, 1, asOf=moment.isoformat()) == whole
