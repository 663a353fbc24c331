"""Rows of the layer that a file lacks: parcels that the city has retired since."""

import json

import pytest
from typer.testing import CliRunner

from gateway.errors import MissingRefused
from gateway.ingest import Counts, IngestOptions, OnDuplicate, OnMissing, ingest
from gateway.layers import PARCELS
from gateway.management import application
from tests.fixtures.sources import fetch, grid, square

KEYS = "SELECT parcel_id FROM parcels ORDER BY parcel_id"


def parcels(*keys):
    return [(shape, {"parcel_id": key}) for key, shape in zip(keys, grid(len(keys)), strict=True)]


def options(missing=OnMissing.DELETE, **given):
    return IngestOptions(missing=missing, on_duplicate=OnDuplicate.UPDATE, chunk=3, **given)


@pytest.fixture
async def ten(empty_database, geojson):
    """A database with the parcels 0 to 9."""
    await ingest(empty_database, PARCELS, geojson(*parcels(*"0123456789")))
    return empty_database


async def test_rows_that_the_file_lacks_are_deleted_named_and_kept_by_the_history(ten, geojson, listener):
    report = await ingest(ten, PARCELS, geojson(*parcels(*"123456789a")), options(), listener)
    assert [row[0] for row in await fetch(ten, KEYS)] == [*"123456789a"]
    assert report.counts == Counts(inserted=1, updated=9)
    assert (report.missing, listener.told[-1]) == (1, (None, "0", "deleted", "MISSING"))
    assert listener.outcomes[-1].where == (-71.19975, 42.30025)
    history = "SELECT parcel_id, principal FROM parcel_history WHERE operation = 'DELETE'"
    assert await fetch(ten, history) == [("0", "ingest")]


async def test_report_names_them_and_a_rehearsal_keeps_them(ten, geojson, listener):
    path = geojson(*parcels(*"123456789"))
    assert (await ingest(ten, PARCELS, path, options(OnMissing.REPORT), listener)).missing == 1
    assert listener.told[-1] == (None, "0", "missing", "MISSING")
    assert (await ingest(ten, PARCELS, path, options(dry_run=True), listener)).missing == 1
    assert listener.told[-1] == (None, "0", "deleted", "MISSING")
    assert len(await fetch(ten, KEYS)) == 10


async def test_a_file_that_lacks_much_of_the_layer_deletes_nothing_until_that_is_allowed(ten, geojson):
    path = geojson(*parcels(*"0123456"))
    with pytest.raises(MissingRefused, match=r"lacks 3 of the 10 parcels \(30.0%\), and at most 10% may be deleted"):
        await ingest(ten, PARCELS, path, options())
    assert len(await fetch(ten, KEYS)) == 10
    report = await ingest(ten, PARCELS, path, options(max_missing=31))
    assert (report.resumed_at, report.missing) == (7, 3)
    assert len(await fetch(ten, KEYS)) == 7


async def test_the_row_of_a_feature_that_was_left_out_is_not_missing(ten, geojson):
    bad = {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}
    path = geojson(*parcels(*"123456789"), (bad, {"parcel_id": "0"}))
    report = await ingest(ten, PARCELS, path, options())
    assert (report.counts.rejected, report.missing) == (1, 0)


async def test_nothing_is_deleted_where_a_feature_has_no_key(ten, geojson):
    path = geojson(*parcels(*"123456789"), (square(1, 1), {"parcel_id": None}))
    with pytest.raises(MissingRefused, match="1 feature"):
        await ingest(ten, PARCELS, path, options())
    assert len(await fetch(ten, KEYS)) == 10
    assert (await ingest(ten, PARCELS, path, options(OnMissing.REPORT))).missing == 1


async def test_an_interrupted_load_knows_the_keys_of_its_first_attempt(ten, geojson, listener):
    class Stop(Exception):
        pass

    class Impatient(type(listener)):
        async def chunk(self, report, outcomes):
            if report.counts.read:
                raise Stop

    path = geojson(*parcels(*"123456789"))
    with pytest.raises(Stop):
        await ingest(ten, PARCELS, path, options(), Impatient())
    report = await ingest(ten, PARCELS, path, options(), listener)
    assert (report.resumed_at, report.missing) == (3, 1)
    assert [row[0] for row in await fetch(ten, KEYS)] == [*"123456789"]


def test_the_command_says_how_many_and_its_report_which(empty_database, geojson, tmp_path):
    def load(*keys, more=()):
        command = ["ingest", "parcels", str(geojson(*parcels(*keys))), "--on-duplicate", "update", *more]
        given = {"GATEWAY_DATABASE_URL": empty_database}
        return CliRunner().invoke(application(["ingest"]), command, env=given, catch_exceptions=False)

    assert load(*"0123456789").exit_code == 0
    done = load(*"123456789", more=["--missing", "delete", "--report", str(tmp_path / "report.jsonl")])
    assert "1 parcels were not in the file: deleted." in done.output
    (line,) = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines() if "MISSING" in line]
    assert (line["index"], line["key"], line["action"]) == (None, "0", "deleted")
