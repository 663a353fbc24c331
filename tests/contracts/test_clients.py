"""Stock clients of GraphQL against a served gateway: what they read is what the database holds."""

from pathlib import Path

import pytest
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from graphql import build_schema, parse, print_ast, separate_operations
from sqlalchemy import text

from tests.fixtures.cluster import ROOT

BOX = [-71.121, 42.372, -71.117, 42.375]
NEAR_HARVARD_SQUARE = {"geometry": {"within": {"bbox": BOX}}}
OUTSIDE_THE_WORLD = {"geometry": {"within": {"bbox": [-71.121, 42.372, -71.117, 142.375]}}}
OPERATIONS = Path(__file__).parent / "operations.graphql"


@pytest.fixture
def graphql(gateway):
    return f"{gateway.url}/graphql"


@pytest.fixture
async def parcels(read_session):
    """Parcels near Harvard Square by id: the first 20, and how many there are."""
    statement = text(
        "SELECT parcel_id, ST_AsGeoJSON(geom, 7, 0)::jsonb, count(*) OVER () FROM parcels"
        f" WHERE ST_Within(geom, ST_MakeEnvelope({', '.join(map(str, BOX))}, 4326)) ORDER BY parcel_id LIMIT 20"
    )
    rows = await read_session.rows(statement)
    assert len(rows) == 20
    return rows


def assert_refused(refusal):
    assert refusal["code"] == "OUT_OF_RANGE"
    assert refusal["argument"] == ["filters", "geometry", "within", "bbox", 3]


def test_apollo_client_reads_pages_merges_them_and_finds_nodes_in_its_cache(node, graphql, parcels):
    found = node("apollo.js", graphql)
    assert found["totalCount"] == parcels[0][2]
    assert found["parcelIds"] == [row[0] for row in parcels]
    assert found["fromCache"] == {"rows": 20, "requests": 0, "geometry": parcels[0][1]}
    assert found["refetched"] == parcels[0][1]
    assert_refused(found["refused"])


def test_urql_reads_pages_by_post_and_by_get(node, graphql, parcels):
    for method, found in node("urql.js", graphql).items():
        assert found["parcelIds"] == [row[0] for row in parcels]
        assert found["geometry"] == parcels[0][1]
        assert found["methods"] == [method] * 3  # the page that was asked again came from the cache
        assert_refused(found["refused"])


def test_graphql_request_reads_pages(node, graphql, parcels):
    found = node("request.js", graphql)
    assert found["parcelIds"] == [row[0] for row in parcels]
    assert found["geometry"] == parcels[0][1]
    assert_refused(found["refused"])


async def test_gql_reads_the_schema_and_pages_that_it_has_checked_against_it(graphql, parcels):
    operations = separate_operations(parse(OPERATIONS.read_text()))
    page = gql(print_ast(operations["ParcelPage"]))
    transport = AIOHTTPTransport(url=graphql)
    async with Client(transport=transport, fetch_schema_from_transport=True, execute_timeout=60) as session:
        assert (
            session.client.schema.type_map.keys()
            >= build_schema(ROOT.joinpath("schema/schema.graphql").read_text()).type_map.keys()
        )
        page.variable_values = {"filters": NEAR_HARVARD_SQUARE, "first": 20}
        edges = (await session.execute(page))["parcels"]["edges"]
        assert [(edge["node"]["parcelId"], edge["node"]["geometry"]) for edge in edges] == [
            tuple(row)[:2] for row in parcels
        ]
        page.variable_values = {"filters": OUTSIDE_THE_WORLD, "first": 20}
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(page)
    assert_refused(caught.value.errors[0]["extensions"])


def test_clients_register_documents_once_and_send_their_hashes_from_then_on(node, graphql):
    found = node("persisted.js", graphql)
    assert found.pop("relay")["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert {name: answer["rows"] for name, answer in found.items()} == dict.fromkeys(found, 10)
    for client in ("apollo", "urql"):
        unknown, registered = found[f"{client} POST first"]["requests"]
        assert "text" not in unknown
        assert registered == "POST 200 text"
        assert found[f"{client} POST again"]["requests"] == ["POST 200"]
        assert found[f"{client} GET again"]["requests"] == ["GET 200"]
