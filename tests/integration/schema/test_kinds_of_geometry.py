"""Layers of lines, and of any geometry, from file to tile: what they measure is a length where it is one."""

import json
import math
from urllib.parse import quote

import pytest
import shapely
from alembic import command
from pyproj import Geod
from shapely.geometry import mapping

from gateway.asgi import create_app
from gateway.checks.inspection import Bounds
from gateway.checks.registry import DATABASE_TAGS
from gateway.checks.running import Run
from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.ingest import IngestOptions, ingest
from gateway.layers import PARCELS
from gateway.settings import AuthSettings
from tests.fixtures.buildings import added
from tests.fixtures.door import opened
from tests.fixtures.exported import FORMATS, read
from tests.fixtures.mapping import Map, columns

STEP = 0.001
LOTS = {f"P{n}": shapely.box(n * STEP, 42, (n + 1) * STEP, 42 + STEP) for n in range(5)}


def line(west, east):
    return shapely.LineString([(west * STEP, 42.0004), (east * STEP, 42.0004)])


# One in P0, one mostly in P2, one that begins in P3 and ends beyond all lots.
LINES = {"H0": line(0.2, 0.6), "H1": line(1.75, 2.75), "H2": line(4.5, 6)}
ANY = {
    "H0": line(0.2, 0.6),
    "H1": shapely.box(1.75 * STEP, 42.0002, 2.75 * STEP, 42.0006),
    "H2": shapely.Point(4.5 * STEP, 42.0004),
    "H3": shapely.GeometryCollection([line(0.1, 0.2), line(0.3, 0.4)]),
}
SHARES = {("H0", "P0"): 1, ("H1", "P1"): 0.25, ("H1", "P2"): 0.75, ("H2", "P4"): 1 / 3}
SHARES_OF_ANY = {**SHARES, ("H2", "P4"): 1, ("H3", "P0"): 1}


def write(path, shapes):
    features = [
        {"type": "Feature", "properties": {"key": key, "floors": number}, "geometry": mapping(shape)}
        for number, (key, shape) in enumerate(shapes.items())
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


class Built:
    def __init__(self, addition, database, settings, shapes, shares):
        self.addition, self.database, self.settings = addition, database, settings
        self.shapes, self.shares = shapes, shares

    def app(self, **changes):
        settings = self.settings.model_copy(update=changes)
        return create_app(settings, layers=self.addition.layers)

    async def ask(self, query, **variables):
        """The data, which must be the same with planner and with resolvers."""
        answers = []
        for planner in ("on", "off"):
            async with opened(self.app(planner=planner)) as door:
                answer = (await door.post(query, variables)).json
                assert "errors" not in answer, answer
                answers.append(answer["data"])
        assert answers[0] == answers[1]
        return answers[0]


@pytest.fixture(params=["MULTILINESTRING", "GEOMETRY"])
async def built(request, empty_database, settings, tmp_path):
    kept = settings.model_copy(update={"database": settings.database.model_copy(update={"url": empty_database})})
    shapes, shares = (ANY, SHARES_OF_ANY) if request.param == "GEOMETRY" else (LINES, SHARES)
    with added(lambda text: text.replace("MULTIPOLYGON", request.param)) as addition:
        database = Database(kept.database, empty_database, timeout_ms=0)
        await addition.migrate(database.engine)
        for layer, key, source in ((PARCELS, "parcel_id", LOTS), (addition.layer, "building_id", shapes)):
            options = IngestOptions(mapping={key: "key"} | ({"floors": "floors"} if source is shapes else {}))
            done = await ingest(empty_database, layer, write(tmp_path / "rows.json", source), options)
            assert done.counts.inserted == len(source)
        yield Built(addition, database, kept, shapes, shares)
        await database.dispose()


async def test_rows_are_related_by_what_they_share_in_both_directions(built):
    lines = built.addition.layer.dimensions == {1}
    edge = "coverage isPrimary overlapLengthM" + ("" if lines else " overlapAreaSqm")
    found = await built.ask(
        f"""{{
          buildings {{ nodes {{ buildingId lengthM parcels {{ totalCount edges {{ {edge} node {{ parcelId }} }} }} }} }}
          parcels {{ nodes {{ parcelId buildings {{ edges {{ {edge} node {{ buildingId }} }} }} }} }}
          most: buildings {{ nodes {{ buildingId
            parcels(minCoverage: 0.5) {{ totalCount edges {{ coverage node {{ parcelId }} }} }} }} }}
          of: parcels {{ nodes {{ parcelId buildings(minCoverage: 0.5) {{ totalCount nodes {{ buildingId }} }} }} }}
        }}"""
    )
    there = {
        (row["buildingId"], edge["node"]["parcelId"]): edge
        for row in found["buildings"]["nodes"]
        for edge in row["parcels"]["edges"]
    }
    back = {
        (edge["node"]["buildingId"], row["parcelId"]): edge
        for row in found["parcels"]["nodes"]
        for edge in row["buildings"]["edges"]
    }
    strip = [{key: value for key, value in edge.items() if key != "node"} for edge in there.values()]
    assert strip == [{key: value for key, value in back[pair].items() if key != "node"} for pair in there]
    assert {pair: edge["coverage"] for pair, edge in there.items()} == pytest.approx(built.shares, rel=1e-3)
    assert {pair for pair, edge in there.items() if edge["isPrimary"]} == built.shares.keys() - {("H1", "P1")}
    for (building, parcel), edge in there.items():
        shared = built.shapes[building].intersection(LOTS[parcel])
        length = 0 if shared.area else Geod(ellps="WGS84").geometry_length(shared)
        assert edge["overlapLengthM"] == pytest.approx(length, rel=1e-3)
        assert lines or (edge["overlapAreaSqm"] > 0) == (shared.area > 0)
    most = {(r["buildingId"], e["node"]["parcelId"]) for r in found["most"]["nodes"] for e in r["parcels"]["edges"]}
    assert most == {pair for pair, share in built.shares.items() if share > 0.5}
    assert {(n["buildingId"], r["parcelId"]) for r in found["of"]["nodes"] for n in r["buildings"]["nodes"]} == most
    assert sum(row["parcels"]["totalCount"] for row in found["most"]["nodes"]) == len(most)


async def test_lengths_and_areas_of_edges_are_added(built):
    numbers = ["coverage", "overlapLengthM"] + ([] if built.addition.layer.dimensions == {1} else ["overlapAreaSqm"])
    of_edges = f"""totalCount edges {{ {" ".join(numbers)} }} edgeAggregate {{ count
        sum {{ {" ".join(numbers)} }} min {{ {" ".join(numbers)} }} max {{ {" ".join(numbers)} }} }}"""
    found = await built.ask(
        f"""{{ buildings {{ nodes {{ parcels {{ {of_edges} }} }} }}
        parcels {{ nodes {{ buildings {{ {of_edges} }} }} }} }}"""
    )
    every = [row["parcels"] for row in found["buildings"]["nodes"]]
    every += [row["buildings"] for row in found["parcels"]["nodes"]]
    assert sum(each["totalCount"] for each in every) == 2 * len(built.shares)
    for each in every:
        told = each["edgeAggregate"]
        assert told["count"] == each["totalCount"]
        for number in numbers:
            values = [edge[number] for edge in each["edges"]]
            known = [value for value in values if value is not None]
            assert told["sum"][number] == (pytest.approx(math.fsum(known), rel=1e-9) if known else None)
            for function in (min, max):
                wanted = pytest.approx(function(known), rel=1e-9) if known else None
                assert told[function.__name__][number] == wanted


async def test_rows_are_filtered_and_ordered_by_their_length_and_found_by_distance(built):
    found = await built.ask(
        """{
          long: buildings(filters: {lengthM: {gt: 40}}, order: [{lengthM: DESC}]) { nodes { buildingId lengthM } }
          related: buildings(filters: {parcels: {some: {parcelId: {exact: "P1"}}}}) { nodes { buildingId } }
          bare: parcels(filters: {buildings: {none: {}}}) { nodes { parcelId } }
          near: buildings(order: [{distanceTo: {wkt: "POINT(0.0027 42.0004)"}}], first: 2) {
            edges { distance node { buildingId } } }
          within: buildings(filters: {geometry: {dwithin: {geometry: {wkt: "POINT(0.0044 42.0004)"}, distance: 20}}}) {
            nodes { buildingId geometry bbox centroid pointOnSurface buffer(meters: 5) } }
          simple: buildings { extent featureCollection(simplify: 1, properties: [LENGTH_M]) }
        }"""
    )
    longest = {key: Geod(ellps="WGS84").geometry_length(shape) for key, shape in built.shapes.items()}
    lines = {key: longest[key] for key in built.shapes if built.addition.layer.dimensions == {1} or key == "H0"}
    expected = sorted((key for key in lines if lines[key] > 40), key=lambda key: -lines[key])
    assert [row["buildingId"] for row in found["long"]["nodes"]] == expected or expected == ["H0"]
    for row in found["long"]["nodes"]:
        assert row["lengthM"] == pytest.approx(longest[row["buildingId"]], rel=1e-9)
    assert found["related"]["nodes"] == [{"buildingId": "H1"}]
    assert found["bare"]["nodes"] == [{"parcelId": "P3"}]
    assert [edge["node"]["buildingId"] for edge in found["near"]["edges"]] == ["H1", "H2"]
    assert found["near"]["edges"][0]["distance"] == 0
    (there,) = found["within"]["nodes"]
    shape = shapely.geometry.shape(there["geometry"])
    assert shapely.hausdorff_distance(shape, built.shapes["H2"]) < 1e-7
    assert shapely.geometry.shape(there["buffer"]).contains(shape)
    features = found["simple"]["featureCollection"]["features"]
    assert [feature["geometry"]["type"] for feature in features] == (
        ["MultiLineString"] * 3
        if built.addition.layer.dimensions == {1}
        else ["LineString", "Polygon", "Point", "MultiLineString"]
    )


async def test_tiles_and_exports_have_every_row(built, tmp_path):
    async with opened(built.app()) as door:
        (place,) = columns(0.0021, 42.0005, 0.0021, 42.0005, 12)
        assert len((await Map(door).tile("buildings", place))["buildings"].ids) == len(built.shapes)
        assert (await door.request("GET", "/styles/buildings.json")).status == 200
        for name in FORMATS:
            query = quote("properties=buildingId,lengthM", safe="=&")
            answer = await door.request("GET", f"/export/buildings.{name}?{query}")
            assert answer.status == 200, answer.body
            _, table = read(tmp_path / f"buildings.{name}", answer.body)
            assert sorted(table["buildingId"].to_pylist()) == sorted(built.shapes)
            lengths = dict(zip(table["buildingId"].to_pylist(), map(float, table["lengthM"].to_pylist()), strict=True))
            assert lengths["H0"] == pytest.approx(Geod(ellps="WGS84").geometry_length(LINES["H0"]), rel=1e-9)
            assert name == "csv" or len(table.column("wkb_geometry")) == len(built.shapes)


async def test_the_table_is_what_the_model_and_the_checks_ask_for(built):
    async with built.database.engine.begin() as connection:
        await migrations.run(connection, command.check)
    async with built.database.autocommit.connect() as connection:
        await connection.exec_driver_sql("VACUUM ANALYZE buildings")
    messages = await Run(built.settings, built.addition.layers, DATABASE_TAGS, Bounds()).stored(built.database)
    about = {message.rule.id for message in messages if message.about.startswith("buildings")}
    assert about <= {"gateway.I601", "gateway.I602"}


async def test_rows_are_written_and_a_collection_is_refused_where_a_row_holds_one_geometry(built):
    document = """mutation ($at: GeometryInput!) { createBuilding(input: {buildingId: "N", geometry: $at}) {
      outcome building { lengthM geometry } } }"""
    async with opened(built.app(auth=AuthSettings(anonymous=("read", "write")))) as door:

        async def create(wkt):
            return (await door.post(document, {"at": {"wkt": wkt}})).json

        refused = await create("GEOMETRYCOLLECTION (POINT (0 42), LINESTRING (0 42, 0.001 42))")
        assert refused["errors"][0]["extensions"]["code"] == "GEOMETRY_TYPE"
        made = await create("LINESTRING (0 42, 0.001 42)")
        assert "errors" not in made, made
        assert "LineString" in json.dumps(made)
