"""Every format comes out of the jail as it comes out of its reader."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from gateway.errors import SourceError
from gateway.ingest import FileSource
from tests.fixtures import direct, formats


@pytest.mark.parametrize("name", formats.NAMES)
def test_a_format_is_the_same_inside_the_jail_and_outside(tmp_path, name):
    path = formats.write(tmp_path, name)
    jailed, plain = FileSource(path), direct.FileSource(path)
    assert jailed.fingerprint() == plain.fingerprint()
    said, expected = (replace(each.description, encoding=None) for each in (jailed, plain))
    assert said == expected
    assert str(jailed.description.encoding).lower() == str(plain.description.encoding).lower()
    for first in (0, 1):
        notes, expected = set(), set()
        mine, its = list(jailed.batches(first, 2, notes)), list(plain.batches(first, 2, expected))
        assert notes == expected
        assert [batch.wkb.to_pylist() for batch in mine] == [batch.wkb.to_pylist() for batch in its]
        assert [{n: c.to_pylist() for n, c in b.fields.items()} for b in mine] == [
            {n: c.to_pylist() for n, c in b.fields.items()} for b in its
        ]
        assert [(b.first, b.json, b.remarks, b.unread) for b in mine] == [
            (b.first, b.json, b.remarks, b.unread) for b in its
        ]
    jailed.close()


def test_an_error_is_told_as_often_as_it_is_asked_for(tmp_path):
    path = tmp_path / "city.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature"')
    source = FileSource(path)
    for _ in range(2):
        with pytest.raises(SourceError, match="ends in the middle"):
            source.description  # noqa: B018
        with pytest.raises(SourceError, match="ends in the middle"):
            list(source.batches(0, 10, set()))


def test_reading_may_be_left_and_begun_anew(tmp_path):
    source = FileSource(formats.write(tmp_path, "city.fgb"))
    for first in (0, 2, 1):
        assert next(source.batches(first, 1, set())).first == first
    assert sum(batch.rows for batch in source.batches(0, 1, set())) == formats.COUNT
    assert source.description.features == formats.COUNT


def test_a_geopackage_in_wal_mode_is_read_and_one_with_changes_beside_it_is_told(tmp_path):
    path = formats.write(tmp_path, "city.gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    assert [batch.rows for batch in FileSource(path).batches(0, 10, set())] == [formats.COUNT]
    assert [file.name for file in tmp_path.iterdir()] == ["city.gpkg"]
    path.with_name("city.gpkg-wal").write_bytes(b"changes")
    with pytest.raises(SourceError, match="close it there"):
        FileSource(path)
