"""Who may do what: every kind of credential against every kind of read. What is not granted is denied."""

import pytest
from sqlalchemy import make_url

from gateway.db.sessions import Database
from gateway.identity import api_keys
from tests.integration.identity.conftest import ask

SELECT = "{ parcels { nodes { parcelId ownerName } } }"
COLLECTION = "{ parcels { featureCollection } }"
ONE = '{ parcel(parcelId: "1") { feature(properties: [OWNER_NAME, PARCEL_ID]) } }'
FILTER = '{ parcels(filters: {ownerName: {contains: "Ann"}}) { nodes { parcelId } } }'
NESTED = "{ zoningDistricts(filters: {parcels: {some: {ownerName: {isNull: false}}}}) { nodes { code } } }"
ORDER = "{ parcels(order: [{ownerName: ASC}]) { nodes { parcelId } } }"

READS = [SELECT, COLLECTION, ONE]
USES = [FILTER, NESTED, ORDER]
HOLDS_NOT = [
    "key:revoked",
    "key:expired",
    "key:unknown",
    "key:altered",
    "token:expired",
    "token:audience",
    "token:none",
]
SEES = {"none": False, "key:read": False, "key:write": True, "key:bulk": False, "key:admin": True, "token:write": True}


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_each_credential_sees_what_its_scopes_grant(guarded, credentials, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    async with guarded() as door:
        for name, sees in SEES.items():
            for document in READS:
                answer = await ask(door, document, credentials[name])
                assert answer.status == 200, (name, answer.body)
                assert (b"Ann Clerk" in answer.body) is sees, (name, document)
                assert ("withheld" in answer.json["extensions"]) is not sees
            for document in USES:
                answer = await ask(door, document, credentials[name])
                if sees:
                    assert "errors" not in answer.json, (name, answer.body)
                else:
                    assert answer.code == "PRIVATE_FIELD"
                    assert "ownerName" in answer.json["errors"][0]["extensions"]["argument"]


async def test_a_withheld_column_is_null_and_the_answer_says_why_once(guarded, credentials):
    async with guarded() as door:
        answer = await ask(door, "{ parcels { nodes { ownerName a: ownerName parcelId } } }")
    assert answer.json["data"]["parcels"]["nodes"] == [{"ownerName": None, "a": None, "parcelId": "1"}]
    (reason,) = answer.json["extensions"]["withheld"]
    assert reason["field"] == "Parcel.ownerName"
    assert reason["scope"] == "write"


async def test_an_answer_that_selects_nothing_private_speaks_of_nothing_withheld(guarded, credentials):
    async with guarded() as door:
        for document in (
            "{ parcels { nodes { parcelId } } }",
            "{ parcels { featureCollection(properties: [PARCEL_ID]) } }",
        ):
            assert "withheld" not in (await ask(door, document)).json["extensions"]


FRAGMENTS = """query Keys { parcels { nodes { ...key } } }
query Owners { parcels { nodes { ...key ...whole } } }
fragment key on Parcel { parcelId }
fragment whole on Parcel { ... on Parcel { ...owner } }
fragment owner on Parcel { ownerName }"""


async def test_only_fragments_that_the_operation_reaches_tell_of_what_is_withheld(guarded, credentials):
    async with guarded() as door:
        keys = await ask(door, FRAGMENTS, operation="Keys")
        owners = await ask(door, FRAGMENTS, operation="Owners")
    assert "withheld" not in keys.json["extensions"]
    assert [reason["field"] for reason in owners.json["extensions"]["withheld"]] == ["Parcel.ownerName"]


@pytest.mark.parametrize("name", [*HOLDS_NOT, "nonsense"])
async def test_a_credential_that_does_not_hold_is_refused_even_for_what_all_may_do(guarded, credentials, name):
    async with guarded() as door:
        answer = await ask(door, "{ parcels { nodes { parcelId } } }", credentials[name])
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert credentials[name] not in answer.body.decode()


async def test_urls_of_tiles_and_exports_give_nothing_private_away(guarded, credentials):
    async with guarded() as door:
        for path in ("/tiles/parcels/14/4958/6060.mvt", "/export/parcels.csv"):
            told = (await door.request("GET", path)).body
            assert b"Ann Clerk" not in told
            asked = await door.request("GET", path + "?properties=ownerName")
            assert asked.status == 400, path
            filtered = await door.request("GET", path + '?filters={"ownerName":{"contains":"Ann"}}')
            assert (filtered.status, filtered.code) == (403, "PRIVATE_FIELD"), path


LINKS = '{ parcels(filters: {ownerName: {contains: "Ann"}}) { tiles { url tileJson } exports { csv } } }'


def path(url):
    """What a client sends of a URL."""
    return url.split("/", 3)[3].replace("{z}/{x}/{y}", "14/4958/6060")


@pytest.mark.parametrize("planner", ["on", "off"])
async def test_urls_that_graphql_gives_speak_for_the_client_that_asked(guarded, credentials, planner, monkeypatch):
    monkeypatch.setenv("GATEWAY_PLANNER", planner)
    async with guarded(anonymous=()) as door:
        links = (await ask(door, LINKS, credentials["token:write"])).json["data"]["parcels"]
        csv = "/" + path(links["exports"]["csv"])
        assert b"Ann Clerk" in (await door.request("GET", csv)).body
        tile = await door.request("GET", "/" + path(links["tiles"]["url"]))
        assert tile.status == 200
        assert tile.headers["cache-control"].startswith("private")
        assert (await door.request("GET", "/" + path(links["tiles"]["tileJson"]))).status == 200
        other = await door.request("GET", csv.replace("parcels", "zoning_districts"))
        assert (other.status, other.code) == (400, "BAD_FILTER_TOKEN")
        altered = await door.request("GET", csv[:-4] + "AAAA")
        assert (altered.status, altered.code) == (400, "BAD_FILTER_TOKEN")


async def test_urls_of_someone_end_and_those_of_nobody_are_not_signed(guarded, credentials):
    async with guarded(url_seconds=0.001) as door:
        links = (await ask(door, LINKS, credentials["key:write"])).json["data"]["parcels"]
        ended = await door.request("GET", "/" + path(links["exports"]["csv"]))
        assert (ended.status, ended.code) == (403, "FILTER_EXPIRED")
        open_to_all = (await ask(door, "{ parcels { exports { csv } } }")).json["data"]["parcels"]
        assert open_to_all["exports"]["csv"].endswith("/export/parcels.csv")


async def test_a_credential_shows_private_columns_in_tiles_and_exports(guarded, credentials):
    async with guarded() as door:
        for name, seen in (("key:write", True), ("key:read", False)):
            headers = {"authorization": f"Bearer {credentials[name]}"}
            for place in ("/export/parcels.csv", "/tiles/parcels/14/4958/6060.mvt"):
                answer = await door.request("GET", place, headers=headers)
                assert (b"Ann Clerk" in answer.body) is seen, (name, place)


async def test_nobody_reads_where_anonymous_requests_are_granted_nothing(guarded, credentials):
    async with guarded(anonymous=()) as door:
        for document in [*READS, *USES, "{ __typename }", "{ __schema { types { name } } }"]:
            answer = await ask(door, document)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), document
            assert answer.headers["www-authenticate"] == "Bearer"
        for path in ("/tiles/parcels/14/4958/6060.mvt", "/tiles/parcels.json", "/export/parcels.csv"):
            answer = await door.request("GET", path)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), path
        assert (await ask(door, SELECT, credentials["key:read"])).status == 200
        answer = await ask(door, SELECT, credentials["key:write"])
        assert (answer.status, answer.code) == (403, "FORBIDDEN")


async def test_a_key_may_come_as_x_api_key_and_other_schemes_are_not_ours(guarded, credentials):
    async with guarded() as door:
        answer = await ask(door, SELECT, **{"x-api-key": credentials["key:write"]})
        assert b"Ann Clerk" in answer.body
        assert (await ask(door, SELECT, authorization="Basic YTpi")).status == 200
        assert (await ask(door, SELECT, authorization="Bearer ")).status == 401


async def test_a_revoked_key_ends_once_workers_forget_it(guarded, credentials, empty_database, settings):
    async with guarded(key_seconds=0) as door:
        assert (await ask(door, SELECT, credentials["key:write"])).status == 200
        database = Database(settings.database, empty_database)
        await api_keys.revoke(database, credentials["key:write"].split("_")[1])
        await database.dispose()
        answer = await ask(door, SELECT, credentials["key:write"])
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert "was revoked" in answer.json["errors"][0]["message"]


async def test_private_columns_are_a_setting(guarded, credentials):
    async with guarded(private={}) as door:
        assert b"Ann Clerk" in (await ask(door, SELECT)).body
        assert (await ask(door, FILTER)).status == 200
    async with guarded(private={"parcels.owner_name": "admin", "parcels.attributes": "read"}) as door:
        assert b"Ann Clerk" not in (await ask(door, SELECT, credentials["key:write"])).body
        assert b"Ann Clerk" in (await ask(door, SELECT, credentials["key:admin"])).body


async def test_clusters_do_not_sum_a_private_column_for_those_who_may_not_see_it(
    guarded, credentials, cluster, empty_database
):
    document = "{ parcels { clusters(zoom: 3, sum: ASSESSED_VALUE) { pointCount sum } } }"
    cluster.execute("UPDATE parcels SET assessed_value = 12345", database=make_url(empty_database).database)
    async with guarded(private={"parcels.assessed_value": "write"}) as door:
        for name in ("none", "key:read"):
            answer = await ask(door, document, credentials[name])
            assert answer.code == "PRIVATE_FIELD", name
            assert answer.json["errors"][0]["extensions"]["argument"] == ["sum"]
            assert b"12345" not in answer.body
        answer = await ask(door, document, credentials["key:write"])
    assert answer.json["data"]["parcels"]["clusters"] == [{"pointCount": 1, "sum": 12345.0}]


async def test_no_credential_is_in_a_log(guarded, credentials, capsys):
    async with guarded() as door:
        for name in ("key:write", "key:revoked", "token:write", "token:expired", "nonsense"):
            await ask(door, SELECT, credentials[name])
    written = capsys.readouterr()
    said = written.out + written.err
    assert "/graphql" in said
    for name in ("key:write", "key:revoked", "token:write", "token:expired"):
        assert credentials[name][20:] not in said


async def test_a_private_column_finds_nothing_for_those_who_may_not_see_it(guarded, credentials):
    found = """{ search(text: "ann clerk") { matched parts { text } }
                 parcels(filters: {search: {match: "ann"}}) { totalCount } }"""
    async with guarded() as door:
        seen = await ask(door, found, credentials["key:write"])
        unseen = await ask(door, found, credentials["none"])
    hit = {"matched": "ownerName", "parts": [{"text": "Ann Clerk"}]}
    assert seen.json["data"] == {"search": [hit], "parcels": {"totalCount": 1}}
    assert unseen.json["data"] == {"search": [], "parcels": {"totalCount": 0}}
