"""What is not planned is answered by resolvers; what fails answers alike both ways, and gives its connection back."""

import asyncio

import pytest
import strawberry
from structlog.testing import capture_logs

from gateway.db.sessions import Database
from gateway.execution.reading import Reading
from gateway.layers import LAYERS
from gateway.models import Parcel
from gateway.planner.planning import STATEMENTS
from gateway.settings import DatabaseSettings
from schema import build_schema
from schema.features import FeatureType
from tests.fixtures.both_ways import BothWays, opened_ways

SLOW = "{ parcels(first: 300) { nodes { neighbors(first: 9) { totalCount extent nodes { buffer(meters: 40) } } } } }"

NEIGHBORS = " ".join(f"a{n}: neighbors(first: 0) {{ nodes {{ id }} }}" for n in range(STATEMENTS))


class Shouting(FeatureType):
    """A field of parcels that no layer knows."""

    model = Parcel

    @strawberry.field
    def shout(root) -> str:  # noqa: N805
        return root.parcel_id.upper() + "!"


@pytest.fixture
async def with_own_field(small):
    async with opened_ways(small, schema=build_schema(LAYERS, (Shouting,))) as found:
        yield found


async def test_a_field_with_a_resolver_of_its_own_is_answered_by_resolvers(with_own_field):
    on, off = await with_own_field.run("{ parcels(first: 2) { nodes { parcelId shout } } }")
    assert not on.planned
    assert on.answer == off.answer
    assert [node["shout"] for node in on.answer["data"]["parcels"]["nodes"]] == ["00001-001!", "00001-002!"]


async def test_other_operations_on_that_schema_are_planned_still(with_own_field):
    on, off = await with_own_field.run("{ parcels(first: 2) { nodes { parcelId } } }")
    assert on.planned
    assert on.answer == off.answer


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


async def test_what_the_planner_did_not_foresee_is_answered_by_resolvers_and_logged(both_ways, monkeypatch):
    async def fail(_):
        raise ZeroDivisionError

    monkeypatch.setattr(Reading, "run", fail)
    with capture_logs() as lines:
        on, off = await both_ways.run("{ parcels(first: 2) { nodes { parcelId } } }")
    assert on.answer == off.answer
    assert "errors" not in on.answer
    assert [(line["event"], line["by"]) for line in lines] == [("unforeseen", "planner")]


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
