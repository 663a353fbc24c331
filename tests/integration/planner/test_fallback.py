"""What is not planned is answered by resolvers; what fails is told alike both ways, and gives its connection back."""

import asyncio

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from structlog.testing import capture_logs

from gateway import telemetry
from gateway.db.sessions import Database
from gateway.execution.reading import Reading
from gateway.layers import LAYERS
from gateway.planner.describe import plan_text
from gateway.planner.planning import STATEMENTS, Planning
from gateway.settings import DatabaseSettings
from tests.fixtures.both_ways import BothWays, opened_ways
from tests.fixtures.own_fields import own_schema

SLOW = "{ parcels(first: 300) { nodes { neighbors(first: 9) { totalCount extent nodes { buffer(meters: 40) } } } } }"

NEIGHBORS = " ".join(f"a{n}: neighbors(first: 0) {{ nodes {{ id }} }}" for n in range(STATEMENTS))


WITH_KEYS = [{"parcelId": "00001-001"}, {"parcelId": "00001-002"}]


@pytest.fixture
async def with_own_field(small):
    async with opened_ways(small, schema=own_schema()) as found:
        yield found


@pytest.fixture
def sent():
    """The statements that are sent."""
    found = []

    def hear(_connection, _cursor, statement, *_):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield found
    event.remove(Engine, "before_cursor_execute", hear)


OWN = """{
  parcels(first: 4) { nodes { parcelId shout nextDoor(step: 2) neighbors(first: 1) { nodes { nextDoor } } } }
  parcel(featureId: 1) { history { nodes { version operation before { areaSqm } } } }
}"""


async def test_a_field_with_a_resolver_of_its_own_is_a_step_of_the_plan(with_own_field, sent):
    on = await with_own_field.on.run("{ parcels(first: 3) { nodes { parcelId shout neighbors { totalCount } } } }")
    assert on.planned
    assert [node["shout"] for node in on.answer["data"]["parcels"]["nodes"]] == [f"00001-00{n}!" for n in (1, 2, 3)]
    assert len(sent) == 2


async def test_an_operation_with_fields_of_its_own_sends_the_planned_statements_and_those_of_its_resolvers(
    with_own_field, sent
):
    on = await with_own_field.on.run(OWN)
    # Planned: parcels, their neighbours, one parcel. Resolvers: those next to both, a history, and an area of it.
    assert (on.planned, on.sent, len(sent)) == (True, 3, 3 + 4)
    sent.clear()
    off = await with_own_field.off.run(OWN)
    assert on.answer == off.answer


async def test_errors_of_a_resolver_have_their_paths_and_leave_the_rest(with_own_field):
    on, off = await with_own_field.run(
        "{ parcels(first: 6) { nodes { it: nextDoor } } parcel(featureId: 2) { broken } }"
    )
    assert on.planned
    told = [[(error["path"], error["message"]) for error in given.answer["errors"]] for given in (on, off)]
    assert told[0] == told[1]
    assert [path for path, _ in told[0]] == [["parcels", "nodes", 4, "it"], ["parcel", "broken"]]
    assert on.answer["data"] == off.answer["data"]
    assert on.answer["data"]["parcel"] is None
    assert [node["it"] is None for node in on.answer["data"]["parcels"]["nodes"]] == [False] * 4 + [True, False]


async def test_a_plan_tells_of_its_steps(with_own_field):
    prepared = with_own_field.on.operations.documents.prepare(OWN, None)
    text = plan_text(prepared.planned.plan({}, LAYERS).plan)
    assert "    shout: Own parcels whole=True\n" in text
    assert "  history: Own parcels whole=False\n" in text


@pytest.mark.parametrize("document", ["{ __schema { queryType { name } } }", '{ __type(name: "Parcel") { name } }'])
async def test_introspection_is_answered_by_graphql(both_ways, document):
    on, off = await both_ways.run(document)
    assert not on.planned
    assert on.answer == off.answer


async def test_more_statements_than_are_worth_to_prepare_are_left_to_resolvers(both_ways):
    on, off = await both_ways.run(f"{{ parcels(first: 1) {{ nodes {{ {NEIGHBORS} }} }} }}")
    assert not on.planned
    assert on.answer == off.answer
    on, off = await both_ways.run(f"{{ parcels(first: 1) {{ nodes {{ {NEIGHBORS.partition('a1:')[0]} }} }} }}")
    assert on.planned
    assert on.answer == off.answer


@pytest.mark.parametrize("field", ["a: __typename", "a: parcel(featureId: 1) { id }"])
async def test_a_switch_that_is_null_is_an_error_both_ways(both_ways, field):
    name, brace, rest = field.partition(" {")
    document = f"query ($x: Boolean = true) {{ {name} @include(if: $x){brace}{rest} }}"
    on, off = await both_ways.run(document, {"x": None})
    assert on.codes == off.codes == ["BAD_ARGUMENT"]
    assert on.answer == off.answer
    on, off = await both_ways.run(document)
    assert on.planned
    assert on.answer == off.answer


TWO_ROOTS = "{ parcel(featureId: 1) { parcelId } others: parcels(first: 2) { totalCount nodes { parcelId } } }"


def counted():
    return telemetry.errors_sent.labels("INTERNAL")._value.get()


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("_rows", ["parcel"], {"parcel": None, "others": {"totalCount": 300, "nodes": WITH_KEYS}}),
        ("_summary", ["others", "totalCount"], None),
        ("_page", ["others", "nodes"], None),
    ],
)
async def test_a_fault_is_told_once_at_its_field_logged_and_counted(both_ways, monkeypatch, sent, method, path, data):
    async def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Reading, method, fail)
    before = counted()
    with capture_logs() as lines:
        on = await both_ways.on.run(TWO_ROOTS)
    (error,) = on.answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("INTERNAL", path)
    assert on.answer["data"] == data
    assert [(line["event"], line["error_id"]) for line in lines] == [("unforeseen", error["extensions"]["id"])]
    assert counted() == before + 1
    assert len(sent) <= 2


async def test_a_fault_of_the_planner_is_a_fault_of_the_operation(both_ways, monkeypatch, sent):
    def fail(*_):
        raise KeyError("x")

    monkeypatch.setattr(Planning, "plan", fail)
    with capture_logs() as lines:
        on = await both_ways.on.run(TWO_ROOTS)
    assert (on.codes, on.answer["data"], sent) == (["INTERNAL"], None, [])
    assert [line["event"] for line in lines] == ["unforeseen"]


@pytest.fixture
async def ailing(cluster, small_template):
    """Both ways on a database that lacks a table, and a CRS."""
    with cluster.copy(small_template) as url:
        async with opened_ways(url) as found:
            async with found.database.engine.begin() as connection:
                await connection.exec_driver_sql("ALTER TABLE zoning_districts RENAME TO gone")
                await connection.exec_driver_sql("DELETE FROM spatial_ref_sys WHERE srid = 2249")
            yield found


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("{ zoningDistricts { extent } }", ["zoningDistricts", "extent"]),
        ("{ zoningDistricts { totalCount } }", ["zoningDistricts", "totalCount"]),
        ("{ zoningDistricts { pageInfo { hasNextPage } } }", ["zoningDistricts", "pageInfo"]),
        ("{ zoningDistrict(featureId: 1) { id } }", ["zoningDistrict"]),
        (
            "{ parcel(featureId: 1) { zoningDistricts { it: nodes { id } } } other: parcel(featureId: 2) { id } }",
            ["parcel", "zoningDistricts", "it"],
        ),
        ('{ parcel(featureId: 1) { projectedGeometry(crs: "EPSG:2249") { crs } } }', ["parcel", "projectedGeometry"]),
        (
            '{ nodes(ids: ["UGFyY2VsOjE="]) { ... on Parcel { a: projectedGeometry(crs: "EPSG:2249") { crs } } } }',
            ["nodes", 0, "a"],
        ),
    ],
)
async def test_what_the_database_refuses_is_told_alike_both_ways(ailing, document, path):
    on, off = await ailing.run(document)
    assert on.planned
    assert on.answer == off.answer
    assert [error["path"] for error in on.answer["errors"]] == [path]


ABSENT = """query ($w: Float) {
  objects: parcels(filters: {attributes: {contains: {n: 1, m: $w}}}) { totalCount }
  without: parcels(filters: {attributes: {contains: {n: 1}}}) { totalCount }
  within: parcels(filters: {attributes: {contains: {n: {m: $w}}}}) { totalCount }
  list: parcels(filters: {attributes: {contains: {n: [1, $w]}}}) { totalCount }
  nulls: parcels(filters: {attributes: {contains: {n: [1, null]}}}) { totalCount }
  null: parcels(filters: {attributes: {contains: {n: 1, m: null}}}) { totalCount }
}"""


async def test_a_variable_that_is_absent_leaves_its_member_out_of_json_and_is_null_in_a_list(both_ways):
    on, off = await both_ways.run(ABSENT)
    assert on.answer == off.answer
    found = {name: each["totalCount"] for name, each in on.answer["data"].items()}
    assert found["objects"] == found["without"] > 0
    assert found["list"] == found["nulls"]


async def test_a_variable_that_is_null_is_null_in_json(both_ways):
    on, off = await both_ways.run(ABSENT, {"w": None})
    assert on.answer == off.answer
    assert on.answer["data"]["objects"] == on.answer["data"]["null"] == {"totalCount": 0}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("bbox: [$w, 1, 2, 3]", "West must be a number, not null."),
        ('geojson: {type: "Point", coordinates: [1, $w]}', "Latitude must be a number, not null."),
        ('geojson: {type: "Point", coordinates: $w}', "The coordinates of the geometry are missing."),
    ],
)
async def test_a_variable_that_is_absent_from_a_geometry_is_told_of_as_null_or_missing(both_ways, target, message):
    document = f"query ($w: Float) {{ parcels(filters: {{geometry: {{intersects: {{{target}}}}}}}) {{ totalCount }} }}"
    for given in await both_ways.run(document):
        (error,) = given.answer["errors"]
        assert message in error["message"]


async def test_a_statement_over_its_time_is_a_timeout_both_ways(small):
    database = Database(DatabaseSettings(), small, timeout_ms=5)
    for given in await BothWays(database).run(SLOW):
        assert set(given.codes) == {"TIMEOUT"}
        assert given.answer["status"] == 504
    await database.dispose()


async def test_a_cancelled_read_ends_its_sql_and_leaves_the_pool_clean(small):
    settings = DatabaseSettings(pool_size=1, max_overflow=0)
    database = Database(settings, small)
    running = asyncio.create_task(BothWays(database).on.run(SLOW))
    await asyncio.sleep(0.15)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    on, _ = await BothWays(database).run("{ parcels(first: 1) { nodes { parcelId } } }")
    assert on.planned
    assert "errors" not in on.answer
    assert database.in_use == 0
    await database.dispose()
