"""Exports over HTTP: every format holds the rows of the filter, and what cannot be exported is refused with a code."""

import asyncio
import csv
import gzip
import io
import json
import subprocess
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

import pyogrio
import pytest
import shapely

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.feeds.exports import parse_export, plain_fields, stream
from gateway.feeds.formats import FORMATS as EXPORTED
from gateway.feeds.request import Asked, FeedParser
from gateway.identity import Access, Backends
from gateway.layers import LAYERS
from gateway.models.declaration import camel
from gateway.query.statistics import Estimates, Statistics
from gateway.query.tokens import FilterCodec
from tests.fixtures.door import on, opened
from tests.fixtures.exported import FORMATS, GDAL, read
from tests.fixtures.pairs import ALL_KEPT, agrees
from tests.fixtures.principals import ANYONE


@pytest.fixture
async def exporting(settings, small):
    """The gateway on the small county."""
    async with opened(create_app(on(settings, small))) as door:
        yield door


async def export(door, name, **parameters):
    query = urlencode(parameters, quote_via=quote)
    return await door.request("GET", f"/export/{name}" + (f"?{query}" if query else ""))


def ids(name, body, tmp_path):
    """The ids in a file, as a client reads them."""
    if name == "geojson":
        return [feature["id"] for feature in json.loads(body)["features"]]
    if name == "geojsonl":
        return [json.loads(line)["id"] for line in body.splitlines()]
    if name == "csv":
        return [int(row["id"]) for row in csv.DictReader(io.StringIO(body.decode()))]
    return read(tmp_path / f"read.{name}", body)[1]["id"].to_pylist()


@pytest.mark.parametrize("name", FORMATS)
async def test_an_export_holds_every_row_once_in_the_order_of_ids(exporting, tmp_path, name):
    answer = await export(exporting, f"parcels.{name}")
    assert (answer.status, answer.headers["content-disposition"]) == (200, f'attachment; filename="parcels.{name}"')
    assert ids(name, answer.body, tmp_path) == list(range(1, 301))


@pytest.mark.parametrize("name", FORMATS)
async def test_an_export_of_no_rows_is_a_whole_file(exporting, tmp_path, name):
    answer = await export(exporting, f"parcels.{name}", filters='{"parcelId":{"exact":"none"}}')
    assert answer.status == 200
    assert ids(name, answer.body, tmp_path) == []


async def test_features_are_those_of_the_feature_collection(exporting):
    names = "parcelId,address,landUse,assessedValue,yearBuilt,version,attributes,areaSqm"
    listed = "PARCEL_ID, ADDRESS, LAND_USE, ASSESSED_VALUE, YEAR_BUILT, VERSION, ATTRIBUTES, AREA_SQM"
    query = f"{{ parcels(first: 1000) {{ featureCollection(properties: [{listed}]) }} }}"
    collection = (await exporting.post(query)).json["data"]["parcels"]["featureCollection"]
    found = (await export(exporting, "parcels.geojson", properties=names)).json
    assert found["features"] == collection["features"]
    lines = (await export(exporting, "parcels.geojsonl", properties=names)).body.splitlines()
    assert [json.loads(line) for line in lines] == collection["features"]


SIGNS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
TEXTS = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "'=1",
    "plain",
    "",
    None,
]


@pytest.fixture
async def formulas(settings, cluster, migrated):
    """The gateway on rows whose texts and numbers begin with what spreadsheets take for formulas."""
    with cluster.copy(migrated) as url:
        values = ", ".join(
            f"('-{number}', {'NULL' if text is None else quoted(text)}, {square(number)}, -71.5)"
            for number, text in enumerate(TEXTS)
        )
        cluster.execute(
            f"INSERT INTO parcels (parcel_id, address, geom, assessed_value) VALUES {values}",
            database=url.partition("?")[0].rpartition("/")[2],
        )
        async with opened(create_app(on(settings, url))) as door:
            yield door


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def square(number):
    return f"ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope({number}, 0, {number + 1}, 1, 4326)))"


@pytest.mark.parametrize("form", [form for form in EXPORTED.values() if form.media_type.startswith("text/")])
async def test_no_text_in_a_table_is_a_formula_and_numbers_stay_numbers(formulas, form):
    answer = await export(formulas, f"parcels.{form.extension}", properties="parcelId,address,assessedValue")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert not [name for name in rows[0] if name.startswith(SIGNS)]
    assert not [row for row in rows if row["parcelId"].startswith(SIGNS) or row["address"].startswith(SIGNS)]
    assert {float(row["assessedValue"]) for row in rows} == {-71.5}
    assert [row["address"] for row in rows] == [f"'{text}" for text in TEXTS[:-3]] + ["plain", "", ""]
    raw = await export(formulas, f"parcels.{form.extension}", properties="parcelId,address,assessedValue", raw="true")
    rows = list(csv.DictReader(io.StringIO(raw.body.decode(), newline="")))
    assert [row["address"] for row in rows] == [*TEXTS[:-1], ""]
    assert [row["parcelId"] for row in rows] == [f"-{number}" for number in range(len(TEXTS))]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "csv"])
async def test_other_formats_have_texts_as_they_are(formulas, tmp_path, name):
    answer = await export(formulas, f"parcels.{name}", properties="address")
    assert read(tmp_path / f"table.{name}", answer.body)[1]["address"].to_pylist() == TEXTS


TABLES = [name for name in FORMATS if EXPORTED[name].reprojects]
NAMES = ("parcelId", "areaSqm", "yearBuilt", "createdAt", "attributes")


async def rows(door, name, tmp_path, **parameters):
    """Properties and geometry of each row of a table."""
    body = (await export(door, f"parcels.{name}", properties=",".join(NAMES), **parameters)).body
    options = {"AUTODETECT_TYPE": "YES"} if name == "csv" else {}
    meta, table = read(tmp_path / f"table.{name}", body, **options)
    return meta, table.to_pylist()


@pytest.mark.parametrize("name", TABLES)
async def test_tables_hold_the_same_values_and_places_as_features(exporting, tmp_path, name):
    features = (await export(exporting, "parcels.geojson", properties=",".join(NAMES))).json["features"]
    _, found = await rows(exporting, name, tmp_path)
    assert len(found) == len(features)
    for row, feature in zip(found, features, strict=True):
        wanted = feature["properties"]
        assert (row["id"], row["parcelId"], row["yearBuilt"]) == (
            feature["id"],
            wanted["parcelId"],
            wanted["yearBuilt"],
        )
        assert row["areaSqm"] == pytest.approx(wanted["areaSqm"], rel=1e-12)
        assert json.loads(row["attributes"]) == wanted["attributes"]
        assert str(row["createdAt"])[:10] == wanted["createdAt"][:10]
        place = shapely.from_wkb(row.get("wkb_geometry") or shapely.to_wkb(shapely.from_wkt(row["WKT"])))
        assert shapely.hausdorff_distance(place, shapely.geometry.shape(feature["geometry"])) < 1e-7


@pytest.mark.parametrize("name", TABLES)
async def test_tables_come_in_another_crs(exporting, tmp_path, name):
    meta, found = await rows(exporting, name, tmp_path, crs="EPSG:26915")
    place = found[0].get("wkb_geometry")
    place = shapely.from_wkb(place) if place else shapely.from_wkt(found[0]["WKT"])
    assert 4.6e6 < place.centroid.y < 4.7e6
    assert name == "csv" or meta["crs"] == "EPSG:26915"


@pytest.fixture
async def narrow(settings, cluster, small_template):
    """The small county with a parcel at 0, 0 and one that is 3 mm wide in the middle."""
    with cluster.copy(small_template) as url:
        x, y = -71.1, 42.3
        ring = [(0, 0), (1e-3, 3e-8), (2e-3, 0), (2e-3, 1e-3), (1e-3, 4e-8), (0, 1e-3), (0, 0)]
        shapes = {
            "narrow": shapely.MultiPolygon([[[(x + dx, y + dy) for dx, dy in ring], []]]),
            "stray": shapely.MultiPolygon([[[(0, 0), (0.1, 0), (1 / 3, 1.2345678901234567), (0, 0)], []]]),
        }
        for key, shape in shapes.items():
            insert = (
                f"INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', ST_GeomFromWKB('\\x{shape.wkb_hex}', 4326))"
            )
            cluster.execute(insert, database=url.partition("?")[0].rpartition("/")[2])
        async with opened(create_app(on(settings, url))) as door:
            yield door, shapes


def shapes_of(name, body, tmp_path):
    """The geometries in a file by parcelId."""
    path = tmp_path / f"shapes.{name}"
    if name == "csv":
        rows = csv.DictReader(io.StringIO(body.decode()))
        return {row["parcelId"]: shapely.from_wkt(row["WKT"] or None) for row in rows}
    if name == "fgb":  # of a missing geometry GDAL's Arrow says that it has less than no bytes
        path.write_bytes(body)
        _, _, geometries, (keys,) = pyogrio.raw.read(path, columns=["parcelId"])
        return dict(zip(keys, shapely.from_wkb(geometries), strict=True))
    if EXPORTED[name].packed:
        _, table = read(path, body)
        return dict(
            zip(table["parcelId"].to_pylist(), shapely.from_wkb(table["wkb_geometry"].to_pylist()), strict=True)
        )
    features = json.loads(body)["features"] if name == "geojson" else map(json.loads, body.splitlines())
    return {f["properties"]["parcelId"]: shapely.geometry.shape(f["geometry"]) for f in features}


BOTH = '{"parcelId":{"inList":["narrow","stray"]}}'


@pytest.mark.parametrize("name", FORMATS)
async def test_an_export_has_every_digit_so_that_what_is_valid_stays_valid(narrow, tmp_path, name):
    door, shapes = narrow
    found = shapes_of(name, (await export(door, f"parcels.{name}", filters=BOTH)).body, tmp_path)
    assert found.keys() == shapes.keys()
    for key, shape in shapes.items():
        assert shapely.equals_exact(found[key], shape, tolerance=0), key


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("precision", [3, 7, 14])
async def test_a_chosen_precision_rounds_and_keeps_shapes_valid(narrow, tmp_path, name, precision):
    door, _ = narrow
    body = (await export(door, f"parcels.{name}", filters=BOTH, precision=precision)).body
    for key, shape in shapes_of(name, body, tmp_path).items():
        assert shapely.is_valid(shape), key
        assert shape.geom_type == "MultiPolygon"
        coordinates = shapely.get_coordinates(shape)
        assert (abs(coordinates - coordinates.round(precision)) < 1e-13).all(), key


@pytest.mark.parametrize("name", TABLES)
async def test_a_row_out_of_the_reach_of_the_crs_has_no_geometry_and_the_others_come(narrow, tmp_path, name):
    door, _ = narrow
    answer = await export(door, f"parcels.{name}", crs="EPSG:26915")
    found = shapes_of(name, answer.body, tmp_path)
    assert len(found) == 302
    assert [key for key, shape in found.items() if shape is None] == ["narrow", "stray"]


async def test_an_export_of_no_rows_is_whole_in_any_crs(exporting):
    answer = await export(exporting, "parcels.csv", crs="EPSG:27700", bbox="0,0,1,1")
    assert (answer.status, len(answer.body.splitlines())) == (200, 1)


@pytest.mark.parametrize("name", GDAL)
async def test_gdal_s_own_tool_reads_it(exporting, tmp_path, name):
    path = tmp_path / f"parcels.{name}"
    path.write_bytes((await export(exporting, path.name)).body)
    told = await asyncio.to_thread(
        subprocess.check_output, ["ogrinfo", "-ro", "-al", "-so", path], text=True, timeout=120
    )
    assert "Feature Count: 300" in told


async def test_lines_go_on_where_they_ended(exporting):
    whole = (await export(exporting, "parcels.geojsonl")).body.splitlines(keepends=True)
    rest = (await export(exporting, "parcels.geojsonl", after="120")).body.splitlines(keepends=True)
    assert rest == whole[120:]


async def test_nothing_private_leaves_for_anyone(exporting):
    for name in FORMATS:
        assert b"ownerName" not in (await export(exporting, f"parcels.{name}")).body
    answer = await export(exporting, "parcels.csv", properties="ownerName")
    assert (answer.status, answer.code) == (400, "BAD_ARGUMENT")


@pytest.mark.parametrize(
    ("name", "parameters", "status", "code"),
    [
        ("nothing.geojson", {}, 404, "NOT_FOUND"),
        ("parcels.shp", {}, 404, "NOT_FOUND"),
        ("parcels", {}, 404, "NOT_FOUND"),
        ("parcels.geojson", {"crs": "EPSG:2249"}, 400, "BAD_CRS"),
        ("parcels.csv", {"crs": "EPSG:1"}, 400, "BAD_CRS"),
        ("parcels.csv", {"crs": "EPSG:27700"}, 400, "BAD_CRS"),  # Great Britain's
        ("parcels.fgb", {"crs": "EPSG:2193", "bbox": "-94,41,-93,43"}, 400, "BAD_CRS"),  # New Zealand's
        ("parcels.csv", {"precision": "16"}, 400, "BAD_ARGUMENT"),
        ("parcels.geojson", {"precision": "-1"}, 400, "BAD_ARGUMENT"),
        ("parcels.fgb", {"precision": ""}, 400, "BAD_ARGUMENT"),
        ("parcels.csv", {"after": "5"}, 400, "BAD_ARGUMENT"),
        ("parcels.csv", {"raw": "yes"}, 400, "BAD_ARGUMENT"),
        ("parcels.geojson", {"raw": "true"}, 400, "BAD_ARGUMENT"),
        ("parcels.geojsonl", {"after": "-5"}, 400, "BAD_ARGUMENT"),
        ("parcels.geojsonl", {"after": "9" * 19}, 400, "BAD_ARGUMENT"),
        ("parcels.geojsonl", {"limit": "5"}, 400, "BAD_ARGUMENT"),
        ("parcels.geojsonl", {"filters": "{"}, 400, "BAD_JSON"),
    ],
)
async def test_what_cannot_be_exported_is_refused(exporting, name, parameters, status, code):
    answer = await export(exporting, name, **parameters)
    assert (answer.status, answer.code) == (status, code)


async def test_a_crs_that_postgis_lacks_is_refused_before_the_first_byte(exporting):
    answer = await export(exporting, "parcels.csv", crs="EPSG:10857")
    assert (answer.status, answer.code) == (400, "BAD_CRS")


async def test_http_1_0_is_refused_where_a_broken_answer_would_look_whole(exporting):
    answer = await exporting.request("GET", "/export/parcels.csv", http_version="1.0")
    assert (answer.status, answer.code) == (505, "HTTP_VERSION")


async def test_head_tells_what_get_would_send_and_other_methods_are_refused(exporting):
    head = await exporting.request("HEAD", "/export/parcels.csv")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"].startswith("text/csv")
    post = await exporting.request("POST", "/export/parcels.csv")
    assert (post.status, post.code, post.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "GET, HEAD")


async def test_a_page_of_another_origin_reads_an_export_and_its_name(exporting):
    origin = {"origin": "https://map.test"}
    asked = origin | {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    preflight = await exporting.request("OPTIONS", "/export/parcels.geojson", headers=asked)
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, "*")
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    answer = await exporting.request("GET", "/export/parcels.geojson", headers=origin | {"accept-encoding": "gzip"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Disposition" in answer.headers["access-control-expose-headers"]
    assert "Accept-Encoding" in answer.headers["vary"]
    assert len(json.loads(gzip.decompress(answer.body))["features"]) == 300
    refused = await exporting.request("GET", "/export/parcels.geojson?crs=EPSG:2249", headers=origin)
    assert (refused.code, refused.headers["access-control-allow-origin"]) == ("BAD_CRS", "*")


@pytest.fixture(params=["kept", "computed"])
async def relating(request, settings, small, kept_small):
    """The gateway on the small county, whose relations are kept or not."""
    async with opened(create_app(on(settings, kept_small if request.param == "kept" else small))) as door:
        yield door


RELATED = {
    "parcels": "zoningDistricts { edges { overlapAreaSqm coverage isPrimary node { featureId code zoneCode } } }",
    "zoningDistricts": "parcels(first: 99) { edges { overlapAreaSqm coverage isPrimary node { featureId parcelId } } }",
}


TYPES = {"assessedValue": lambda number: Decimal(str(number)), "createdAt": datetime.fromisoformat}
TYPES["updatedAt"] = TYPES["createdAt"]


def exact(edges):
    """Edges of GeoJSON with values of the types that Arrow has for them."""
    nodes = [
        {
            name: value if value is None or name not in TYPES else TYPES[name](value)
            for name, value in edge["node"].items()
        }
        for edge in edges
    ]
    return [{**edge, "node": node} for edge, node in zip(edges, nodes, strict=True)]


@pytest.mark.parametrize(("layer", "relation"), [("parcels", "zoning_districts"), ("zoning_districts", "parcels")])
async def test_related_rows_of_an_export_are_those_of_graphql(relating, tmp_path, layer, relation):
    plural, field = camel(layer), camel(relation)
    chosen = '{featureId: {inList: ["1", "2", "3", "4", "5"]}}'
    answer = await relating.post(f"{{ {plural}(filters: {chosen}) {{ nodes {{ featureId {RELATED[plural]} }} }} }}")
    wanted = {int(node["featureId"]): node[field]["edges"] for node in answer.json["data"][plural]["nodes"]}
    given = {"filters": '{"featureId":{"inList":["1","2","3","4","5"]}}', "relations": relation, "properties": ""}
    found = (await export(relating, f"{layer}.geojson", **given)).json["features"]
    assert [feature["id"] for feature in found] == sorted(wanted)
    for feature in found:
        edges = feature["properties"][field]
        assert len(edges) == len(wanted[feature["id"]])
        for edge, other in zip(edges, wanted[feature["id"]], strict=True):
            node = {"featureId": edge["node"]["id"], **edge["node"]}
            assert agrees({**edge, "node": {name: node[name] for name in other["node"]}}, other)
    for form in ("parquet", "arrow"):
        _, lists = read(tmp_path / f"{layer}.{form}", (await export(relating, f"{layer}.{form}", **given)).body)
        assert lists[field].to_pylist() == [exact(feature["properties"][field]) for feature in found]
    table = (await export(relating, f"{layer}.csv", **given)).body.decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    pairs = [(feature["id"], edge) for feature in found for edge in feature["properties"][field] or [None]]
    assert [int(row["id"]) for row in rows] == [number for number, _ in pairs]
    names = ("coverage", "isPrimary", "node.id")
    cells = [[row[f"{field}.{name}"] for name in names] for row in rows]
    assert cells == [
        [str(edge["coverage"]), json.dumps(edge["isPrimary"]), str(edge["node"]["id"])] if edge else [""] * 3
        for _, edge in pairs
    ]


async def test_several_relations_are_arrays_of_a_feature_and_too_many_for_a_table(relating):
    given = {"bbox": "-93.31,42.00,-93.29,42.02", "relations": "zoning_districts,neighbors"}
    found = (await export(relating, "parcels.geojsonl", **given)).body.splitlines()
    assert all({"zoningDistricts", "neighbors"} <= json.loads(line)["properties"].keys() for line in found)
    for name, path in (("csv", given), ("fgb", {"relations": "neighbors"}), ("arrow", {"relations": "parcels"})):
        answer = await export(relating, f"parcels.{name}", **path)
        assert (answer.status, answer.code) == (400, "BAD_ARGUMENT")


@pytest.mark.parametrize(
    "given", [{"relations": "zoning_districts"}, {"filters": '{"neighbors":{"none":{"yearBuilt":{"lt":1950}}}}'}]
)
async def test_an_export_whose_pairs_are_behind_is_computed(settings, small, behind_small, given):
    files = []
    for url, kept in ((small, frozenset()), (behind_small, ALL_KEPT)):
        access, database, chunks = Access(settings.auth, LAYERS), Database(settings.database, url), []
        estimates = Estimates(Statistics(kept=kept))
        codec, backends = FilterCodec(b"key", settings.limits), Backends(settings.auth)
        parser = FeedParser(access.layers, access.seen_by, backends.confirm, settings.limits, codec, estimates)
        feed = await parser.parse("parcels", Asked(ANYONE, "csv", given), database, default=plain_fields)

        async def write(data, chunks=chunks):
            chunks.append(data)

        async with database.session() as session:
            await stream(session, parse_export(EXPORTED["csv"], feed), write)
        await database.dispose()
        files.append(b"".join(chunks))
    assert files[0] == files[1]
    assert files[0].count(b"\n") > 5
