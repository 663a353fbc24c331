"""What a reading process does wrong is one file that is not read, with a code that tells how to fix it."""

import gzip
import os
import struct
import tempfile
import threading
import time
import zipfile

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from gateway import errors
from gateway.ingest import FileSource
from gateway.settings import FileSettings
from gateway.sources.batches import SourceBatch
from gateway.sources.jail import frames, reader
from tests.fixtures import formats
from tests.fixtures.waiting import LONG

SAY = """
import json, os, signal, struct, sys, time
sys.stdin.buffer.readline()
def say(said, data=b""):
    text = json.dumps(said).encode()
    os.write(1, struct.pack(">II", len(text), len(data)) + text + data)
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """`worker(text)` has a program of that text read files."""

    def use(text):
        (tmp_path / "worker.py").write_text(SAY + text)
        monkeypatch.setattr(reader, "_SCRIPT", tmp_path / "worker.py")

    return use


def read(path, **settings):
    source = FileSource(path, settings=FileSettings(**settings))
    try:
        assert source.description
        return list(source.batches(0, 10, set()))
    finally:
        source.close()


@pytest.mark.parametrize(
    "action",
    [
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "os.kill(os.getpid(), signal.SIGABRT)",
        "sys.exit(0)",
        "print('hello', flush=True)",
        "os.write(1, struct.pack('>II', 2**32 - 1, 2**32 - 1))",
        "os.write(1, struct.pack('>II', 4, 0) + b'none')",
        "say([])",
        "say({'failed': 'KeyError'})",
        "say({'opened': 1}); say({'fields': 1})",
        "say({'opened': 1}); say({'crs': {'type': 'GeographicCRS'}})",
        "say({'error': 'X'})",
    ],
)
def test_a_process_that_crashes_or_talks_nonsense_is_a_file_that_is_not_read(tmp_path, worker, action):
    worker(action + "\nsys.exit(1)")
    with pytest.raises(errors.ReaderCrashed, match="write it again") as caught:
        read(formats.write(tmp_path, "city.fgb"))
    assert "worker" not in caught.value.message


def test_a_process_that_says_nothing_is_ended(tmp_path, worker):
    worker("time.sleep(600)")
    began = time.monotonic()
    with pytest.raises(errors.ReaderTime, match="GATEWAY_FILES_SECONDS"):
        read(formats.write(tmp_path, "city.fgb"), seconds=1, seconds_per_mb=0)
    assert time.monotonic() - began < LONG


def test_a_process_that_the_system_kills_took_too_much_memory(tmp_path, worker):
    worker("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(errors.ReaderMemory, match="GATEWAY_FILES_MEMORY_BYTES"):
        read(formats.write(tmp_path, "city.fgb"))


def test_a_source_that_is_closed_ends_its_process_while_it_works(tmp_path, worker):
    worker("say({'opened': 1})\ntime.sleep(600)")
    source = FileSource(formats.write(tmp_path, "city.fgb"))
    threading.Timer(0.2, source.close).start()
    with pytest.raises(errors.SourceError, match="not read any more"):
        source.description  # noqa: B018


@pytest.mark.parametrize("damage", [0, 1, 2])
def test_offsets_of_arrow_that_lead_elsewhere_are_refused(damage):
    wkb = pa.array([b"abc", b"defg"], pa.binary())
    said, data = frames.packed(SourceBatch(0, {"name": pa.array(["x", "y"])}, wkb))
    text = bytearray(data)
    places = [at for at in range(0, len(text) - 12, 4) if text[at : at + 12] == struct.pack("<3i", 0, 3, 7)]
    offsets = {0: (0, 2**30, 2**30), 1: (0, 9, 7), 2: (-(2**20), 3, 7)}[damage]
    text[places[0] : places[0] + 12] = struct.pack("<3i", *offsets)
    with pytest.raises((ValueError, OSError)):
        frames.unpacked(orjson.loads(orjson.dumps(said)), text)


def test_text_that_is_no_utf_8_comes_through_as_it_is():
    column = pa.array([b"\xff", None], pa.binary()).view(pa.string())
    said, data = frames.packed(SourceBatch(3, {"name": column}, pa.array([None, b"x"], pa.binary())))
    found = frames.unpacked(orjson.loads(orjson.dumps(said)), bytearray(data))
    assert found.fields["name"].view(pa.binary()).to_pylist() == [b"\xff", None]
    assert (found.first, found.rows) == (3, 2)


def test_a_batch_of_many_bytes_goes_in_parts():
    wkb = pa.array([bytes(30 * 2**20)] * 5, pa.binary())
    batch = SourceBatch(7, {"n": pa.array(range(5))}, wkb, unread={4: "why"})
    found = list(frames.parts(batch))
    assert [(each.first, each.rows, dict(each.unread)) for each in found] == [
        (7, 2, {}),
        (9, 1, {}),
        (10, 2, {1: "why"}),
    ]


CRS = [
    "+proj=longlat +ellps=bessel +nadgrids=/etc/passwd +type=crs",
    "+proj=longlat +ellps=bessel +nadgrids=http://127.0.0.1/x.tif +type=crs",
]


@pytest.mark.parametrize("text", CRS)
def test_a_crs_that_names_files_is_refused(tmp_path, text):
    path = formats.write(tmp_path, "city.csv")
    path.with_suffix(".prj").write_text(text)
    with pytest.raises(errors.SourceError, match=r"names other files.*--srid"):
        read(path)


def test_memory_of_a_process_is_bounded(tmp_path):
    path = tmp_path / "city.csv"
    path.write_bytes(b'id,WKT\n"')
    with path.open("r+b") as file:
        file.truncate(250 * 2**20)
    with pytest.raises(errors.ReaderMemory):
        read(path, memory_bytes=2**28)


def test_time_of_a_process_is_bounded(tmp_path):
    path = tmp_path / "city.csv"
    path.write_bytes(b"id,WKT\n" + b"\n" * 60_000_000)
    with pytest.raises(errors.ReaderTime):
        read(path, seconds=1, seconds_per_mb=0)


def test_a_line_that_does_not_end_is_refused_before_it_is_in_memory(tmp_path):
    path = tmp_path / "city.geojsonl"
    path.write_bytes(b'{"type": "Feature", "properties": "')
    with path.open("r+b") as file:
        file.truncate(2**31)
    with pytest.raises(errors.SourceError, match="more than 64 MB"):
        read(path, memory_bytes=2**29)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, None], ids=["gz", "zst", "zip"])
def test_a_packed_file_that_stands_for_too_much_is_refused_as_it_grows(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    path, content = tmp_path / "city.csv.packed", b"\n" * 100_000_000
    if pack is None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("city.csv", content)
    else:
        path.write_bytes(pack(content))
    with pytest.raises(errors.DenseBody, match="GATEWAY_FILES_RATIO"):
        FileSource(path)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_parquet_that_stands_for_too_much_is_refused_as_it_grows(tmp_path):
    path = tmp_path / "city.parquet"
    shape = pa.array([bytes(2_000_000)] * 8, pa.binary())
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    schema = pa.schema([("geometry", pa.binary())], metadata={"geo": orjson.dumps(geo)})
    table = pa.Table.from_batches([pa.record_batch([shape], schema=schema)] * 10)
    pq.write_table(table, path, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(errors.DenseBody):
        read(path)


def test_the_process_that_reads_a_file_leaves_the_processor_to_others(tmp_path, monkeypatch):
    seen, ask = [], reader.JailedReader._ask

    def look(self, **question):
        seen.append(os.getpriority(os.PRIO_PROCESS, self._process.pid))
        ask(self, **question)

    monkeypatch.setattr(reader.JailedReader, "_ask", look)
    (tmp_path / "city.csv").write_text("parcel_id,WKT\n1,POINT(1 2)\n")
    assert FileSource(tmp_path / "city.csv").description.features == 1
    assert seen[-1] >= 10
