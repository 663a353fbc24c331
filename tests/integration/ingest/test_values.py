"""What stands in a file stands in the row: text stays text, numbers keep their digits, or the report says why not."""

import json
import sqlite3

import pytest

from gateway.errors import SourceError
from gateway.ingest import Counts, IngestOptions, ingest
from gateway.layers import PARCELS, ZONING_DISTRICTS
from tests.fixtures.sources import fetch, grid, square, write

ATTRIBUTES = "SELECT parcel_id, attributes::text FROM parcels ORDER BY id"
SHAPE = '{"type":"Polygon","coordinates":[[[1,42],[1.1,42],[1.1,42.1],[1,42]]]}'


def text(*properties, ids=()):
    """A FeatureCollection whose properties are JSON as it is given."""
    own = [f'"id":{number},' for number in ids] or [""] * len(properties)
    features = [
        f'{{"type":"Feature",{head}"properties":{each},"geometry":{SHAPE}}}'
        for head, each in zip(own, properties, strict=True)
    ]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


async def stored(database, path, listener=None, **options):
    report = await ingest(database, PARCELS, path, IngestOptions(**options), listener)
    return report, [(key, json.loads(value)) for key, value in await fetch(database, ATTRIBUTES)]


@pytest.mark.parametrize(
    "keys",
    [
        ['"1204/03/12"', '"2019/02/30"', '"2019-03-02"'],
        ["12345678901234567890", "12345678901234567891"],
        ['"007"', '"7"'],
        ['"10:00:00"', '"2020-01-02T10:00:00+02:00"', '"2020-01-02"'],
        ['"true"', '"null"', '"1e3"', '"1.10"', '"NaN"'],
    ],
)
async def test_keys_are_what_stands_in_the_file(empty_database, tmp_path, keys):
    path = tmp_path / "x.geojson"
    path.write_text(text(*(f'{{"parcel_id":{key}}}' for key in keys)))
    report, rows = await stored(empty_database, path)
    assert report.counts == Counts(inserted=len(keys))
    assert [key for key, _ in rows] == [key.strip('"') for key in keys]


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl"])
async def test_attributes_are_what_stands_in_the_file(empty_database, tmp_path, suffix):
    values = [
        '{"t":"2020-07-02T10:00:00+02:00","n":9007199254740993,"o":{"a":[1,12345678901234567890.12]},"wkb_geometry":"x"}',
        '{"t":"2020-01-02","n":0.5,"us":"2020-01-02T03:04:05.123456Z","fid":"f"}',
        '{"t":"2020-07-02T10:00:00+01:00","n":"0.50","b":true,"nothing":null,"OGC_FID":1}',
    ]
    keyed = [f'{{"parcel_id":"{number}",{value[1:]}' for number, value in enumerate(values)]
    whole = text(*keyed)
    path = tmp_path / f"x.{suffix}"
    path.write_text(whole if suffix == "geojson" else "\n".join(map(json.dumps, json.loads(whole)["features"])))
    lines = [f'{{"type":"Feature","properties":{each},"geometry":{SHAPE}}}' for each in keyed]
    if suffix == "geojsonl":
        path.write_text("\n".join(lines))
    report, _ = await stored(empty_database, path)
    assert report.counts == Counts(inserted=3)
    equal = "SELECT attributes = $1::text::jsonb, attributes::text FROM parcels WHERE parcel_id = $2"
    for number, value in enumerate(values):
        assert (await fetch(empty_database, equal, value, str(number)))[0][0], value
    exact = "SELECT attributes->>'n', attributes #>> '{o,a,1}' FROM parcels ORDER BY id"
    assert (await fetch(empty_database, exact))[0] == ("9007199254740993", "12345678901234567890.12")


async def test_numbers_of_columns_keep_their_digits(empty_database, tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(
        text(
            '{"parcel_id":1,"assessed_value":12345678901234567890.123456789,"year_built":1900.0}',
            '{"parcel_id":2.0,"assessed_value":"0.10","year_built":19e2}',
            '{"parcel_id":"3","assessed_value":true,"year_built":1900.5}',
        )
    )
    await ingest(empty_database, PARCELS, path)
    query = "SELECT parcel_id, assessed_value::text, year_built, attributes::text FROM parcels ORDER BY id"
    assert await fetch(empty_database, query) == [
        ("1", "12345678901234567890.123456789", 1900, "{}"),
        ("2", "0.10", 1900, "{}"),
        ("3", "1", None, '{"year_built": 1900.5}'),
    ]


async def test_what_cannot_be_kept_is_told(empty_database, tmp_path, listener):
    path = tmp_path / "x.geojson"
    path.write_text(
        text(
            r'{"parcel_id":"1","v":"a\u0000b"}',
            r'{"parcel_id":"2\u0000"}',
            '{"parcel_id":"3","v":1,"v":2}',
            '{"parcel_id":"4","v":1e999,"w":NaN}',
            '{"parcel_id":"5","parcel_id":"6"}',
        )
    )
    report, rows = await stored(empty_database, path, listener)
    assert report.counts == Counts(inserted=4, rejected=1)
    assert rows == [
        ("1", {"v": "ab"}),
        ("3", {"v": 1, "v_2": 2}),
        ("4", {"v": "1e999", "w": "NaN"}),
        ("5", {"parcel_id_2": "6"}),
    ]
    assert [told[2:] for told in listener.told] == [
        ("inserted", "BAD_TEXT"),
        ("rejected", "BAD_VALUE"),
        ("inserted", "BAD_TEXT"),
        ("inserted", "BAD_TEXT"),
        ("inserted", "BAD_TEXT"),
    ]
    assert [outcome.why.split()[0] for outcome in listener.outcomes] == ["v", "The", "v_2", "v", "parcel_id_2"]


async def test_the_id_of_a_feature_and_a_property_id_are_both_kept(empty_database, tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(text('{"id":"p1","parcel_id":"1"}', '{"parcel_id":"2"}', ids=['"x.1"', "7"]))
    report, rows = await stored(empty_database, path)
    assert rows == [("1", {"id": "p1", "id_2": "x.1"}), ("2", {"id_2": 7})]
    assert any("id_2" in note for note in report.notes)


async def test_a_mark_at_the_begin_of_a_file_is_no_part_of_it(empty_database, tmp_path):
    feature = json.loads(text('{"parcel_id":"É"}'))["features"][0]
    for number, (suffix, encoding) in enumerate(
        [("geojsonl", "utf-8-sig"), ("geojson", "utf-8-sig"), ("json", "utf-16")]
    ):
        path = tmp_path / f"{number}.{suffix}"
        feature["properties"]["parcel_id"] = f"É{number}"
        path.write_text(json.dumps(feature, ensure_ascii=False), encoding=encoding)
        await ingest(empty_database, PARCELS, path)
    assert await fetch(empty_database, "SELECT parcel_id FROM parcels ORDER BY id") == [("É0",), ("É1",), ("É2",)]


async def test_lines_of_features_under_another_name_are_read_as_such(empty_database, tmp_path):
    features = json.loads(text('{"parcel_id":"1"}', '{"parcel_id":"2"}'))["features"]
    path = tmp_path / "x.json"
    path.write_text("\n".join(map(json.dumps, features)))
    assert (await ingest(empty_database, PARCELS, path)).counts == Counts(inserted=2)


@pytest.mark.parametrize("driver", ["CSV", "ESRI Shapefile"])
async def test_fields_of_one_name_are_all_kept(empty_database, tmp_path, driver):
    path = tmp_path / "x.csv"
    path.write_text('parcel_id,V,V,V_2,WKT\n1,a,b,c,"POLYGON ((1 42,1.1 42,1.1 42.1,1 42))"\n')
    if driver == "ESRI Shapefile":
        path = write(tmp_path / "x.shp", driver, grid(1), {"parcel_id": ["1"], "V": ["a"], "W": ["b"], "V_2": ["c"]})
        table = tmp_path / "x.dbf"
        table.write_bytes(table.read_bytes().replace(b"W\0\0", b"V\0\0"))
    report, rows = await stored(empty_database, path, srid=4326)
    assert {name: rows[0][1][name] for name in ("V", "V_2", "V_3")} == {"V": "a", "V_2": "c", "V_3": "b"}
    assert any("V_3" in note for note in report.notes)


async def test_offsets_of_a_format_that_has_instants_are_kept(empty_database, tmp_path):
    path = write(
        tmp_path / "x.gpkg", "GPKG", [square(1, 42), square(2, 42)], {"parcel_id": ["1", "2"], "t": ["x", "y"]}
    )
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("ALTER TABLE x ADD COLUMN at DATETIME")
        for key, at in (("1", "2020-07-02T10:00:00.000+02:00"), ("2", "2020-07-02T10:00:00.000")):
            database.execute("UPDATE x SET at = ? WHERE parcel_id = ?", (at, key))
    database.close()
    _, rows = await stored(empty_database, path)
    assert [row["at"] for _, row in rows] == ["2020-07-02T10:00:00.000+02:00", "2020-07-02T10:00:00.000"]


async def test_a_district_without_a_zone_is_loaded_with_an_empty_one(empty_database, geojson, listener):
    path = geojson((square(1, 42), {"id": 1, "zone": None}), (square(2, 42), {"id": 2, "zone": ""}), name="z.geojson")
    options = IngestOptions(mapping={"code": "id", "zone_code": "zone"})
    report = await ingest(empty_database, ZONING_DISTRICTS, path, options, listener)
    assert report.counts == Counts(inserted=2)
    assert listener.told == [(0, "1", "inserted", "VALUE_MOVED")]
    query = "SELECT zone_code, attributes ? 'zone' FROM zoning_districts ORDER BY id"
    assert await fetch(empty_database, query) == [("", True), ("", False)]


async def test_text_of_gml_stays_text(empty_database, tmp_path):
    """GML without a schema has no types: what looks like a number or a date is text all the same."""
    shape = "<gml:posList>42 1 42 1.1 42.1 1.1 42 1</gml:posList>"
    members = "".join(
        '<gml:featureMember><x:lot><x:geom><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior>'
        f"<gml:LinearRing>{shape}</gml:LinearRing></gml:exterior></gml:Polygon></x:geom>"
        f"<x:parcel_id>{key}</x:parcel_id><x:day>{day}</x:day></x:lot></gml:featureMember>"
        for key, day in (("007", "2019-02-30"), ("12345678901234567890", "2019-02-28"))
    )
    names = 'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:x="http://example.org/x"'
    path = tmp_path / "x.gml"
    path.write_text(f'<?xml version="1.0"?><x:FeatureCollection {names}>{members}</x:FeatureCollection>')
    _, rows = await stored(empty_database, path)
    assert [(key, row["day"]) for key, row in rows] == [
        ("007", "2019-02-30"),
        ("12345678901234567890", "2019-02-28"),
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["x.gml"]


async def test_values_of_another_type_than_their_column_are_kept(empty_database, tmp_path):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(2), {"parcel_id": ["1", "2"]})
    values = {"INTEGER": "1204/03/12", "DATE": "2019/02/30", "BOOLEAN": "yes", "MEDIUMINT": 2**40, "FLOAT": 0.1}
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        for kind, value in values.items():
            database.execute(f'ALTER TABLE x ADD COLUMN "a {kind}" {kind}')
            database.execute(f'UPDATE x SET "a {kind}" = ? WHERE fid = 1', (value,))
    database.close()
    _, rows = await stored(empty_database, path)
    assert rows[0][1] == {f"a {kind}": value for kind, value in values.items()}
    assert rows[1][1] == dict.fromkeys(rows[0][1])


async def test_arcs_become_lines_and_those_within_a_collection_are_told(empty_database, tmp_path, listener):
    arc = "CURVEPOLYGON(CIRCULARSTRING(0 0,2 0,0 0))"
    path = tmp_path / "x.csv"
    path.write_text(f'parcel_id,WKT\n1,"{arc}"\n2,"GEOMETRYCOLLECTION({arc})"\n3,"POLYGON((0 0,1 0,1 1))"\n')
    report = await ingest(empty_database, PARCELS, path, IngestOptions(srid=4326), listener)
    assert report.counts == Counts(inserted=1, repaired=1, rejected=1)
    assert [told[1:] for told in listener.told] == [
        ("2", "rejected", "BAD_GEOMETRY"),
        ("3", "repaired", "INVALID_GEOMETRY"),
    ]


async def test_values_of_topojson_are_what_stands_in_the_file(empty_database, tmp_path):
    path = tmp_path / "x.topojson"
    properties = [
        '{"parcel_id":"2019/02/30","n":12345678901234567890}',
        '{"parcel_id":"007","n":"1.10","t":"10:00+02:00"}',
    ]
    shapes = [f'{{"type":"Polygon","arcs":[[0]],"properties":{each}}}' for each in properties]
    objects = f'{{"x":{{"type":"GeometryCollection","geometries":[{",".join(shapes)}]}}}}'
    path.write_text(f'{{"type":"Topology","objects":{objects},"arcs":[[[1,42],[2,42],[2,43],[1,42]]]}}')
    report, rows = await stored(empty_database, path, srid=4326)
    assert report.counts == Counts(inserted=2)
    assert rows == [
        ("2019/02/30", {"id": None, "n": 12345678901234567890}),
        ("007", {"id": None, "n": "1.10", "t": "10:00+02:00"}),
    ]
    path.write_text(path.read_text().replace('"type":"Polygon"', '"type":null', 1))
    with pytest.raises(SourceError, match="Of the 2 geometries"):
        await ingest(empty_database, PARCELS, path, IngestOptions(srid=4326))
