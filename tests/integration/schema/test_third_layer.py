"""A layer that the gateway did not ship has all that its own have: the page on adding one, run as it stands."""

import json
from urllib.parse import quote

import pytest
import shapely
from alembic import command
from graphql import build_schema as build_sdl
from shapely.geometry import mapping

from gateway.asgi import create_app
from gateway.checks.inspection import Bounds
from gateway.checks.registry import DATABASE_TAGS
from gateway.checks.running import Run
from gateway.db import migrations
from gateway.db.sessions import Database, RequestSession
from gateway.ingest import IngestOptions, ingest
from gateway.layers import PARCELS
from gateway.models import Base
from gateway.settings import AuthSettings, DatabaseSettings
from gateway.telemetry import request_id
from schema import build_schema
from tests.fixtures.buildings import FILES, added
from tests.fixtures.buildings.served import of_points
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import on, opened
from tests.fixtures.exported import FORMATS, read
from tests.fixtures.mapping import Map, columns

PAGE = ROOT / "docs" / "howto" / "add-a-layer.md"
STEP = 0.001
# Lots side by side along a parallel. P0 and P1 have a house each, one stands on both P2 and P3, P4 is bare.
LOTS = {f"P{n}": shapely.box(n * STEP, 42, (n + 1) * STEP, 42 + STEP) for n in range(5)}
HOUSES = {
    "H0": shapely.box(0.2 * STEP, 42.0002, 0.6 * STEP, 42.0006),
    "H1": shapely.box(1.2 * STEP, 42.0002, 1.6 * STEP, 42.0006),
    "H2": shapely.box(2.7 * STEP, 42.0002, 3.1 * STEP, 42.0006),
}
DOORS = {name: house.centroid for name, house in HOUSES.items()}


def write(path, shapes):
    features = [
        {
            "type": "Feature",
            "properties": {"key": key, "floors": 1 + number, "roof": "flat"},
            "geometry": mapping(shape),
        }
        for number, (key, shape) in enumerate(shapes.items())
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture(scope="module", params=["polygons", "points"])
def filled(request, cluster, migrated, tmp_path_factory):
    """The layer, and the name of a database in which it was migrated and ingested into."""
    points = request.param == "points"
    folder = tmp_path_factory.mktemp("files")
    with added(of_points if points else lambda text: text) as addition:

        async def fill(url):
            database = Database(DatabaseSettings(), url, timeout_ms=0)
            await addition.migrate(database.engine)
            await database.dispose()
            lots, houses = write(folder / "l.json", LOTS), write(folder / "h.json", DOORS if points else HOUSES)
            mapping = {"building_id": "key", "floors": "floors"}
            lots = await ingest(url, PARCELS, lots, IngestOptions(mapping={"parcel_id": "key"}))
            houses = await ingest(url, addition.layer, houses, IngestOptions(mapping=mapping))
            assert (lots.counts.inserted, houses.counts.inserted) == (5, 3)

        with cluster.filled(migrated, fill) as name:
            yield addition, name


@pytest.fixture
async def built(filled, cluster, settings):
    """The layer, and a database of this test with its rows."""
    addition, name = filled
    with cluster.copy(name) as url:
        kept = on(settings, url)
        database = Database(kept.database, url, timeout_ms=0)
        yield addition, database, kept
        await database.dispose()


@pytest.fixture
async def ask(built):
    """`await ask(document, name=value)`: the data, which must be the same with planner and with resolvers."""
    addition, _, settings = built
    plain = settings.model_copy(update={"planner": "off"})
    apps = [create_app(each, layers=addition.layers) for each in (settings, plain)]
    async with opened(apps[0]) as planning, opened(apps[1]) as resolving:

        async def run(query, **variables):
            answers = [(await door.post(query, variables)).json for door in (planning, resolving)]
            assert "errors" not in answers[0], answers[0]["errors"]
            for answer in answers:
                del answer["extensions"]["cost"]  # of a time, and of statistics that each counts for itself
            assert answers[0] == answers[1]
            return answers[0]["data"]

        yield run


@pytest.fixture
def sent(monkeypatch):
    """Counts the statements of all requests, not those of the gateway's own tasks."""
    use, counted = RequestSession._once, []

    async def count(self, work):
        if request_id() is not None:
            counted.append(work)
        return await use(self, work)

    monkeypatch.setattr(RequestSession, "_once", count)
    return counted


def is_points(built):
    return built[0].layer.fields["geometry"].geometry_type == "POINT"


def test_the_page_on_adding_a_layer_shows_the_code_that_these_tests_run():
    page = PAGE.read_text()
    shown = {name: file.read_text() for name, file in FILES.items()}
    assert [name for name, text in shown.items() if text.strip() not in page] == []


async def test_no_further_migration_is_asked_for(built):
    _, database, _ = built
    async with database.engine.begin() as connection:
        await migrations.run(connection, command.check)
    assert "buildings" in Base.metadata.tables


async def test_the_schema_has_the_layer_with_descriptions(built):
    addition, _, _ = built
    schema = build_sdl(build_schema(addition.layers).as_str())
    building = schema.type_map["Building"]
    assert building.description == "A building."
    assert building.fields["floors"].description == "Number of floors above ground."
    assert {"building", "buildings"} <= schema.query_type.fields.keys()
    assert ("coverage" in schema.type_map["BuildingParcelsEdge"].fields) != is_points(built)
    assert ("edgeAggregate" in schema.type_map["BuildingParcelsConnection"].fields) != is_points(built)
    assert {"buildings", "zoningDistricts"} <= schema.type_map["ParcelFilter"].fields.keys()
    assert str(building.fields["geometry"].type) == ("Point!" if is_points(built) else "MultiPolygon!")


async def test_one_building_is_found_by_each_of_its_keys(ask):
    by_key = (await ask('{ building(buildingId: "H1") { id featureId floors attributes version } }'))["building"]
    assert (by_key["floors"], by_key["attributes"]) == (2, {"roof": "flat"})
    query = """query ($id: ID!, $number: BigInt!) {
      a: building(id: $id) { buildingId } b: building(featureId: $number) { buildingId }
      node(id: $id) { __typename id ... on Building { buildingId } }
      nodes(ids: [$id, "UGFyY2VsOjE="]) { __typename }
    }"""
    found = await ask(query, id=by_key["id"], number=by_key["featureId"])
    assert found["a"] == found["b"] == {"buildingId": "H1"}
    assert found["node"] == {"__typename": "Building", "id": by_key["id"], "buildingId": "H1"}
    assert [node["__typename"] for node in found["nodes"]] == ["Building", "Parcel"]


async def test_buildings_are_loaded_over_http(built, tmp_path):
    addition, _, settings = built
    open_to_all = settings.model_copy(update={"auth": AuthSettings(anonymous=("read", "bulk"))})
    shape = (DOORS if is_points(built) else HOUSES)["H1"]
    body = write(tmp_path / "more.json", {"H9": shape}).read_bytes()
    headers = {"content-type": "application/geo+json", "prefer": "wait=50"}
    async with opened(create_app(open_to_all, layers=addition.layers)) as door:
        path = "/bulk/buildings?map=buildingId=key&chunk=2"
        job = (await door.request("POST", path, headers=headers, body=body)).json
        assert (job["state"], job["counts"]["inserted"]) == ("complete", 1), job
        found = (await door.post('{ building(buildingId: "H9") { floors attributes } }')).json["data"]["building"]
    assert found == {"floors": 1, "attributes": {"roof": "flat"}}


async def test_buildings_are_filtered_ordered_and_paged(ask):
    query = """query ($f: BuildingFilter, $o: [BuildingOrder!]) {
      buildings(filters: $f, order: $o) { nodes { buildingId } }
    }"""

    async def keys(filters=None, *order):
        return [node["buildingId"] for node in (await ask(query, f=filters, o=list(order)))["buildings"]["nodes"]]

    assert await keys({"floors": {"gte": 2}}) == ["H1", "H2"]
    assert await keys({"not": {"buildingId": {"startsWith": "H1"}}}, {"floors": "DESC"}) == ["H2", "H0"]
    assert await keys({"geometry": {"intersects": {"bbox": [0, 42, 2 * STEP, 43]}}}) == ["H0", "H1"]
    assert await keys({"geometry": {"dwithin": {"geometry": {"wkt": "POINT(0 42.0004)"}, "distance": 40}}}) == ["H0"]
    assert await keys(None, {"distanceTo": {"wkt": f"POINT({5 * STEP} 42)"}}) == ["H2", "H1", "H0"]
    assert await keys({"attributes": {"contains": {"roof": "flat"}}}, {"centroid": "DESC"}, {"buildingId": "ASC"})
    first = await ask("{ buildings(first: 2) { totalCount pageInfo { hasNextPage endCursor } } }")
    assert (first["buildings"]["totalCount"], first["buildings"]["pageInfo"]["hasNextPage"]) == (3, True)
    after = "query ($c: String) { buildings(first: 2, after: $c) { nodes { buildingId } } }"
    rest = await ask(after, c=first["buildings"]["pageInfo"]["endCursor"])
    assert rest["buildings"]["nodes"] == [{"buildingId": "H2"}]


async def test_buildings_and_parcels_are_related_both_ways(ask, built):
    edge = "" if is_points(built) else "coverage isPrimary overlapAreaSqm"
    query = f"""{{
      buildings {{ nodes {{ buildingId parcels {{ edges {{ {edge} node {{ parcelId }} }} }} }} }}
      parcels {{ nodes {{ parcelId buildings {{ totalCount edges {{ {edge} node {{ buildingId }} }} }} }} }}
      bare: parcels(filters: {{buildings: {{none: {{}}}}}}) {{ nodes {{ parcelId }} }}
      built: parcels(filters: {{buildings: {{some: {{floors: {{exact: 3}}}}}}}}) {{ nodes {{ parcelId }} }}
      on: buildings(filters: {{parcels: {{some: {{parcelId: {{exact: "P0"}}}}}}}}) {{ nodes {{ buildingId }} }}
    }}"""
    found = await ask(query)
    stands = {
        house["buildingId"]: {edge["node"]["parcelId"]: edge for edge in house["parcels"]["edges"]}
        for house in found["buildings"]["nodes"]
    }
    # The third house has three quarters on P2; as a point it is there alone.
    assert list(stands["H2"]) == (["P2"] if is_points(built) else ["P2", "P3"])
    assert list(stands["H0"]) == ["P0"]
    if not is_points(built):
        shares = {key: edge["coverage"] for key, edge in stands["H2"].items()}
        assert shares == pytest.approx({"P2": 0.75, "P3": 0.25}, rel=1e-6)
        assert stands["H2"]["P2"]["isPrimary"]
        assert stands["H0"]["P0"]["coverage"] == 1
    counts = [parcel["buildings"]["totalCount"] for parcel in found["parcels"]["nodes"]]
    assert counts == ([1, 1, 1, 0, 0] if is_points(built) else [1, 1, 1, 1, 0])
    assert [node["parcelId"] for node in found["bare"]["nodes"]] == (["P3", "P4"] if is_points(built) else ["P4"])
    assert [node["parcelId"] for node in found["built"]["nodes"]] == (["P2"] if is_points(built) else ["P2", "P3"])
    assert found["on"]["nodes"] == [{"buildingId": "H0"}]


async def test_what_edges_of_buildings_carry_is_added_in_both_directions(ask, built):
    if is_points(built):
        return  # its edges carry no number, and it has no such field
    of_edges = "edgeAggregate { count sum { coverage overlapAreaSqm } max { coverage } }"
    of_edges += " edges { coverage overlapAreaSqm }"
    found = await ask(
        f"""{{ buildings {{ nodes {{ parcels {{ {of_edges} }} }} }}
        parcels {{ nodes {{ buildings {{ {of_edges} }} }} }} }}"""
    )
    every = [row["parcels"] for row in found["buildings"]["nodes"]]
    every += [row["buildings"] for row in found["parcels"]["nodes"]]
    assert [each["edgeAggregate"]["count"] for each in every] == [1, 1, 2, 1, 1, 1, 1, 0]
    assert every[2]["edgeAggregate"]["max"]["coverage"] == pytest.approx(0.75, rel=1e-6)
    for each in every:
        for number in ("coverage", "overlapAreaSqm"):
            values = [edge[number] for edge in each["edges"]]
            wanted = pytest.approx(sum(values), rel=1e-9) if values else None
            assert each["edgeAggregate"]["sum"][number] == wanted


ZONES = {
    "WEST": shapely.box(0, 42, 1.3 * STEP, 42 + STEP),  # all of H0, and a quarter of H1
    "ALL": shapely.box(0, 42, 5 * STEP, 42 + STEP),
}


async def zone(database):
    """Add the districts."""
    async with database.engine.begin() as connection:
        for code, shape in ZONES.items():
            await connection.exec_driver_sql(
                "INSERT INTO zoning_districts (code, zone_code, geom)"
                f" VALUES ('{code}', '{code}', ST_Multi(ST_GeomFromText('{shape.wkt}', 4326)))"
            )


async def test_buildings_are_grouped_by_a_layer_that_no_model_relates_them_to(ask, built):
    _, database, _ = built
    before = await ask("{ buildings { groupBy(keys: [{zoningDistricts: WITHIN}]) { groups { weight } } } }")
    assert before["buildings"]["groupBy"]["groups"] == [{"weight": 3}]  # of those that lie in none
    await zone(database)
    query = """query ($share: GroupShare!, $at: DateTime) { buildings(asOf: $at) {
      groupBy(keys: [{zoningDistricts: $share}], having: {sum: {floors: {gte: 1}}}) {
        groups { key { zoningDistricts { zoneCode } } weight aggregate { count } }
      } } }"""

    async def groups(share, at=None):
        found = (await ask(query, share=share, at=at))["buildings"]["groupBy"]["groups"]
        return {(each["key"]["zoningDistricts"] or {}).get("zoneCode"): each["weight"] for each in found}

    assert await groups("WITHIN") == {"ALL": 3, "WEST": 1}
    assert await groups("PRIMARY") == {"ALL": 2, "WEST": 1}  # of equals the one that was there first
    shares = await groups("OVERLAP")
    assert shares == pytest.approx({"ALL": 3, "WEST": 1 if is_points(built) else 1.25}, rel=1e-3)
    async with database.engine.begin() as connection:
        moment = (await connection.exec_driver_sql("SELECT clock_timestamp()::text")).scalar().replace(" ", "T")
        await connection.exec_driver_sql("DELETE FROM zoning_districts WHERE zone_code = 'WEST'")
    assert await groups("WITHIN") == {"ALL": 3}
    assert await groups("WITHIN", moment) == {"ALL": 3, "WEST": 1}


async def test_buildings_of_a_parcel_are_grouped_by_such_a_layer(ask, built):
    await zone(built[1])
    found = await ask("""{ parcels { nodes { parcelId buildings {
      groupBy(keys: [{zoningDistricts: WITHIN}], order: [{key: ASC}]) {
        groups { key { zoningDistricts { zoneCode } } aggregate { count } }
      } } } } }""")
    told = {
        each["parcelId"]: [
            group["key"]["zoningDistricts"]["zoneCode"] for group in each["buildings"]["groupBy"]["groups"]
        ]
        for each in found["parcels"]["nodes"]
    }
    assert (told["P0"], told["P1"], told["P2"], told["P4"]) == (["WEST", "ALL"], ["ALL"], ["ALL"], [])


async def test_buildings_come_as_geojson_with_all_that_is_computed_of_them(ask, built):
    fields = "geometry bbox centroid pointOnSurface buffer(meters: 5) feature(properties: [FLOORS])"
    fields += "" if is_points(built) else " areaSqm perimeterM"
    query = f"""{{ buildings {{
      extent featureCollection(properties: [BUILDING_ID, FLOORS], precision: 6, simplify: 0.1)
      nodes {{ buildingId {fields} projectedGeometry(crs: "EPSG:3857") {{ geometry }} }}
    }} }}"""
    found = (await ask(query))["buildings"]
    collection = found["featureCollection"]
    assert [feature["properties"]["buildingId"] for feature in collection["features"]] == list(HOUSES)
    shapes = DOORS if is_points(built) else HOUSES
    assert found["extent"] == collection["bbox"] == pytest.approx(shapely.total_bounds(list(shapes.values())), abs=1e-7)
    for node in found["nodes"]:
        shape = shapely.geometry.shape(node["geometry"])
        assert shapely.hausdorff_distance(shape, shapes[node["buildingId"]]) < 1e-7
        assert is_points(built) or node["areaSqm"] > 0
        assert node["feature"]["properties"] == {"floors": int(node["buildingId"][1]) + 1}
        assert shapely.geometry.shape(node["buffer"]).contains(shape)
        assert node["projectedGeometry"]["geometry"]["type"] == shape.geom_type


async def test_buildings_are_exported_in_every_format(built, tmp_path):
    addition, _, settings = built
    async with opened(create_app(settings, layers=addition.layers)) as door:
        for name in FORMATS:
            query = quote('filters={"floors":{"gte":2}}&properties=buildingId,floors', safe="=&")
            answer = await door.request("GET", f"/export/buildings.{name}?{query}")
            meta, table = read(tmp_path / f"buildings.{name}", answer.body)
            assert table["buildingId"].to_pylist() == ["H1", "H2"]
            assert name in {"csv", "arrow"} or meta["geometry_type"] == (
                "Point" if is_points(built) else "MultiPolygon"
            )


@pytest.mark.parametrize("caps", [{}, {"features": 1}])
async def test_buildings_are_in_tiles_whole_and_by_their_size(built, caps):
    addition, _, settings = built
    tiles = settings.tiles.model_copy(update=caps)
    settings = settings.model_copy(update={"tiles": tiles})
    async with opened(create_app(settings, layers=addition.layers)) as door:
        found = Map(door)
        (place,) = columns(0.0021, 42.0005, 0.0021, 42.0005, 12)
        shown = (await found.tile("buildings", place))["buildings"]
        assert len(shown.ids) == (1 if caps else 3)
        assert ("dropped" in await found.tile("buildings", place)) == bool(caps)


async def test_the_number_of_statements_does_not_grow_with_the_rows(ask, sent, built):
    edge = "" if is_points(built) else "coverage"
    query = f"""query ($n: Int!) {{ parcels(first: $n) {{ nodes {{ geometry buildings {{ edges {{
      {edge} node {{ geometry parcels {{ nodes {{ parcelId }} }} }} }} }} }} }} }}"""
    counts = []
    for rows in (1, 5):
        sent.clear()
        await ask(query, n=rows)
        counts.append(len(sent))
    # Resolvers: three pages, two geometries, one value of edges. The planner: one a level.
    assert counts == [(5 if is_points(built) else 6) + 3] * 2


async def test_the_past_of_buildings_is_read_with_as_many_statements_for_each_number_of_them(ask, sent, built):
    _, database, _ = built
    async with database.engine.begin() as connection:
        moment = (await connection.exec_driver_sql("SELECT clock_timestamp()::text")).scalar().replace(" ", "T")
        await connection.exec_driver_sql("UPDATE buildings SET floors = floors + 10 WHERE building_id <> 'H2'")
    one = 'query ($at: DateTime) { building(buildingId: "H0", asOf: $at) { floors version } }'
    assert (await ask(one, at=moment))["building"] == {"floors": 1, "version": 1}
    assert (await ask(one))["building"] == {"floors": 11, "version": 2}
    tall = "query ($at: DateTime) { buildings(asOf: $at, filters: {floors: {gt: 10}}) { nodes { buildingId } } }"
    assert (await ask(tall, at=moment))["buildings"]["nodes"] == []
    assert [node["buildingId"] for node in (await ask(tall))["buildings"]["nodes"]] == ["H0", "H1"]
    query = """query ($n: Int!) { buildings(first: $n) { nodes { buildingId history { nodes {
      operation version before { floors geometry } } } } } }"""
    counts = []
    for rows in (1, 3):
        sent.clear()
        found = (await ask(query, n=rows))["buildings"]["nodes"]
        counts.append(len(sent))
    assert counts[0] == counts[1]
    told = {node["buildingId"]: [each["operation"] for each in node["history"]["nodes"]] for node in found}
    assert told == {"H0": ["UPDATE", "CREATE"], "H1": ["UPDATE", "CREATE"], "H2": ["CREATE"]}
    assert found[0]["history"]["nodes"][0]["before"]["floors"] == 1


async def test_the_database_checks_know_the_layer(built):
    addition, database, settings = built

    async def told():
        """Ids of errors, warnings and, under I, of what was measured of the layer."""
        messages = await Run(settings, addition.layers, DATABASE_TAGS, Bounds()).stored(database)
        return {message.rule.id for message in messages if message.about.startswith("buildings")}

    async with database.autocommit.connect() as connection:
        await connection.exec_driver_sql("VACUUM ANALYZE buildings")
    assert await told() == {"gateway.I601"}
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP INDEX ix_buildings_geom")
    assert "gateway.E401" in await told()
