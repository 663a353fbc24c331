"""`X-Explain: 1`: each statement of an answer with its plan, for those who may see it (Cambridge)."""

import orjson
import pytest

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution.explaining import explain, judge
from gateway.layers import LAYERS
from gateway.settings import AuthSettings, HttpSettings, Settings
from gateway.sql import pages, summaries
from gateway.sql.statement import compiled
from tests.fixtures.door import JSON, on, opened
from tests.fixtures.reading import query

ASKED = {"x-explain": "1"}
NESTED = """{ parcels(first: 3, filters: {geometry: {intersects: {bbox: [-71.112, 42.369, -71.109, 42.371]}}}) {
    totalCount nodes { parcelId zoningDistricts { edges { coverage } } } } }"""


@pytest.fixture
async def city(settings, cambridge, request):
    """The gateway on Cambridge, with other settings where a test gives some."""
    given = on(settings, cambridge).model_copy(update=getattr(request, "param", {}))
    async with opened(create_app(given)) as door:
        yield door


async def told(door, document, headers=ASKED):
    body = orjson.dumps({"query": document})
    return (await door.request("POST", "/graphql", headers=JSON | headers, body=body)).json


@pytest.mark.parametrize("city", [{"planner": "on"}, {"planner": "off"}], indirect=True, ids=["on", "off"])
async def test_each_statement_is_told_with_its_parameters_and_plan(city, request):
    explained = (await told(city, NESTED))["extensions"]["explain"]
    assert explained["by"] == {"on": "planner", "off": "resolvers"}[request.node.callspec.id]
    assert len(explained["statements"]) >= 3
    for statement in explained["statements"]:
        assert statement["sql"].startswith(("SELECT", "WITH"))
        assert statement["plan"]["Plan"]["Actual Rows"] >= 0
        assert "Shared Hit Blocks" in statement["plan"]["Plan"]
        assert statement["cures"] == []
        assert "index used: " in statement["verdict"]
    assert any("ix_parcels_geom" in statement["verdict"] for statement in explained["statements"])


async def test_the_plan_of_a_prepared_operation_is_told(city):
    explained = (await told(city, "{ parcels(first: 1) { nodes { parcelId } } }"))["extensions"]["explain"]
    assert explained["plan"].startswith("parcels: Many $0\n  nodes: Nodes\n    parcelId: Plain parcel_id\n")


@pytest.mark.parametrize("city", [{"planner": "on"}, {"planner": "off"}], indirect=True, ids=["on", "off"])
async def test_a_scan_is_told_with_the_index_that_would_spare_it(city):
    document = "{ parcels(first: 2, filters: {yearBuilt: {exact: 1793}}) { nodes { parcelId } } }"
    (statement,) = (await told(city, document))["extensions"]["explain"]["statements"]
    assert statement["verdict"] == "walk along pk_parcels: 13115 rows of parcels read, 1 kept"
    assert statement["cures"] == ["CREATE INDEX CONCURRENTLY ON parcels (year_built);"]
    assert 1793 in statement["parameters"]


async def test_the_answer_is_the_same_and_an_estimate_is_told_without_a_plan(city):
    document = "{ parcels(first: 1) { totalCount(mode: ESTIMATED) nodes { geometry } } }"
    plain, explained = await told(city, document, {}), await told(city, document)
    assert plain["data"] == explained["data"]
    assert set(plain["extensions"]) == {"cost"}
    assert any("estimates" in found["verdict"] for found in explained["extensions"]["explain"]["statements"])


async def test_an_operation_that_is_refused_tells_no_statement(city):
    answer = await told(city, "{ nothing }")
    assert answer["extensions"]["explain"] == {"statements": []}


@pytest.mark.parametrize(
    "city",
    [
        {"http": Settings(environment="production").http},
        {"http": HttpSettings(explain="admin")},
        {"http": HttpSettings(explain="nobody")},
    ],
    indirect=True,
    ids=["production", "admin", "nobody"],
)
@pytest.mark.parametrize("document", [NESTED, "{ parcels(first: -1) { nodes { id } } }", "{ nothing }", "{"])
async def test_who_may_not_see_it_sees_no_sql(city, document):
    answer = await told(city, document)
    assert "explain" not in answer.get("extensions", {})
    assert "SELECT" not in str(answer)


@pytest.mark.parametrize(
    "city",
    [{"http": HttpSettings(explain="admin"), "auth": AuthSettings(anonymous=("read", "admin"))}],
    indirect=True,
    ids=["admin"],
)
async def test_where_admins_may_the_scope_admin_sees_it(city):
    assert (await told(city, NESTED))["extensions"]["explain"]["statements"]


async def test_without_asking_for_it_nobody_sees_sql(city):
    assert "SELECT" not in str(await told(city, NESTED, {"x-explain": "0"}))


CURED = [
    {"filters": {"yearBuilt": {"exact": 1793}}},
    {"filters": {"landUse": {"exact": "nothing"}}},
    {"filters": {"address": {"iContains": "wyman"}}},
    {"order": [{"assessedValue": "DESC"}], "first": 3},
    {"order": [{"perimeterM": "DESC"}], "first": 3},
    {"order": [{"yearBuilt": "ASC_NULLS_FIRST"}, {"landUse": "ASC"}], "first": 3},
]


@pytest.fixture(scope="module")
def copied(cluster, cambridge_template):
    with cluster.copy(cambridge_template) as url:
        cluster.execute("CREATE EXTENSION pg_trgm", database=url.partition("?")[0].rpartition("/")[2])
        yield url


@pytest.mark.parametrize("asked", CURED, ids=str)
async def test_the_index_that_is_advised_cures(copied, settings, asked):
    database = Database(settings.database, copied)
    found = query(**asked)
    statement = compiled(pages.root_page(LAYERS, found) if "order" in asked else summaries.rows(LAYERS, found))
    async with database.session() as session:
        before = await judge(session, (await explain(session, statement.text, statement.bind(())))["Plan"])
        (cure,) = before.cures
        await session.fetch(cure, ())
        await session.fetch("ANALYZE parcels", ())
        after = await judge(session, (await explain(session, statement.text, statement.bind(())))["Plan"])
    await database.dispose()
    assert before.text.startswith("sequential scan: 13115 rows of parcels read")
    assert after.text.startswith("index used: ")
    assert after.cures == ()
