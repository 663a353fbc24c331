"""A table of flood zones that someone else's SQL made is served: inspectdb, one line, and migrate."""

import json
import re

import pytest
import shapely
from sqlalchemy import make_url

from gateway.asgi import create_app
from gateway.checks.registry import DATABASE_TAGS
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.execution.statistics import Counting
from gateway.ingest import IngestOptions, ingest
from gateway.layers import PARCELS
from gateway.management.commands import migrate
from tests.fixtures import flood_zones
from tests.fixtures.door import opened
from tests.fixtures.exported import FORMATS
from tests.fixtures.flood_zones import KEYS, LOTS, ZONES


@pytest.fixture
async def zones(execute, inspected, database, empty_database, tmp_path):
    """The layers with the flood zones, which `migrate` has made its indexes for, and five parcels."""
    for statement in (flood_zones.TABLE, *flood_zones.rows()):
        await execute(statement)
    features = [
        {"type": "Feature", "properties": {"key": key}, "geometry": shapely.geometry.mapping(lot)}
        for key, lot in LOTS.items()
    ]
    (tmp_path / "lots.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    await ingest(empty_database, PARCELS, tmp_path / "lots.json", IngestOptions(mapping={"parcel_id": "key"}))
    with flood_zones.declared(await inspected("Flood Zones", schema="fema", related=["parcels"])) as layers:
        yield layers


@pytest.fixture
async def indexed(zones, database, served):
    made = [each async for each in migrate.add_indexes(database, served, zones)]
    assert [failure for _, failure in made] == ["", "", ""]
    return zones


@pytest.fixture
async def door(indexed, served):
    async with opened(create_app(served, layers=indexed)) as found:
        yield found


@pytest.fixture
async def ask(indexed, served):
    """`await ask(document, name=value)`: the data, which must be the same with planner and with resolvers."""
    plain = served.model_copy(update={"planner": "off"})
    apps = [create_app(each, layers=indexed) for each in (served, plain)]
    async with opened(apps[0]) as planning, opened(apps[1]) as resolving:

        async def run(query, **variables):
            answers = [(await each.post(query, variables)).json for each in (planning, resolving)]
            assert "errors" not in answers[0], answers[0]["errors"]
            assert answers[0]["data"] == answers[1]["data"]
            return answers[0]["data"]

        yield run


async def test_the_connection_has_every_zone_with_its_values(ask):
    data = await ask("""{ floodZones(order: [{order: ASC}]) { totalCount nodes {
        zoneUuid floodZone order sourceClass sourceArea effDate geometry areaSqm bbox } } }""")
    nodes = data["floodZones"]["nodes"]
    assert data["floodZones"]["totalCount"] == 3
    assert [node["zoneUuid"] for node in nodes] == list(KEYS.values())
    assert [node["floodZone"] for node in nodes] == list(ZONES)
    assert (nodes[0]["sourceClass"], nodes[0]["sourceArea"], nodes[0]["effDate"]) == ("c", "1.5", "2010-06-04")
    for node, zone in zip(nodes, ZONES.values(), strict=True):
        shape = shapely.geometry.shape(node["geometry"])
        assert shape.geom_type == "MultiPolygon"
        assert not shape.has_z
        assert shape.hausdorff_distance(zone) < 1e-6
        assert all(part.exterior.is_ccw for part in shape.geoms)
        assert node["bbox"] == pytest.approx(zone.bounds, abs=1e-6)


async def test_zones_are_found_by_key_by_id_and_by_filters(ask):
    key = KEYS["AE"]
    data = await ask("query ($key: UUID) { floodZone(zoneUuid: $key) { id featureId floodZone } }", key=key)
    assert data["floodZone"]["floodZone"] == "AE"
    row = data["floodZone"]
    data = await ask("query ($id: ID!) { node(id: $id) { ... on FloodZone { zoneUuid } } }", id=row["id"])
    assert data["node"]["zoneUuid"] == key
    data = await ask("query ($id: BigInt) { floodZone(featureId: $id) { zoneUuid } }", id=row["featureId"])
    assert data["floodZone"]["zoneUuid"] == key
    for filters in (
        {"zoneUuid": {"exact": key}},
        {"floodZone": {"startsWith": "A"}},
        {"geometry": {"intersects": {"wkt": "POINT(-71.0995 42.3605)"}}},
        {"geometry": {"dwithin": {"geometry": {"wkt": "POINT(-71.1001 42.3605)"}, "distance": 20}}},
    ):
        data = await ask(
            "query ($filters: FloodZoneFilter) { floodZones(filters: $filters) { nodes { zoneUuid } } }",
            filters=filters,
        )
        assert [node["zoneUuid"] for node in data["floodZones"]["nodes"]] == [key], filters


async def test_zones_and_parcels_are_related_both_ways(ask):
    data = await ask("""{ floodZones(order: [{order: ASC}]) { nodes { floodZone
        parcels { edges { coverage node { parcelId } } } } }
      parcels(order: [{parcelId: ASC}], filters: {floodZones: {some: {floodZone: {exact: "AE"}}}}) {
        nodes { parcelId floodZones { edges { overlapAreaSqm node { floodZone } } } } } }""")
    found = {
        node["floodZone"]: {
            edge["node"]["parcelId"]: pytest.approx(edge["coverage"], abs=1e-4) for edge in node["parcels"]["edges"]
        }
        for node in data["floodZones"]["nodes"]
    }
    assert found == {"AE": {"P0": 1.0, "P1": 0.5}, "X": {"P3": 0.36}, "V": {}}
    assert [node["parcelId"] for node in data["parcels"]["nodes"]] == ["P0", "P1"]


async def test_pages_follow_each_other_by_cursors(ask):
    seen, after = [], None
    while True:
        data = await ask(
            """query ($after: String) { floodZones(first: 1, after: $after) {
                nodes { zoneUuid } pageInfo { endCursor hasNextPage } } }""",
            after=after,
        )
        seen += [node["zoneUuid"] for node in data["floodZones"]["nodes"]]
        after = data["floodZones"]["pageInfo"]["endCursor"]
        if not data["floodZones"]["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == list(KEYS.values())


async def test_zones_are_in_tiles_and_in_exports(door):
    tile = await door.request("GET", "/tiles/flood_zones/14/4955/6060.mvt")
    assert tile.status == 200
    for ending in FORMATS:
        answer = await door.request("GET", f"/export/flood_zones.{ending}")
        assert answer.status == 200, answer.body
        assert answer.body


async def test_nothing_can_be_written(door):
    answer = await door.post('mutation { deleteFloodZone(input: {id: "x"}) { __typename } }', {})
    assert answer.code == "GRAPHQL_VALIDATION_FAILED"


async def test_check_asks_for_the_indexes_until_they_are_there(zones, database, served):
    run = Run(served, zones, DATABASE_TAGS)
    before = [message for message in await run.stored(database) if message.rule.id == "gateway.W404"]
    assert len(before) == 3
    made = [each async for each in migrate.add_indexes(database, served, zones)]
    assert len(made) == 3
    about = [message for message in await run.stored(database) if "Flood Zones" in message.about]
    assert [message.rule.id for message in about] == []
    assert [each async for each in migrate.add_indexes(database, served, zones)] == []


async def test_costs_are_estimated_from_what_analyze_saw(indexed, database):
    found = (await Counting(indexed, database).read()).table("flood_zones")
    assert found.rows == 3
    assert {"gist geom", "gist geography", "btree id", "btree zone_uuid"} <= found.indexes
    assert found.grid is not None
    assert found.grid.west == pytest.approx(-71.2, abs=0.02)
    assert found.vertices == 5


async def test_a_read_only_database_is_served_without_indexes(zones, execute, empty_database, served):
    name = make_url(empty_database).database
    await execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    reading = Database(served.database, empty_database, timeout_ms=0)
    made = [each async for each in migrate.add_indexes(reading, served, zones)]
    await reading.dispose()
    assert [failure for _, failure in made] == ["cannot execute DROP INDEX in a read-only transaction"] * 3
    async with opened(create_app(served, layers=zones)) as door:
        point = '{geometry: {intersects: {wkt: "POINT(-71.0995 42.3605)"}}}'
        answer = await door.post(f"{{ floodZones(filters: {point}) {{ nodes {{ floodZone }} }} }}", {})
    assert answer.json["data"]["floodZones"]["nodes"] == [{"floodZone": "AE"}]


async def test_searched_columns_get_their_indexes_and_are_found_by(execute, inspected, database, served):
    for statement in (flood_zones.TABLE, *flood_zones.rows()):
        await execute(statement)
    written = await inspected("Flood Zones", schema="fema")
    declaration = re.sub(r"(__layer__ = Meta\()", r'\1searchable=("flood_zone", "order"), ', written)
    with flood_zones.declared(declaration) as layers:
        run = Run(served, layers, DATABASE_TAGS)
        asked = [each for each in await run.stored(database) if each.rule.id == "gateway.W404"]
        searches = [each for each in asked if "_search_" in each.about]
        assert len(searches) == 2
        for message in searches:
            for statement in message.hint.partition(": ")[2].split("; "):
                await execute(statement)
        assert {each.about for each in await run.stored(database) if each.rule.id == "gateway.W404"} == {
            each.about for each in asked if each not in searches
        }
        assert "search" in (await Counting(layers, database).read()).table("flood_zones").indexes
        async with opened(create_app(served, layers=layers)) as door:
            near = 'near: {wkt: "POINT(-71.0995 42.3605)"}'
            for more in ("", near):
                found = f'{{ search(text: "ae", {more}) {{ node {{ ... on FloodZone {{ floodZone }} }} }} }}'
                answer = await door.post(found, {})
                assert answer.json["data"]["search"] == [{"node": {"floodZone": "AE"}}]
