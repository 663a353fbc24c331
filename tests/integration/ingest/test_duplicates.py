"""Keys that are not unique: in the file, in the table, and in both."""

import pytest

from gateway.errors import DuplicateFeature, SourceError
from gateway.ingest import Counts, IngestOptions, OnDuplicate, Start, ingest
from gateway.layers import PARCELS
from tests.fixtures.sources import fetch, square

ROWS = "SELECT parcel_id, address, owner_name, version, attributes::text, ST_XMin(geom) FROM parcels ORDER BY id"


def features(*rows):
    return [(square(x, 42), {"parcel_id": key, "address": address, "x": x}) for key, address, x in rows]


@pytest.mark.parametrize("chunk", [1, 2, 100])
async def test_skip_keeps_the_first_of_each_key(empty_database, geojson, listener, chunk):
    path = geojson(*features(("a", "1", 1), ("b", "2", 2), ("a", "3", 3), ("a", "4", 4)))
    report = await ingest(
        empty_database, PARCELS, path, IngestOptions(on_duplicate=OnDuplicate.SKIP, chunk=chunk), listener
    )
    assert report.counts == Counts(inserted=2, skipped=2)
    assert listener.told == [(2, "a", "skipped", "DUPLICATE_FEATURE"), (3, "a", "skipped", "DUPLICATE_FEATURE")]
    assert listener.outcomes[0].where == (3.00025, 42.00025)
    assert [row[:2] for row in await fetch(empty_database, ROWS)] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("chunk", [1, 2, 100])
async def test_update_takes_the_last_of_each_key_and_counts_each_step(empty_database, geojson, listener, chunk):
    path = geojson(*features(("a", "1", 1), ("b", "2", 2), ("a", "3", 3), ("a", "3", 3), ("a", "4", 4)))
    report = await ingest(
        empty_database, PARCELS, path, IngestOptions(on_duplicate=OnDuplicate.UPDATE, chunk=chunk), listener
    )
    assert report.counts == Counts(inserted=2, updated=2, skipped=1)
    assert listener.told == [
        (2, "a", "updated", "UPDATED"),
        (3, "a", "skipped", "UNCHANGED"),
        (4, "a", "updated", "UPDATED"),
    ]
    assert [row[:4] for row in await fetch(empty_database, ROWS)] == [("a", "4", None, 3), ("b", "2", None, 1)]


async def test_update_changes_only_what_the_file_has_and_only_where_it_differs(empty_database, geojson):
    owned = {"parcel_id": "a", "owner_name": "Ada", "address": "1", "lot": 7}
    await ingest(empty_database, PARCELS, geojson((square(1, 42), owned), (square(2, 42), owned | {"parcel_id": "b"})))
    stamps = "SELECT parcel_id, updated_at FROM parcels ORDER BY id"
    before = await fetch(empty_database, stamps)
    update = IngestOptions(on_duplicate=OnDuplicate.UPDATE)
    path = geojson(
        (square(1, 42), {"parcel_id": "a", "address": "9", "floors": 2}),
        (square(2, 42), {"parcel_id": "b", "address": "1", "floors": None}),
        name="news.geojson",
    )
    assert (await ingest(empty_database, PARCELS, path, update)).counts == Counts(updated=2)
    assert await fetch(empty_database, ROWS) == [
        ("a", "9", "Ada", 2, '{"lot": 7, "floors": 2}', 1),
        ("b", "1", "Ada", 2, '{"lot": 7, "floors": null}', 2),
    ]
    after = await fetch(empty_database, stamps)
    assert all(new > old for (_, old), (_, new) in zip(before, after, strict=True))
    assert (await ingest(empty_database, PARCELS, path, update)).counts == Counts(skipped=2)
    assert await fetch(empty_database, stamps) == after


@pytest.mark.parametrize("chunk", [2, 100])
async def test_error_stops_at_the_first_duplicate_and_says_how_to_go_on(empty_database, geojson, chunk, listener):
    path = geojson(*features(("a", "1", 1), ("b", "2", 2), ("c", "3", 3), ("b", "4", 4), ("a", "5", 5)))
    with pytest.raises(DuplicateFeature, match=r"Feature 3: the key parcel_id = 'b'") as caught:
        await ingest(empty_database, PARCELS, path, IngestOptions(chunk=chunk))
    distinct, rows = {2: (2, 2), 100: (3, 5)}[chunk]
    assert caught.value.details == {"index": 3, "key": "b", "distinct": distinct, "features": rows}
    kept = {2: ["a", "b"], 100: []}[chunk]
    assert [row[0] for row in await fetch(empty_database, ROWS)] == kept
    assert await fetch(empty_database, "SELECT state FROM ingest_runs") == [("failed",)]
    goes_on = IngestOptions(chunk=100, on_duplicate=OnDuplicate.SKIP, start=Start.RESUME)
    report = await ingest(empty_database, PARCELS, path, goes_on, listener)
    assert report.resumed_at == len(kept)
    assert report.counts == Counts(inserted=3, skipped=2)
    assert [index for index, *_ in listener.told] == [3, 4]
    assert await fetch(empty_database, "SELECT state, on_duplicate FROM ingest_runs") == [("complete", "skip")]


async def test_a_field_that_is_not_unique_is_said_to_be_so_and_none_of_its_features_advised_away(
    empty_database, geojson
):
    path = geojson(*features(("R1", "1", 1), ("R1", "2", 2), ("C1", "3", 3), ("R1", "4", 4)))
    with pytest.raises(DuplicateFeature, match=r"2 distinct of 4 in this chunk.*--map parcel_id=fid") as caught:
        await ingest(empty_database, PARCELS, path)
    assert "--on-duplicate" not in caught.value.message


async def test_a_file_loaded_twice_is_refused_and_leaves_the_table_alone(empty_database, geojson):
    path = geojson(*features(("a", "1", 1)))
    await ingest(empty_database, PARCELS, path)
    with pytest.raises(DuplicateFeature, match=r"is in parcels already.*--on-duplicate skip"):
        await ingest(empty_database, PARCELS, path)
    assert len(await fetch(empty_database, ROWS)) == 1


async def test_a_run_under_skip_is_not_gone_on_with_under_update(empty_database, geojson):
    path = geojson(*features(("a", "1", 1), ("a", "2", 2)))
    await ingest(empty_database, PARCELS, path, IngestOptions(on_duplicate=OnDuplicate.SKIP))
    await fetch(empty_database, "UPDATE ingest_runs SET state = 'failed'")
    resume = IngestOptions(on_duplicate=OnDuplicate.UPDATE, start=Start.RESUME)
    with pytest.raises(SourceError, match="no unfinished ingest"):
        await ingest(empty_database, PARCELS, path, resume)
    report = await ingest(empty_database, PARCELS, path, IngestOptions(on_duplicate=OnDuplicate.UPDATE))
    assert report.resumed_at == 0
    states = "SELECT state FROM ingest_runs ORDER BY id"
    assert await fetch(empty_database, states) == [("abandoned",), ("complete",)]


async def test_the_key_ml_of_cambridge_is_not_unique(empty_database, cambridge_files):
    path = cambridge_files / "sample_parcels.geojson"
    counts = {}
    for policy in (OnDuplicate.SKIP, OnDuplicate.UPDATE):
        await fetch(empty_database, "DELETE FROM parcels")
        options = IngestOptions(mapping={"parcel_id": "ml"}, on_duplicate=policy)
        counts[policy] = (await ingest(empty_database, PARCELS, path, options)).counts
    (keys,) = (await fetch(empty_database, "SELECT count(*) FROM parcels"))[0]
    skip, update = counts[OnDuplicate.SKIP], counts[OnDuplicate.UPDATE]
    assert skip.read == update.read == 774
    assert skip.inserted + skip.repaired == keys
    assert skip.skipped == 774 - keys
    assert update.inserted + update.updated + update.repaired == 774
    await fetch(empty_database, "DELETE FROM parcels")
    with pytest.raises(DuplicateFeature, match="came earlier in the source"):
        await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"parcel_id": "ml"}))
