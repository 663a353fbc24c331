"""Writes to a layer in partitions: what comes back, where rows lie, and what is kept of them."""

import asyncpg
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.ingest import Counts, IngestOptions, OnDuplicate, ingest
from gateway.layers import PARCELS
from gateway.management.commands import flush
from gateway.settings import DatabaseSettings
from tests.fixtures.door import on, opened
from tests.fixtures.sources import square as ring
from tests.integration.writing.conftest import Clerk, square

UPSERT = "mutation($rows: [ParcelInput!]!) { upsertParcels(inputs: $rows) { results { outcome parcel { id } } } }"
UPDATE = """
  mutation($change: ParcelChange!) { updateParcel(change: $change) { outcome parcel { version } error { code } } }
"""
DELETE = "mutation($id: ID!) { deleteParcel(removal: {id: $id}) { outcome } }"
HISTORY = "query($k: String!) { parcel(parcelId: $k) { id history { nodes { operation } } } }"
PLACE = "SELECT tableoid::regclass::text FROM parcels WHERE parcel_id = $1"


@pytest.fixture
async def clerk(settings, own_divided):
    database = Database(settings.database, own_divided)
    key = await api_keys.create(database, "clerk", [Scope.WRITE], None)
    await database.dispose()
    async with opened(create_app(on(settings, own_divided))) as door:
        yield Clerk(door, key)


@pytest.fixture
async def connection(own_divided):
    found = await asyncpg.connect(own_divided.replace("+asyncpg", ""))
    yield found
    await found.close()


def rows(*pairs):
    return {"rows": [{"parcelId": key, "address": address, "geometry": square(-93.3)} for key, address in pairs]}


async def test_upserts_tell_new_rows_from_changed_and_from_same_ones(clerk, connection):
    keys = [f"new-{number}" for number in range(20)]
    made = (await clerk.data(UPSERT, **rows(*((key, "1 A St") for key in keys))))["upsertParcels"]["results"]
    assert [row["outcome"] for row in made] == ["CREATED"] * 20
    changed = [(key, "2 B St" if number % 2 else "1 A St") for number, key in enumerate(keys)]
    again = (await clerk.data(UPSERT, **rows(*changed)))["upsertParcels"]["results"]
    assert [row["outcome"] for row in again] == ["UNCHANGED", "UPDATED"] * 10
    assert [row["parcel"] for row in again] == [row["parcel"] for row in made]
    assert len({await connection.fetchval(PLACE, key) for key in keys}) > 1


async def test_a_row_that_gets_another_key_moves_and_keeps_its_id_and_its_history(clerk, connection):
    (row,) = (await clerk.data(UPSERT, **rows(("moves-0", "1 A St"))))["upsertParcels"]["results"]
    number, places = row["parcel"]["id"], {await connection.fetchval(PLACE, "moves-0")}
    for at in range(1, 12):
        change = {"id": number, "expectedVersion": at, "patch": {"parcelId": f"moves-{at}"}}
        done = (await clerk.data(UPDATE, change=change))["updateParcel"]
        assert done == {"outcome": "UPDATED", "parcel": {"version": at + 1}, "error": None}
        places.add(await connection.fetchval(PLACE, f"moves-{at}"))
    assert len(places) > 1
    found = (await clerk.data(HISTORY, k="moves-11"))["parcel"]
    assert found["id"] == number
    assert [each["operation"] for each in found["history"]["nodes"]] == ["UPDATE"] * 11 + ["CREATE"]
    await clerk.data(DELETE, id=number)
    assert await connection.fetchval(PLACE, "moves-11") is None


async def test_a_key_is_unique_in_all_partitions(clerk):
    made = (await clerk.data(UPSERT, **rows(("one", "1 A St"), ("two", "2 A St"))))["upsertParcels"]["results"]
    answer = await clerk.send(UPDATE, change={"id": made[0]["parcel"]["id"], "patch": {"parcelId": "two"}})
    assert b'"CONSTRAINT"' in answer.body


async def test_overviews_count_what_is_written(clerk, connection):
    sums = "SELECT sum(rows) FROM parcels_overview WHERE level = (SELECT min(level) FROM parcels_overview)"
    before = await connection.fetchval(sums)
    await clerk.data(UPSERT, **rows(("a", "1 A St"), ("b", "2 A St"), ("c", "3 A St")))
    assert await connection.fetchval(sums) == before + 3
    await connection.execute("DELETE FROM parcels WHERE parcel_id IN ('a', 'b')")
    assert await connection.fetchval(sums) == before + 1


@pytest.mark.parametrize("chunk", [2, 100])
async def test_a_file_is_loaded_merged_and_counted(own_divided, geojson, chunk):
    rows = [(ring(number, 42), {"parcel_id": f"f{number}", "address": "1"}) for number in range(9)]
    assert (await ingest(own_divided, PARCELS, geojson(*rows))).counts == Counts(inserted=9)
    rows[3][1]["address"] = "2"
    rows.append((ring(20, 42), {"parcel_id": "f20", "address": "1"}))
    news = geojson(*rows, name="news.geojson")
    update = IngestOptions(on_duplicate=OnDuplicate.UPDATE, chunk=chunk)
    assert (await ingest(own_divided, PARCELS, news, update)).counts == Counts(inserted=1, updated=1, skipped=8)
    skip = IngestOptions(on_duplicate=OnDuplicate.SKIP, chunk=chunk)
    last = geojson(*rows, name="last.geojson")
    assert (await ingest(own_divided, PARCELS, last, skip)).counts == Counts(skipped=10)


async def test_flush_empties_all_partitions(own_divided, connection):
    database = Database(DatabaseSettings(), own_divided)
    await flush.run(database)
    await database.dispose()
    assert await connection.fetchval("SELECT count(*) FROM parcels") == 0
