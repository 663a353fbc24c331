"""Whatever a table is like, what inspectdb prints of it imports and serves."""

import subprocess
import sys

import pytest

from gateway.asgi import create_app
from gateway.errors import SetupError
from gateway.models.kinds import Kind
from tests.fixtures import flood_zones
from tests.fixtures.door import opened

SQL = """
    CREATE SCHEMA odd;
    CREATE TYPE odd.risk AS ENUM ('low', 'high');
    CREATE DOMAIN odd.share AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
    CREATE DOMAIN odd.area AS geometry(Polygon, 2249);
    CREATE TABLE odd.all_types (
        id uuid PRIMARY KEY, "order" int, "class" text, "Flood Zone" varchar(3), flood_zone text,
        "2020 pop" bigint, "数量" int, area numeric, history text, centroid text, "and" text, metadata text,
        mapped_column text, str text, _x smallint, version int, created_at timestamptz, plain timestamp,
        day date, hour time, risk odd.risk, share odd.share,
        huge numeric(3, -2), tags text[], extra jsonb, raw json, photo bytea, period daterange, price money, ip inet,
        other uuid, code char(4), flag boolean, ratio real, shape odd.area, label geometry(Point, 2249)
    );
    COMMENT ON TABLE odd.all_types IS 'What "they" call a \\ table; \"\"\"';
    COMMENT ON COLUMN odd.all_types.class IS '';
    COMMENT ON COLUMN odd.all_types."order" IS 'It''s "first" or
        not \\n';
    INSERT INTO odd.all_types VALUES (
        '00000000-0000-4000-8000-000000000001', 1, 'c', 'AE', 'z', 9007199254740993, 3, 1.5, 'h', 'm', 'a', 'b', 'd',
        'e', 4, 7, '2020-01-02 03:04:05+00', '2020-01-02 03:04:05', '2020-01-02', '03:04', 'high', 12.5, 1200, '{a,b}',
        '{"a": 1}',
        '[1]', 'x', '[2020-01-01,2020-02-01)', 1, '10.0.0.1', '00000000-0000-4000-8000-000000000002', 'ab', true, 0.5,
        ST_Transform('SRID=4326;POLYGON((-71.1 42.3, -71.1 42.4, -71 42.4, -71.1 42.3))'::geometry, 2249), NULL
    );
    INSERT INTO odd.all_types (id) VALUES ('00000000-0000-4000-8000-000000000003');
    CREATE TABLE odd."Parcel States" (gid serial PRIMARY KEY, geom geometry(Point, 4326) NOT NULL);
    INSERT INTO odd."Parcel States" (geom) VALUES ('SRID=4326;POINT(-71.1 42.3)');
    CREATE VIEW odd.states_seen AS SELECT gid, geom FROM odd."Parcel States";
    CREATE TABLE odd.jobs (code text PRIMARY KEY, where_it_is geography(Polygon) NOT NULL);
    INSERT INTO odd.jobs VALUES ('a', 'POLYGON((-71.1 42.3, -71.1 42.4, -71 42.4, -71.1 42.3))');
    CREATE TABLE odd.mixed (n bigint PRIMARY KEY, g geometry NOT NULL);
    INSERT INTO odd.mixed VALUES (1, 'SRID=4326;POLYGON((0 0, 1 0, 1 1, 0 0))');
    INSERT INTO odd.mixed VALUES (2, 'SRID=4326;MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))');
    CREATE TABLE odd.curves (n int PRIMARY KEY, g geometry(CurvePolygon, 4326) NOT NULL);
    INSERT INTO odd.curves VALUES (1, 'SRID=4326;CURVEPOLYGON(CIRCULARSTRING(0 0, 1 1, 2 0, 1 -1, 0 0))');
    CREATE TABLE odd.streets (n int PRIMARY KEY, g geometry(LineStringZ, 3857) NOT NULL);
    INSERT INTO odd.streets VALUES (1, 'SRID=3857;LINESTRING Z (0 0 1, 1000 0 1)');
"""
REFUSED = """
    CREATE TABLE odd.keyless (a int, g geometry(Point, 4326));
    INSERT INTO odd.keyless VALUES (1, 'SRID=4326;POINT(0 0)'), (1, 'SRID=4326;POINT(0 0)');
    CREATE TABLE odd.nowhere (a int PRIMARY KEY, g geometry(Point));
    CREATE TABLE odd.two_systems (a int PRIMARY KEY, g geometry);
    INSERT INTO odd.two_systems VALUES (1, 'SRID=4326;POINT(0 0)'), (2, 'SRID=3857;POINT(0 0)');
    CREATE TABLE odd.solids (a int PRIMARY KEY, g geometry(TINZ, 4326));
    CREATE TABLE odd.bare (a int PRIMARY KEY);
"""


def everything(layer):
    """A query of all that the layer has."""
    plain = [field.name for field in layer.fields.values() if field.kind is not Kind.GEOMETRY or field.name == "bbox"]
    return f"""{{ {layer.plural}(order: [{{featureId: ASC}}]) {{ totalCount extent nodes {{
        id {" ".join(plain)} geometry centroid feature }} featureCollection }} }}"""


async def test_every_table_of_a_schema_imports_and_serves(execute, inspected, served):
    await execute(SQL)
    text = await inspected(schema="odd")
    with flood_zones.declared(text) as layers:
        names = {layer.type_name for layer in layers} - {"Parcel", "ZoningDistrict"}
        assert names == {"AllType", "ParcelStatesRow", "StatesSeen", "JobsRow", "Mixed", "Curve", "Street"}
        async with opened(create_app(served, layers=layers)) as door:
            answers = {}
            for layer in layers:
                answer = (await door.post(everything(layer), {})).json
                assert "errors" not in answer, answer["errors"]
                answers[layer.type_name] = answer["data"][layer.plural]
                for url in (
                    f"/export/{layer.name}.geojson",
                    f"/export/{layer.name}.fgb",
                    f"/export/{layer.name}.parquet",
                    f"/tiles/{layer.name}/0/0/0.mvt",
                ):
                    assert (await door.request("GET", url)).status in {200, 204}, url
    assert {name: answers[name]["totalCount"] for name in names} == {**dict.fromkeys(names, 1), "Mixed": 2}
    (row,) = answers["AllType"]["nodes"]
    assert row["day"] == "2020-01-02"
    assert row["plain"] == "2020-01-02T03:04:05+00:00"
    assert (row["tags"], row["raw"], row["extra"]) == (["a", "b"], [1], {"a": 1})
    assert (row["risk"], row["share"], row["n2020Pop"]) == ("high", "12.50", 9007199254740993)
    assert (row["sourceArea"], row["sourceHistory"], row["sourceAnd"], row["version"]) == ("1.5", "h", "a", 7)
    assert row["geometry"]["type"] == "Polygon"
    for left_out in ("photo", "period", "price", "label"):
        assert f"# {left_out} is left out" in text
    assert {node["geometry"]["type"] for node in answers["Mixed"]["nodes"]} == {"MultiPolygon"}
    assert len(answers["Curve"]["nodes"][0]["geometry"]["coordinates"][0]) > 50


def complaints(file):
    """What the formatter and the linter say of a file."""
    ruff = [sys.executable, "-m", "ruff"]
    steps = (["format", "--check", "--diff"], ["check", "--select", "E,F,I,W"])
    runs = [
        subprocess.run([*ruff, *step, file], stdout=subprocess.PIPE, text=True, check=False, timeout=120)
        for step in steps
    ]
    return [done.stdout for done in runs if done.returncode]


async def test_what_is_printed_is_formatted_and_of_the_linters_liking(execute, inspected, tmp_path):
    await execute(SQL)
    file = tmp_path / "layers.py"
    file.write_text(await inspected("all_types", schema="odd", related=["parcels"]))
    assert complaints(file) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("keyless", "has no key"),
        ("nowhere", "--srid"),
        ("two_systems", "several systems"),
        ("solids", "which are not served"),
        ("bare", "no geometry column"),
        ("missing", "no table missing"),
    ],
)
async def test_what_cannot_be_served_is_refused_with_the_reason(execute, inspected, name, why):
    await execute(f"CREATE SCHEMA odd; {REFUSED}")
    with pytest.raises(SetupError, match=why):
        await inspected(name, schema="odd")
