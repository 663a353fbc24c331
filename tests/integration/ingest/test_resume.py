"""Interrupted ingests go on where they stopped, and two at once do not meet."""

import asyncio
import random
import sys

import pytest

from gateway.db.engine import create_engine
from gateway.errors import Locked, SourceError
from gateway.ingest import Counts, IngestOptions, OnDuplicate, Silent, Start, ingest, runs
from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.settings import DatabaseSettings
from tests.fixtures.sources import fetch, grid, write
from tests.fixtures.waiting import came

COUNT, CHUNK = 1500, 25
ROWS = "SELECT parcel_id, address, version, ST_AsText(geom) FROM parcels ORDER BY parcel_id"
# It rests after each chunk, so that it is not through before it is killed three times, and begins with two at a time.
PROGRAM = f"""
import asyncio, sys
from gateway.ingest import IngestOptions, Silent, engine, ingest
from gateway.layers import PARCELS

engine._LARGE = 1

class Resting(Silent):
    async def chunk(self, report, outcomes):
        await asyncio.sleep(0.05)

asyncio.run(ingest(sys.argv[1], PARCELS, sys.argv[2], IngestOptions(chunk={CHUNK}), Resting()))
"""


@pytest.fixture
def city(tmp_path):
    columns = {
        "parcel_id": [f"P{number}" for number in range(COUNT)],
        "address": [f"{number} Elm" for number in range(COUNT)],
    }
    return write(tmp_path / "city.gpkg", "GPKG", grid(COUNT), columns)


async def killed(url, path, moment):
    """Run an ingest and kill it `moment` seconds after its first chunk of its own; its exit code."""
    before = await committed(url)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, url, str(path))
    await until(lambda: progress(process, url, before))
    await asyncio.sleep(moment)
    if process.returncode is None:
        process.kill()
    return await came(process.wait(), "the end of an ingest that was killed")


async def progress(process, url, before):
    return process.returncode is not None or await committed(url) > before


async def until(happened):
    for _ in range(600):
        if await happened():
            return
        await asyncio.sleep(0.1)
    pytest.fail("nothing happened in a minute")


async def committed(url):
    return (await fetch(url, "SELECT count(*) FROM ingest_chunks"))[0][0]


async def test_killed_at_random_moments_and_resumed_it_gives_the_rows_of_an_undisturbed_run(
    empty_database, cluster, migrated, city, listener
):
    moments = random.Random(5)
    codes = [await killed(empty_database, city, moments.random() * 0.3) for _ in range(3)]
    assert -9 in codes
    chunks = await committed(empty_database)  # perhaps not yet the last one of the killed
    report = await ingest(empty_database, PARCELS, city, IngestOptions(chunk=CHUNK), listener)
    assert report.resumed_at >= chunks * CHUNK > 0
    assert report.counts == Counts(inserted=COUNT)
    with cluster.copy(migrated) as undisturbed:
        await ingest(undisturbed, PARCELS, city)
        assert await fetch(empty_database, ROWS) == await fetch(undisturbed, ROWS)
    chunks = "SELECT array_agg(number ORDER BY number) = array_agg(n ORDER BY n), sum(read) FROM ingest_chunks"
    counted = f"{chunks}, generate_series(0, {COUNT // CHUNK - 1}) AS n WHERE n = number"
    assert await fetch(empty_database, counted) == [(True, COUNT)]
    assert await fetch(empty_database, "SELECT state FROM ingest_runs") == [("complete",)]


class Stopping(Silent):
    """Fails after some chunks, as a report that can't be written does."""

    def __init__(self, chunks):
        self.left = chunks

    async def chunk(self, report, outcomes):
        self.left -= 1
        if not self.left:
            raise RuntimeError("stop")


@pytest.fixture
def ending(monkeypatch):
    """An event that holds back the commit of the second chunk of a run."""
    end = asyncio.Event()
    record = runs.record

    async def slow(connection, place, *account):
        await record(connection, place, *account)
        if place[1] == 1:
            await end.wait()

    monkeypatch.setattr(runs, "record", slow)
    return end


# Tests beside this one have locks in databases of their own.
LOCKS = """pg_locks WHERE locktype = 'advisory'
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
WAITING = f"SELECT count(*) FROM {LOCKS} AND NOT granted"
END_GUARD = f"SELECT pg_terminate_backend(pid) FROM {LOCKS} AND classid = {runs.WHOLE}"


async def test_it_waits_for_the_chunk_that_a_killed_one_is_still_committing(empty_database, city, ending):
    options = IngestOptions(chunk=500)
    killed = asyncio.create_task(ingest(empty_database, PARCELS, city, options, Stopping(2)))
    await until(lambda: committed(empty_database))
    await fetch(empty_database, END_GUARD)
    following = asyncio.create_task(ingest(empty_database, PARCELS, city, options))
    await until(lambda: waits(empty_database))
    ending.set()
    report = await following
    assert (report.resumed_at, report.counts) == (1000, Counts(inserted=COUNT))
    assert isinstance((await asyncio.gather(killed, return_exceptions=True))[0], Exception)


async def waits(url):
    return (await fetch(url, WAITING))[0][0]


async def test_the_accounts_of_finished_chunks_are_told_again(empty_database, tmp_path, listener):
    shapes = [None if number % 10 == 0 else shape for number, shape in enumerate(grid(40))]
    path = write(tmp_path / "x.geojson", "GeoJSON", shapes, {"parcel_id": [f"P{number}" for number in range(40)]})
    with pytest.raises(RuntimeError, match="stop"):
        await ingest(empty_database, PARCELS, path, IngestOptions(chunk=15), Stopping(1))
    report = await ingest(empty_database, PARCELS, path, IngestOptions(chunk=15, start=Start.RESUME), listener)
    assert report.resumed_at == 15
    assert [index for index, *_ in listener.told] == [0, 10, 20, 30]
    assert report.counts == Counts(inserted=36, skipped=4)


async def test_restart_begins_anew_and_resume_needs_something_to_resume(empty_database, city):
    with pytest.raises(SourceError, match="Leave --resume away"):
        await ingest(empty_database, PARCELS, city, IngestOptions(start=Start.RESUME))
    with pytest.raises(RuntimeError, match="stop"):
        await ingest(empty_database, PARCELS, city, IngestOptions(chunk=500), Stopping(1))
    again = IngestOptions(chunk=500, start=Start.RESTART)
    with pytest.raises(SourceError, match="is in parcels already"):
        await ingest(empty_database, PARCELS, city, again)
    assert await fetch(empty_database, "SELECT state FROM ingest_runs ORDER BY id") == [("abandoned",), ("failed",)]


async def test_a_run_whose_rows_are_gone_begins_at_the_first_feature(empty_database, city):
    with pytest.raises(RuntimeError, match="stop"):
        await ingest(empty_database, PARCELS, city, IngestOptions(chunk=500), Stopping(2))
    await fetch(empty_database, "DELETE FROM parcels")
    with pytest.raises(SourceError, match=r"are not in parcels any more\. Begin again with --restart"):
        await ingest(empty_database, PARCELS, city, IngestOptions(chunk=500, start=Start.RESUME))
    report = await ingest(empty_database, PARCELS, city, IngestOptions(chunk=500))
    assert (report.counts, report.resumed_at) == (Counts(inserted=COUNT), 0)
    assert any("are not in parcels any more" in note for note in report.notes)


async def test_a_run_of_which_a_few_rows_are_gone_goes_on(empty_database, city):
    with pytest.raises(RuntimeError, match="stop"):
        await ingest(empty_database, PARCELS, city, IngestOptions(chunk=500), Stopping(2))
    await fetch(empty_database, "DELETE FROM parcels WHERE id % 10 = 0")
    report = await ingest(empty_database, PARCELS, city, IngestOptions(chunk=500))
    assert report.resumed_at == 1000


@pytest.mark.parametrize("name", ["city.mif", "city.tab"])
async def test_a_corrected_delivery_is_loaded_from_its_first_feature(empty_database, tmp_path, name):
    form = {"FORMAT": "MIF"} if name.endswith("mif") else {}
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, keys in ((before, ["a", "b", "c", "a"]), (after, ["a", "b", "c", "d"])):
        folder.mkdir()
        columns = {"parcel_id": keys, "address": [folder.name] * 4}
        write(folder / name, "MapInfo File", grid(4), columns, geometry_type="Unknown", **form)
    with pytest.raises(SourceError, match=r"came earlier|is in parcels already"):
        await ingest(empty_database, PARCELS, before / name, IngestOptions(chunk=2))
    options = IngestOptions(chunk=2, on_duplicate=OnDuplicate.UPDATE)
    assert (await ingest(empty_database, PARCELS, after / name, options)).counts == Counts(inserted=2, updated=2)
    assert await fetch(empty_database, "SELECT DISTINCT address FROM parcels") == [("after",)]


async def test_a_second_ingest_into_the_same_layer_is_refused(empty_database, city, monkeypatch):
    monkeypatch.setattr(runs, "_PATIENCE_S", 1)
    engine = create_engine(DatabaseSettings(), empty_database)
    async with runs.alone(engine, PARCELS):
        with pytest.raises(Locked, match="Another ingest into parcels is running"):
            await ingest(engine, PARCELS, city)
        async with runs.alone(engine, ZONING_DISTRICTS):
            pass
    assert (await ingest(engine, PARCELS, city)).counts == Counts(inserted=COUNT)
    await engine.dispose()


async def test_a_dry_run_does_everything_and_keeps_nothing(empty_database, tmp_path, listener):
    path = write(tmp_path / "x.gpkg", "GPKG", [*grid(4), None], {"parcel_id": ["a", "b", "a", "c", "d"]})
    options = IngestOptions(dry_run=True, chunk=2, on_duplicate=OnDuplicate.SKIP)
    report = await ingest(empty_database, PARCELS, path, options, listener)
    assert report.counts == Counts(inserted=3, skipped=2)
    assert report.run_id is None
    assert [index for index, *_ in listener.told] == [2, 4]
    for table in ("parcels", "ingest_runs", "ingest_chunks"):
        assert await fetch(empty_database, f"SELECT FROM {table}") == []


async def test_statistics_are_fresh_afterwards(empty_database, city):
    await ingest(empty_database, PARCELS, city)
    assert await fetch(empty_database, "SELECT reltuples::int FROM pg_class WHERE relname = 'parcels'") == [(COUNT,)]


async def test_a_cancelled_ingest_leaves_no_thread_and_no_lock(empty_database, city):
    task = asyncio.create_task(ingest(empty_database, PARCELS, city, IngestOptions(chunk=1)))
    await until(lambda: committed(empty_database))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await ingest(empty_database, PARCELS, city)).counts == Counts(inserted=COUNT)
