"""Members of `attributes` that are private are withheld wherever a row leaves, and nothing tells what they hold.

The routes and the fields of the schema are walked, so that a new one has to be looked at here first.
"""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.identity import named
from gateway.query.lookups import LOOKUPS, Kind
from tests.fixtures.door import on
from tests.fixtures.exported import FORMATS
from tests.fixtures.waiting import LONG
from tests.integration.identity.conftest import SQUARE, ask

ID = "UGFyY2VsOjE="
SECRET = "Secret of Ann"
ATTRIBUTES = {
    "OWNERNAME1": SECRET,
    "zone": "R1",
    "roll": {"Tax Payer": SECRET, "year": 2020, "deep": [{"e_mail": SECRET, "kept": [1, {}]}]},
    "ZZ*.Top": SECRET,  # no pattern: ingest was told
    "empty": [],
}
SEEN = {"zone": "R1", "roll": {"year": 2020, "deep": [{"kept": [1, {}]}]}, "empty": []}


BESIDE = "ST_ForcePolygonCCW(ST_Multi(ST_MakeEnvelope(-71.0, 42.3, -70.9, 42.4, 4326)))"
ROWS = [
    "INSERT INTO private_members (layer, name) VALUES ('parcels', 'zz*.top'), ('zoning_districts', 'zz*.top')",
    f"INSERT INTO parcels (parcel_id, geom) VALUES ('2', {BESIDE})",
    f"INSERT INTO zoning_districts (code, zone_code, geom) VALUES ('a', 'A', {SQUARE})",
    "UPDATE parcels SET attributes = CAST(CAST(:given AS text) AS jsonb)",
    "UPDATE zoning_districts SET attributes = CAST(CAST(:given AS text) AS jsonb)",
    "UPDATE parcels SET address = 'Elm 1'",
    "UPDATE zoning_districts SET name = 'Elms'",
]


@pytest.fixture
async def rows(credentials, empty_database, settings):
    """The credentials, and one parcel with private members, as it was once too."""
    database = Database(settings.database, empty_database)
    async with database.engine.begin() as connection:
        for statement in ROWS:
            await connection.execute(
                text(statement), {"given": json.dumps(ATTRIBUTES)} if ":given" in statement else {}
            )
    await database.dispose()
    return credentials


WITHHELD = [["Parcel.attributes"], ["ZoningDistrict.attributes"]]
FEATURES = "feature(properties: [ATTRIBUTES])"
COLLECTION = "featureCollection(properties: [ATTRIBUTES])"
GROUPS = """roll: groupBy(keys: [{attribute: "roll"}]) { groups { key { attribute } } }
    zone: groupBy(keys: [{attribute: "zone"}]) { groups { key { attribute } } }"""
DISTINCT = """roll: distinct(field: {attribute: "roll"}) { values { value } }
    zone: distinct(field: {attribute: "zone"}) { values { value } }"""
READS = {
    "DistinctValue.value": f"{{ parcels {{ {DISTINCT} }} }}",
    "Parcel.attributes": "{ parcels { nodes { attributes } } }",
    "Parcel.feature": f'{{ parcel(parcelId: "1") {{ {FEATURES} }} }}',
    "ParcelConnection.featureCollection": f"{{ parcels {{ {COLLECTION} }} }}",
    "ParcelState.attributes": '{ parcel(parcelId: "1") { history { nodes { before { attributes } } } } }',
    "ParcelKey.attribute": f"{{ parcels {{ {GROUPS} }} }}",
    "ZoningDistrictKey.attribute": f"{{ zoningDistricts {{ {GROUPS} }} }}",
    "ParcelNeighborsConnection.featureCollection": f"{{ parcels {{ nodes {{ neighbors {{ {COLLECTION} }} }} }} }}",
    "ParcelZoningDistrictsConnection.featureCollection": "{ parcels { nodes { zoningDistricts { "
    f"{COLLECTION} }} }} }} }}",
    "ZoningDistrict.attributes": "{ zoningDistricts { nodes { attributes } } }",
    "ZoningDistrict.feature": f"{{ zoningDistricts {{ nodes {{ {FEATURES} }} }} }}",
    "ZoningDistrictConnection.featureCollection": f"{{ zoningDistricts {{ {COLLECTION} }} }}",
    "ZoningDistrictParcelsConnection.featureCollection": "{ zoningDistricts { nodes { parcels { "
    f"{COLLECTION} }} }} }} }}",
    "ZoningDistrictState.attributes": "{ zoningDistricts { nodes { history { nodes { before { attributes } } } } } }",
}
UPSERT = 'parcelId: "1", landUse: "y", geometry: {bbox: [-71.1, 42.3, -71.0, 42.4]}'
MORE_READS = [
    "{ parcels { edges { node { a: attributes } } } }",
    f'{{ node(id: "{ID}") {{ ... on Parcel {{ attributes {FEATURES} }} }} }}',
    f'{{ nodes(ids: ["{ID}"]) {{ ... on Parcel {{ attributes }} }} }}',
    f'{{ parcelHistory(id: "{ID}") {{ nodes {{ before {{ attributes }} }} }} }}',
    '{ parcels(asOf: "NOW") { nodes { attributes } } }',
    f'mutation {{ updateParcel(change: {{id: "{ID}", patch: {{landUse: "x"}}}}) {{ parcel {{ attributes }} }} }}',
    f"mutation {{ upsertParcel(input: {{{UPSERT}}}) {{ parcel {{ attributes }} }} }}",
]


def more_reads():
    now = datetime.now(UTC).isoformat()
    return [document.replace("NOW", now) for document in MORE_READS]


HIDING = {"*owner*": "admin", "*tax*payer*": "admin", "*mail*": "admin", "ZZ*.Top": "admin"}


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_every_field_of_the_schema_leaves_private_members_out(guarded, rows, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    async with guarded() as door:
        schema = (
            await ask(door, f"{{ __schema {{ types {{ name fields {{ name type {{ ...t }} }} }} }} }} {_TYPE}")
        ).json
        made = {
            f"{of['name']}.{field['name']}"
            for of in schema["data"]["__schema"]["types"]
            for field in of["fields"] or ()
            if _named(field["type"]) in {"JSON", "Feature", "FeatureCollection"}
        }
        # The value of a column that is no JSON is none of `attributes`.
        assert made - {"ProjectedGeometry.geometry", "AnalysisPart.value"} == READS.keys()
        for document in [*READS.values(), *more_reads()[:5]]:
            answer = await ask(door, document)
            assert "errors" not in answer.json, (document, answer.body)
            assert SECRET not in answer.body.decode(), document
            assert '"R1"' in answer.body.decode(), document
            (reason,) = answer.json["extensions"]["withheld"]
            assert reason["field"] in {"Parcel.attributes", "ZoningDistrict.attributes"}
            assert (reason["code"], reason["scope"]) == ("PRIVATE_FIELD", "write")
            shown = await ask(door, document, rows["key:write"])
            assert SECRET in shown.body.decode(), document
            assert "withheld" not in shown.json["extensions"], document
        found = (await ask(door, READS["Parcel.attributes"])).json["data"]["parcels"]["nodes"]
        assert found == [{"attributes": SEEN}, {"attributes": SEEN}]


_TYPE = "fragment t on __Type { name ofType { name ofType { name ofType { name } } } }"


def _named(given):
    return given["name"] or _named(given["ofType"])


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_writing_shows_and_takes_no_private_member_and_loses_none(guarded, rows, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    async with guarded(private_members=HIDING) as door:
        for document in more_reads():
            assert SECRET not in (await ask(door, document, rows["key:read"])).body.decode(), document
        for document in more_reads()[5:]:
            answer = await ask(door, document, rows["token:write"])
            assert "errors" not in answer.json, answer.body
            assert '"OWNERNAME1"' not in answer.body.decode(), document
        guess = 'mutation { updateParcel(change: {id: "%s", patch: {attributes: %s}}) { outcome } }'
        refused = await ask(door, guess % (ID, '{a: [{Owner_2: "Ann"}]}'), rows["key:write"])
        assert (refused.code, "attributes.Owner_2 is private" in refused.body.decode()) == ("PRIVATE_FIELD", True)
        same = await ask(door, guess % (ID, _literal(SEEN)), rows["key:write"])
        assert same.json["data"]["updateParcel"] == {"outcome": "UNCHANGED"}
        assert "errors" not in (await ask(door, guess % (ID, '{zone: "R2", roll: {year: 1}}'), rows["key:write"])).json
        whole = (await ask(door, READS["Parcel.attributes"], rows["key:admin"])).json
    row = whole["data"]["parcels"]["nodes"][0]
    assert row["attributes"] == {
        "OWNERNAME1": SECRET,
        "ZZ*.Top": SECRET,
        "zone": "R2",
        "roll": {"Tax Payer": SECRET, "year": 1},
    }


def _literal(value):
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_literal(item)}' for name, item in value.items())}}}"
    return f"[{', '.join(map(_literal, value))}]" if isinstance(value, list) else json.dumps(value)


LOOKED_UP = {
    "hasKey": ["OWNERNAME1", "e_mail", "zz*.TOP"],
    **{name: [{"OWNERNAME1": SECRET}, {"a": 1, "E_MAIL": "x"}] for name in ("gt", "gte", "lt", "lte")},
    "contains": [{"OWNERNAME1": SECRET}, {"roll": {"Tax Payer": SECRET}}, {"a": [{"b": {"ownerless": 1}}]}],
}
PLACES = ["%s", '{"not": %s}', '{"or": [{"parcelId": {"exact": "1"}}, %s]}']


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_no_filter_takes_a_private_member(guarded, rows, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    assert LOOKED_UP.keys() == {lookup.name for lookup in LOOKUPS[Kind.JSON]}
    query = "query ($f: ParcelFilter) { parcels(filters: $f) { totalCount(mode: ESTIMATED) nodes { parcelId } } }"
    async with guarded(private_members=HIDING) as door:
        for lookup, values in LOOKED_UP.items():
            for value in values:
                for place in PLACES:
                    filters = place % json.dumps({"attributes": {lookup: value}})
                    answer = await _with(door, query, json.loads(filters), rows["key:write"])
                    assert answer.code == "PRIVATE_FIELD", (filters, answer.body)
                    for path in ("/tiles/parcels/14/4958/6060.mvt", "/tiles/parcels.json", "/export/parcels.csv"):
                        asked = await door.request("GET", f"{path}?filters={filters}")
                        assert (asked.status, asked.code) == (403, "PRIVATE_FIELD"), (path, filters)
                    assert "errors" not in (await _with(door, query, json.loads(filters), rows["key:admin"])).json


async def test_a_name_that_a_server_has_not_learned_yet_matches_no_row(guarded, rows):
    query = "query ($f: ParcelFilter) { parcels(filters: $f) { totalCount } }"
    async with guarded() as door:
        for filters in ({"hasKey": "ZZ*.Top"}, {"contains": {"ZZ*.Top": SECRET}}):
            answer = (await _with(door, query, {"attributes": filters})).json
            refused = "errors" in answer and answer["errors"][0]["extensions"]["code"] == "PRIVATE_FIELD"
            assert refused or answer["data"]["parcels"] == {"totalCount": 0}
            shown = await _with(door, query, {"attributes": filters}, rows["key:write"])
            assert shown.json["data"]["parcels"] == {"totalCount": 2}
        values = '{ parcels { distinct(field: {attribute: "ZZ*.Top"}) { values { value } } } }'
        assert SECRET not in str((await ask(door, values)).json)
        assert SECRET in str((await ask(door, values, rows["key:write"])).json)


async def _with(door, query, filters, credential=None):
    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
    if credential:
        headers["authorization"] = f"Bearer {credential}"
    body = json.dumps({"query": query, "variables": {"f": filters}}).encode()
    return await door.request("POST", "/graphql", headers=headers, body=body)


FEEDS = "properties=attributes"
URLS = {
    "/graphql": [],  # the tests above
    "/": ["/"],
    "/tiles/{layers}/{z}/{x}/{y}.mvt": [f"/tiles/parcels/14/4958/6060.mvt?{FEEDS}"],
    "/tiles/{layers}.json": [f"/tiles/parcels.json?{FEEDS}"],
    "/styles/{layers}.json": [f"/styles/parcels.json?{FEEDS}"],
    "/export/{file}": [f"/export/parcels.{form}?{FEEDS}" for form in FORMATS if form != "parquet"],
    "/tiles/analysis/{id}/{z}/{x}/{y}.mvt": [],  # has none of `attributes`
    "/tiles/analysis/{id}.json": [],
    "/export/analysis/{file}": [],
    "/notice/{file}": [],  # has the columns of recipients, and none of `attributes`
    "/bulk/{layer}": [],  # takes rows, and tells counts
    "/jobs/{id}": [],
    "/jobs/{id}/{part:path}": [],  # what was wrong with a body, to the client that sent it
    "/identity": ["/identity"],
    "/healthz": ["/healthz"],
    "/readyz": ["/readyz"],
    "/metrics": ["/metrics"],
    "/static": [],
}
SHOW = {"/tiles/{layers}/{z}/{x}/{y}.mvt", "/export/{file}"}


def routes(app):
    while not hasattr(app, "routes"):
        app = next(value for name, value in vars(app).items() if name in {"app", "_app"})
    return {route.path for route in app.routes}


async def test_every_route_leaves_private_members_out(guarded, rows, settings, empty_database):
    assert routes(create_app(on(settings, empty_database))) == URLS.keys()
    async with guarded() as door:
        for route, paths in URLS.items():
            for path in paths:
                seen = {}
                for name in (
                    "key:write",
                    "none",
                    "key:read",
                ):  # first the one who sees all: nothing kept is shared
                    headers = {} if name == "none" else {"authorization": f"Bearer {rows[name]}"}
                    answer = await door.request("GET", path, headers=headers)
                    assert answer.status == 200, (path, answer.body)
                    seen[name] = SECRET.encode() in answer.body
                    assert (b"R1" in answer.body) is (route in SHOW), path
                assert seen == {"key:write": route in SHOW, "none": False, "key:read": False}, path


async def test_urls_that_are_signed_show_what_their_asker_may_see(guarded, rows):
    links = '{ parcels(filters: {parcelId: {exact: "1"}}) { exports(properties: ATTRIBUTES) { csv } } }'
    async with guarded() as door:
        for name, sees in (("key:read", False), ("key:write", True)):
            found = (await ask(door, links, rows[name])).json["data"]["parcels"]["exports"]["csv"]
            answer = await door.request("GET", "/" + found.split("/", 3)[3])
            assert (answer.status, SECRET.encode() in answer.body) == (200, sees)


async def test_patterns_are_a_setting_and_one_layer_may_have_its_own(guarded, rows):
    whole = READS["Parcel.attributes"]
    async with guarded(private_members={}) as door:
        answer = (await ask(door, whole)).json["data"]["parcels"]["nodes"][0]["attributes"]
        assert answer == {name: value for name, value in ATTRIBUTES.items() if name != "ZZ*.Top"}
    async with guarded(private_members={"parcels.zone": "write", "zoning_districts.*o*": "write"}) as door:
        answer = (await ask(door, whole)).json["data"]["parcels"]["nodes"][0]["attributes"]
        assert answer == {name: value for name, value in ATTRIBUTES.items() if name not in {"zone", "ZZ*.Top"}}


async def test_attributes_that_are_private_as_a_whole_are_null_both_ways(guarded, rows, monkeypatch):
    for planner in ("on", "off"):
        monkeypatch.setenv("GATEWAY_PLANNER", planner)
        async with guarded(private={"parcels.attributes": "write", "zoning_districts.attributes": "write"}) as door:
            for document in READS.values():
                answer = await ask(door, document)
                assert "R1" not in answer.body.decode(), (planner, document)
                if "groupBy" in document or "distinct" in document:  # as in filters
                    assert answer.code == "PRIVATE_FIELD"
                    continue
                assert "errors" not in answer.json, (planner, document)
                assert [reason["field"] for reason in answer.json["extensions"]["withheld"]] in WITHHELD


async def test_a_server_learns_what_ingest_was_told_to_hide_and_refuses_filters_of_it(guarded, rows, monkeypatch):
    monkeypatch.setattr(named, "_PAUSE", 0.01)
    query = "query ($f: ParcelFilter) { parcels(filters: $f) { totalCount } }"
    async with guarded() as door:
        async with door.database.engine.begin() as connection:
            await connection.execute(text("INSERT INTO private_members (layer, name) VALUES ('parcels', 'zone')"))
        assert b"R1" not in (await ask(door, READS["Parcel.attributes"])).body  # at once
        async with asyncio.timeout(LONG):
            while "errors" not in (answer := await _with(door, query, {"attributes": {"hasKey": "zone"}})).json:
                pass
        assert answer.code == "PRIVATE_FIELD"


async def test_a_database_without_the_functions_is_said_to_be_behind(guarded, rows):
    async with guarded() as door:
        async with door.database.engine.begin() as connection:
            await connection.execute(text("DROP FUNCTION gateway_hidden(text, text)"))
        assert (await ask(door, READS["Parcel.attributes"])).code == "NOT_MIGRATED"


async def test_values_of_a_private_column_are_no_legend(guarded, rows):
    async with guarded(private={"zoning_districts.category": "write", "zoning_districts.zone_code": "write"}) as door:
        async with door.database.engine.begin() as connection:
            await connection.execute(text("UPDATE zoning_districts SET zone_code = 'Kind of Ann'"))
        for name in ("key:write", "none"):
            headers = {} if name == "none" else {"authorization": f"Bearer {rows[name]}"}
            answer = await door.request("GET", "/styles/zoning_districts.json", headers=headers)
            assert (b"Kind of Ann" in answer.body) is (name == "key:write")
            assert answer.status == 200
