"""Files that are broken, and features that are: each has a clear answer."""

import sqlite3
import struct

import numpy as np
import pytest
import shapely

from gateway.errors import BadCrs, BadMapping, SourceError
from gateway.ingest import Counts, FileSource, IngestOptions, ingest
from gateway.layers import PARCELS
from tests.fixtures.sources import fetch, grid, square, write


def keys(count):
    return {"parcel_id": [f"P{number}" for number in range(count)]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.gpkg", None, "There is no file"),
        ("empty.geojson", b"", "is empty"),
        ("text.gpkg", b"hello", "its format is not known"),
        (
            "short.geojson",
            b'{"type":"FeatureCollection","features":[{"type":"Feature","prop',
            "ends in the middle, after 0 features",
        ),
        (
            "short.geojsonl",
            b'{"type":"Feature","properties":{},"geometry":null}\n{"type":"Fea',
            "Line 2 of short.geojsonl",
        ),
        ("other.geojsonl", b'{"type":"Feature","properties":{},"geometry":null}\n[1]\n', "Line 2 of other.geojsonl"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_with_its_reason(empty_database, tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"parcel_id": "fid"}))
    assert str(tmp_path) not in caught.value.message or content is None
    assert "SELECT" not in caught.value.message


@pytest.mark.parametrize("whole", ["%s", '{"type":"FeatureCollection","features":[%s]}'])
async def test_a_feature_with_a_number_beyond_all_numbers_is_rejected(empty_database, tmp_path, listener, whole):
    path = tmp_path / "huge.geojson"
    path.write_text(whole % '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1e400,0]}}')
    await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"parcel_id": "fid"}), listener)
    assert [told[2:] for told in listener.told] == [("rejected", "NON_FINITE")]


@pytest.mark.parametrize(("driver", "suffix"), [("GPKG", "gpkg"), ("FlatGeobuf", "fgb")])
async def test_a_file_that_was_cut_off_is_refused(empty_database, tmp_path, driver, suffix):
    path = write(tmp_path / f"x.{suffix}", driver, grid(2000), keys(2000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(SourceError, match=r"cannot be read|cut off"):
        await ingest(empty_database, PARCELS, path)


async def test_a_file_damaged_in_the_middle_is_not_taken_for_a_shorter_one(tmp_path):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(5000), keys(5000))
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot be read|ends after"):
        list(FileSource(path).batches(0, 1000, set()))


async def test_a_wrong_suffix_does_no_harm(empty_database, geojson):
    path = geojson((square(1, 42), {"parcel_id": "a"}), name="city.gpkg")
    assert (await ingest(empty_database, PARCELS, path)).counts == Counts(inserted=1)


async def test_a_file_without_crs_is_refused_until_one_is_given(empty_database, tmp_path):
    path = write(tmp_path / "x.shp", "ESRI Shapefile", grid(2), keys(2))
    (tmp_path / "x.prj").unlink()
    with pytest.raises(SourceError, match="--srid 4326"):
        await ingest(empty_database, PARCELS, path)
    with pytest.raises(BadCrs, match="EPSG:999999"):
        await ingest(empty_database, PARCELS, path, IngestOptions(srid=999_999))
    assert (await ingest(empty_database, PARCELS, path, IngestOptions(srid=4326))).counts == Counts(inserted=2)


async def test_a_table_without_geometry_and_an_unknown_layer_are_refused(empty_database, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("parcel_id\n1\n")
    with pytest.raises(SourceError, match="table without geometry"):
        await ingest(empty_database, PARCELS, path)
    package = write(tmp_path / "x.gpkg", "GPKG", grid(2), keys(2))
    with pytest.raises(SourceError, match=r"no layer roads\. It has: x"):
        FileSource(package, layer="roads")


async def test_a_bad_mapping_is_refused_before_anything_is_read(empty_database, tmp_path):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(2), keys(2))
    with pytest.raises(BadMapping, match="has no field owner to map to"):
        await ingest(empty_database, PARCELS, path, IngestOptions(mapping={"owner": "parcel_id"}))
    assert await fetch(empty_database, "SELECT FROM ingest_runs") == []


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
async def test_each_bad_feature_is_accounted_for_and_the_good_ones_are_loaded(empty_database, geojson, listener):
    def polygon(*ring):
        return {"type": "Polygon", "coordinates": [ring]}

    path = geojson(
        (square(1, 42), {"parcel_id": "good", "year_built": "1900"}),
        (None, {"parcel_id": "null"}),
        ({"type": "Polygon", "coordinates": []}, {"parcel_id": "empty"}),
        ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, {"parcel_id": "line"}),
        (polygon([42, -171], [43, -171], [43, -170], [42, -171]), {"parcel_id": "swapped"}),
        (polygon([0, 0], [1, float("nan")], [1, 1], [0, 0]), {"parcel_id": "nan"}),
        (polygon([0, 0], [2, 2], [2, 0], [0, 3], [0, 0]), {"parcel_id": "tie"}),
        (polygon([0, 0], [1, 0], [1, 1], [0, 1]), {"parcel_id": "open"}),
        (polygon([0, 0, 9], [1, 0, 9], [1, 1, 9], [0, 0, 9]), {"parcel_id": "z"}),
        (square(2, 42), {"parcel_id": None}),
        (square(2, 42), {"parcel_id": "  "}),
        (square(3, 42), {"parcel_id": "late", "year_built": "unknown"}),
        ({"type": "Point", "coordinates": ["1", 2]}, {"parcel_id": "text"}),
    )
    report = await ingest(empty_database, PARCELS, path, None, listener)
    assert report.counts == Counts(inserted=3, repaired=2, skipped=2, rejected=6)
    assert report.counts.read == listener.total == 13
    assert listener.told == [
        (1, "null", "skipped", "NULL_GEOMETRY"),
        (2, "empty", "skipped", "EMPTY_GEOMETRY"),
        (3, "line", "rejected", "WRONG_TYPE"),
        (4, "swapped", "rejected", "OUT_OF_RANGE"),
        (5, "nan", "rejected", "NON_FINITE"),
        (6, "tie", "repaired", "INVALID_GEOMETRY"),
        (7, "open", "repaired", "INVALID_GEOMETRY"),
        (9, None, "rejected", "MISSING_VALUE"),
        (10, "  ", "rejected", "MISSING_VALUE"),
        (11, "late", "inserted", "VALUE_MOVED"),
        (12, "text", "rejected", "BAD_GEOMETRY"),
    ]
    assert "Z, M" in next(iter(report.notes))
    loaded = "SELECT parcel_id, year_built, attributes->>'year_built' FROM parcels ORDER BY id"
    assert await fetch(empty_database, loaded) == [
        ("good", 1900, None),
        ("tie", None, None),
        ("open", None, None),
        ("z", None, None),
        ("late", None, "unknown"),
    ]
    tie = listener.outcomes[5].as_json()
    assert tie["where"] == {"type": "Point", "coordinates": [1.2, 1.2]}
    assert tie["area"]["changeSqm"] == pytest.approx(tie["area"]["afterSqm"] - tie["area"]["beforeSqm"], abs=1e-3)


async def test_a_ring_that_crosses_itself_too_often_is_given_up_and_the_rest_loaded(empty_database, tmp_path, listener):
    ring = np.random.default_rng(1).random((4000, 2))
    tangle = shapely.polygons(np.vstack([ring, ring[:1]]))
    path = write(tmp_path / "x.gpkg", "GPKG", [*grid(2), tangle], keys(3))
    report = await ingest(empty_database, PARCELS, path, IngestOptions(repair_seconds=0.3), listener)
    assert report.counts == Counts(inserted=2, rejected=1)
    assert listener.told == [(2, "P2", "rejected", "REPAIR_TIMEOUT")]


def geopackage_blob(wkb):
    return b"GP\0\x01" + struct.pack("<i", 4326) + wkb


async def test_arcs_become_lines_and_deep_collections_are_refused(empty_database, tmp_path, listener):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(3), keys(3))
    arc = b"\x01" + struct.pack("<II10d", 8, 5, 0, 0, 1, 1, 2, 0, 1, -1, 0, 0)
    circle = b"\x01" + struct.pack("<II", 10, 1) + arc
    deep = (b"\x01" + struct.pack("<II", 7, 1)) * 50_000 + shapely.to_wkb(shapely.Point(1, 2))
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        for key, wkb in (("P1", circle), ("P2", deep)):
            database.execute("UPDATE x SET geom = ? WHERE parcel_id = ?", (geopackage_blob(wkb), key))
    database.close()
    report = await ingest(empty_database, PARCELS, path, None, listener)
    area = await fetch(
        empty_database, "SELECT round(ST_Area(geom)::numeric, 1)::float FROM parcels WHERE parcel_id = 'P1'"
    )
    assert area == [(3.1,)]
    assert report.counts.read == 3
    assert listener.told[-1][0] == 2
    assert listener.told[-1][2] in {"rejected", "skipped"}


async def test_a_row_that_the_database_refuses_is_accounted_for(empty_database, geojson, listener):
    await fetch(empty_database, "ALTER TABLE parcels ADD CONSTRAINT no_thirteen CHECK (parcel_id <> 'P13')")
    path = geojson(*((shape, {"parcel_id": f"P{number}"}) for number, shape in enumerate(grid(20))))
    report = await ingest(empty_database, PARCELS, path, IngestOptions(chunk=8), listener)
    assert report.counts == Counts(inserted=19, rejected=1)
    assert listener.told == [(13, "P13", "rejected", "REFUSED")]
    assert "no_thirteen" in listener.outcomes[0].why
    assert listener.outcomes[0].where is not None


async def test_nested_properties_stay_json(empty_database, geojson):
    path = geojson((square(1, 42), {"parcel_id": "a", "tags": {"a": [1, {"b": None}]}, "list": ["x", "y"]}))
    await ingest(empty_database, PARCELS, path)
    query = "SELECT attributes #>> '{tags,a,1}', attributes #>> '{list,1}' FROM parcels"
    assert await fetch(empty_database, query) == [('{"b": null}', "y")]
