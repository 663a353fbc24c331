"""Text is read in the encoding that it is in, or refused before a row is written; the report names the encoding."""

import json

import pyogrio
import pytest

from gateway.errors import BadEncoding
from gateway.ingest import Counts, FileSource, IngestOptions, ingest
from gateway.layers import PARCELS
from tests.fixtures.sources import dbase, fetch, grid, write

ADDRESSES = ["Peña 1", "Église", "plain"]
STORED = "SELECT address FROM parcels ORDER BY parcel_id"
CELL = '"POLYGON ((1 42,1.1 42,1.1 42.1,1 42))"'


def shapefile(tmp_path, encoding, code_page, language=0, addresses=ADDRESSES):
    """A Shapefile in `encoding` that says `code_page` and, in its table, the number of a language."""
    columns = {"parcel_id": [str(number) for number in range(len(addresses))], "address": addresses}
    path = write(tmp_path / "x.shp", "ESRI Shapefile", grid(len(addresses)), columns)
    table = tmp_path / "x.dbf"
    text = table.read_bytes()
    for address in addresses:
        own, other = address.encode(), address.encode(encoding)
        text = text.replace(own.ljust(len(own) + 10), other.ljust(len(own) + 10))
    table.write_bytes(text[:29] + bytes([language]) + text[30:])
    (tmp_path / "x.cpg").unlink()
    if code_page:
        (tmp_path / "x.cpg").write_text(code_page)
    return path


def csv(tmp_path, encoding):
    path = tmp_path / "x.csv"
    rows = "".join(f"{number},{address},{CELL}\n" for number, address in enumerate(ADDRESSES))
    path.write_bytes(f"parcel_id,address,WKT\n{rows}".encode(encoding))
    return path


def geojson(tmp_path, encoding):
    path = tmp_path / "x.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"parcel_id": str(number), "address": address},
            "geometry": {"type": "Polygon", "coordinates": [[[1, 42], [1.1, 42], [1.1, 42.1], [1, 42]]]},
        }
        for number, address in enumerate(ADDRESSES)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    return path


SOURCES = {
    "a table that is said to be windows-1252 and is UTF-8": (
        lambda folder: shapefile(folder, "utf-8", "1252"),
        "utf-8",
        ["2 of 2 values", "'PeÃ±a 1'", "'Peña 1'", "x.cpg"],
    ),
    "a table that is said to be UTF-8 and is not": (
        lambda folder: shapefile(folder, "latin-1", "UTF-8"),
        "windows-1252",
        ["2 of 2 values", "'Peña 1' as windows-1252"],
    ),
    "a table that says nothing": (
        lambda folder: shapefile(folder, "latin-1", None),
        "iso-8859-1",
        ["--encoding windows-1252"],
    ),
    "a CSV that is not UTF-8": (lambda folder: csv(folder, "latin-1"), "1252", ["'Peña 1' as windows-1252"]),
    "GeoJSON that is not UTF-8": (lambda folder: geojson(folder, "latin-1"), "latin1", ["'Peña 1' as windows-1252"]),
}


@pytest.mark.parametrize("name", SOURCES)
async def test_text_that_looks_wrong_is_shown_before_anything_is_written(empty_database, tmp_path, name):
    make, right, told = SOURCES[name]
    path = make(tmp_path)
    with pytest.raises(BadEncoding) as caught:
        await ingest(empty_database, PARCELS, path, IngestOptions(srid=4326))
    assert [words for words in told if words not in caught.value.message] == []
    assert await fetch(empty_database, "SELECT FROM ingest_runs") == []
    report = await ingest(empty_database, PARCELS, path, IngestOptions(srid=4326, encoding=right))
    assert report.counts == Counts(inserted=3)
    assert [address for (address,) in await fetch(empty_database, STORED)] == ADDRESSES
    assert any(note.startswith("text is read ") for note in report.notes)


@pytest.mark.parametrize(
    ("encoding", "code_page", "language"),
    [
        ("utf-8", "UTF-8", 0),
        ("utf-8", None, 0),
        ("utf-8", None, 0x57),
        ("cp1252", None, 0x57),
        ("cp1252", "ANSI 1252", 0),
        ("iso-8859-1", "88591", 0),
        ("cp850", None, 2),
        ("cp850", "nonsense", 2),
    ],
)
def test_a_table_is_read_in_the_encoding_that_it_names(tmp_path, encoding, code_page, language):
    source = FileSource(shapefile(tmp_path, encoding, code_page, language))
    (batch,) = source.batches(0, 10, set())
    assert batch.fields["address"].to_pylist() == ADDRESSES
    assert source.description.encoding


async def test_an_encoding_that_is_given_is_taken_as_it_is(empty_database, tmp_path):
    path = shapefile(tmp_path, "utf-8", None)
    await ingest(empty_database, PARCELS, path, IngestOptions(encoding="windows-1252"))
    assert (await fetch(empty_database, STORED))[0] == ("PeÃ±a 1",)


async def test_single_values_that_are_cut_within_a_letter_are_told(empty_database, tmp_path, listener):
    path = shapefile(tmp_path, "utf-8", "UTF-8", addresses=["Peña", "Église", "Straße"])
    table = tmp_path / "x.dbf"
    table.write_bytes(table.read_bytes().replace("Straße".encode(), b"Stra\xc3 e"))
    await ingest(empty_database, PARCELS, path, None, listener)
    assert [told[2:] for told in listener.told] == [("inserted", "BAD_TEXT")]
    assert (await fetch(empty_database, STORED))[2] == ("Stra\ufffd e",)


def test_an_encoding_that_nobody_knows_is_refused(tmp_path):
    for name in ("klingon", "rot13", "utf-16"):
        with pytest.raises(BadEncoding):
            FileSource(csv(tmp_path, "utf-8"), encoding=name)


def test_a_format_that_says_its_encoding_takes_none(tmp_path):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(1), {"parcel_id": ["1"]})
    with pytest.raises(BadEncoding, match="Leave the encoding out"):
        FileSource(path, encoding="latin-1").description  # noqa: B018 - it is read for its error


async def test_numbers_of_a_table_keep_their_digits(empty_database, tmp_path):
    values = {
        "parcel_id": ["1", "2", "3"],
        "long": ["12345678901234567890", "98765432109876543210", ""],
        "value": ["0.10", "-12345678901234567.89", "****"],
        "day": ["20190228", "20190230", "00000000"],
        "flag": ["T", "N", "?"],
    }
    path = write(tmp_path / "x.shp", "ESRI Shapefile", grid(3), {"parcel_id": values["parcel_id"]})
    fields = [
        ("parcel_id", "C", 5, 0),
        ("long", "N", 20, 0),
        ("value", "N", 21, 2),
        ("day", "D", 8, 0),
        ("flag", "L", 1, 0),
    ]
    (tmp_path / "x.dbf").write_bytes(dbase(fields, list(zip(*values.values(), strict=True))))
    await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"assessed_value": "value"}))
    kept = "attributes->'long', attributes->'day', attributes->'flag'"
    query = f"SELECT assessed_value::text, {kept} FROM parcels ORDER BY id"
    assert await fetch(empty_database, query) == [
        ("0.10", "12345678901234567890", '"2019-02-28"', "true"),
        ("-12345678901234567.89", "98765432109876543210", '"20190230"', "false"),
        (None, "null", "null", "null"),
    ]


async def test_rows_that_are_marked_as_deleted_take_no_values_from_others(empty_database, tmp_path):
    path = write(tmp_path / "x.shp", "ESRI Shapefile", grid(4), {"parcel_id": ["a", "b", "c", "d"]})
    table = tmp_path / "x.dbf"
    text = bytearray(table.read_bytes())
    width, start = int.from_bytes(text[10:12], "little"), int.from_bytes(text[8:10], "little")
    text[start + width] = ord("*")
    table.write_bytes(text)
    whole = pyogrio.raw.read(path, columns=[], return_fids=True)[1].tolist()
    source = FileSource(path)
    keys = [key for batch in source.batches(0, 2, set()) for key in batch.fields["parcel_id"].to_pylist()]
    assert keys == ["abcd"[number] for number in whole]
