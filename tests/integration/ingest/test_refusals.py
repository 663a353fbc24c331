"""Rows that the database refuses, each for itself: the others of their chunk are loaded."""

import pytest

from gateway.ingest import Counts, IngestOptions, OnDuplicate, ingest
from gateway.layers import PARCELS
from tests.fixtures.refusing import noise, refuse
from tests.fixtures.sources import fetch, square

LONGEST = 2_600


def parcels(*rows):
    return [(square(place, 42), values) for place, values in enumerate(rows)]


async def test_a_key_too_long_for_its_index_is_rejected_and_the_longest_can_be_changed(
    empty_database, geojson, listener
):
    keys = ["a", noise(2_800), noise(LONGEST), noise(1_000, "äöüßéèñçåøæœ€") + "x", "b"]
    path = geojson(*parcels(*({"parcel_id": key} for key in keys)))
    report = await ingest(empty_database, PARCELS, path, IngestOptions(), listener)
    assert report.counts == Counts(inserted=4, rejected=1)
    assert [(each.index, each.code) for each in listener.outcomes] == [(1, "BAD_VALUE")]
    assert "parcelId has 2800 bytes; at most 2600" in listener.outcomes[0].why
    again = geojson(*parcels(*({"parcel_id": key, "address": "1 Elm"} for key in keys)), name="again.geojson")
    report = await ingest(empty_database, PARCELS, again, IngestOptions(on_duplicate=OnDuplicate.UPDATE))
    assert report.counts == Counts(updated=4, rejected=1)
    assert len(await fetch(empty_database, "SELECT FROM parcel_history")) == 8


@pytest.mark.parametrize("on_duplicate", OnDuplicate)
async def test_rows_that_triggers_and_other_indexes_refuse_are_told_and_the_others_load(
    cluster, empty_database, geojson, listener, on_duplicate
):
    refuse(cluster, empty_database)
    long = {"parcel_id": "long", "address": noise(3_000)}
    path = geojson(*parcels({"parcel_id": "a"}, {"parcel_id": "b", "land_use": "no"}, long, {"parcel_id": "d"}))
    options = IngestOptions(on_duplicate=on_duplicate)
    report = await ingest(empty_database, PARCELS, path, options, listener)
    assert report.counts == Counts(inserted=2, rejected=2)
    assert [(each.index, each.code) for each in listener.outcomes] == [(1, "REFUSED"), (2, "REFUSED")]
    assert "trigger" in listener.outcomes[0].why
    assert "not this one" not in listener.outcomes[0].why
    assert "too long for an index" in listener.outcomes[1].why
