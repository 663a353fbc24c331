"""A large source for an empty layer is written two chunks at a time, and comes out as if one followed another."""

import asyncio

import pytest

from gateway.errors import DuplicateFeature, SourceError
from gateway.ingest import Counts, IngestOptions, OnDuplicate, Silent, engine, ingest, runs
from gateway.ingest.write import ChunkWriter
from gateway.layers import PARCELS
from tests.fixtures.sources import fetch, grid, write

COUNT, CHUNK = 200, 10
KEYS = "SELECT parcel_id, address FROM parcels ORDER BY parcel_id"
CHUNKS = "SELECT number, first, read FROM ingest_chunks ORDER BY number"
IN_ORDER = [(number, number * CHUNK, CHUNK) for number in range(COUNT // CHUNK)]


@pytest.fixture(autouse=True)
def most(monkeypatch):
    """Any source is large; the most chunks that were written at a time."""
    monkeypatch.setattr(engine, "_LARGE", 1)
    now, most, written = set(), [0], ChunkWriter.write

    async def watched(self, connection, chunk):
        now.add(chunk.first)
        most[0] = max(most[0], len(now))
        try:
            return await written(self, connection, chunk)
        finally:
            now.discard(chunk.first)

    monkeypatch.setattr(ChunkWriter, "write", watched)
    return most


@pytest.fixture
def city(tmp_path):
    """`city(keys)`: a file of parcels with those keys."""

    def made(keys):
        columns = {"parcel_id": keys, "address": [f"{number} Elm" for number in range(len(keys))]}
        return write(tmp_path / "city.gpkg", "GPKG", grid(len(keys)), columns)

    return made


def distinct():
    return [f"P{number:03}" for number in range(COUNT)]


async def test_two_are_written_at_a_time_and_committed_in_order(empty_database, city, most, monkeypatch):
    committed, record = [], runs.record

    async def noted(connection, place, *account):
        await record(connection, place, *account)
        committed.append(place[1:])

    monkeypatch.setattr(runs, "record", noted)
    report = await ingest(empty_database, PARCELS, city(distinct()), IngestOptions(chunk=CHUNK))
    assert (report.counts, most) == (Counts(inserted=COUNT), [2])
    assert await fetch(empty_database, CHUNKS) == IN_ORDER
    assert await fetch(empty_database, KEYS) == [(key, f"{number} Elm") for number, key in enumerate(distinct())]


async def test_a_layer_with_rows_or_another_unique_index_is_written_one_chunk_at_a_time(empty_database, city, most):
    await fetch(empty_database, "CREATE UNIQUE INDEX own ON parcels (address)")
    await ingest(empty_database, PARCELS, city(distinct()), IngestOptions(chunk=CHUNK))
    await fetch(empty_database, "DROP INDEX own")
    again = IngestOptions(chunk=CHUNK, on_duplicate=OnDuplicate.SKIP)
    assert (await ingest(empty_database, PARCELS, city(distinct()), again)).counts == Counts(skipped=COUNT)
    assert most == [1]


@pytest.mark.parametrize(
    ("policy", "kept", "counts"),
    [
        (OnDuplicate.SKIP, "0 Elm", Counts(inserted=1, skipped=COUNT - 1)),
        (OnDuplicate.UPDATE, f"{COUNT - 1} Elm", Counts(inserted=1, updated=COUNT - 1)),
    ],
)
async def test_chunks_that_share_a_key_follow_one_another(empty_database, city, policy, kept, counts):
    options = IngestOptions(chunk=CHUNK, on_duplicate=policy)
    assert (await ingest(empty_database, PARCELS, city(["P"] * COUNT), options)).counts == counts
    assert await fetch(empty_database, KEYS) == [("P", kept)]


@pytest.mark.parametrize("place", [0, 7, 8, COUNT // CHUNK - 1])
async def test_what_follows_a_chunk_that_fails_is_not_kept(empty_database, city, place):
    keys = distinct()
    keys[place * CHUNK + 1] = keys[place * CHUNK]
    with pytest.raises(DuplicateFeature, match=f"Feature {place * CHUNK + 1}:"):
        await ingest(empty_database, PARCELS, city(keys), IngestOptions(chunk=CHUNK))
    assert await fetch(empty_database, CHUNKS) == IN_ORDER[:place]
    assert len(await fetch(empty_database, KEYS)) == place * CHUNK


class Stopping(Silent):
    """Stops the ingest after some chunks."""

    def __init__(self, chunks):
        self.left = chunks

    async def chunk(self, report, outcomes):
        await asyncio.sleep(0.05)  # the next chunk has all the time to be written
        self.left -= 1
        if not self.left:
            raise RuntimeError("stop")


async def test_a_stopped_ingest_keeps_the_chunks_it_reported_and_goes_on_after_them(empty_database, city):
    path = city(distinct())
    with pytest.raises(RuntimeError, match="stop"):
        await ingest(empty_database, PARCELS, path, IngestOptions(chunk=CHUNK), Stopping(3))
    assert await fetch(empty_database, CHUNKS) == IN_ORDER[:3]
    report = await ingest(empty_database, PARCELS, path, IngestOptions(chunk=CHUNK))
    assert (report.resumed_at, report.counts) == (3 * CHUNK, Counts(inserted=COUNT))
    assert await fetch(empty_database, CHUNKS) == IN_ORDER


async def test_what_was_read_before_the_source_broke_is_committed(empty_database, city, monkeypatch, listener):
    cut = engine._cut

    def broken(*given):
        for number, chunk in enumerate(cut(*given)):
            if number == 5:
                raise SourceError("The file is cut off.")
            yield chunk

    monkeypatch.setattr(engine, "_cut", broken)
    with pytest.raises(SourceError, match="cut off"):
        await ingest(empty_database, PARCELS, city(distinct()), IngestOptions(chunk=CHUNK), listener)
    assert await fetch(empty_database, CHUNKS) == IN_ORDER[:5]
