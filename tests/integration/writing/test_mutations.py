"""Mutations: what they answer, what they leave in the database, and what is wrong with a row, and where."""

import asyncio

import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from tests.fixtures.door import on, opened
from tests.integration.writing.conftest import Clerk, square

CREATE = """
mutation ($inputs: [ParcelInput!]!, $atomic: Boolean! = true, $onInvalid: OnInvalid! = REJECT) {
  createParcels(inputs: $inputs, atomic: $atomic, onInvalid: $onInvalid) {
    results {
      index outcome areaChange error { code message argument point differs }
      parcel { id parcelId version geometry areaSqm neighbors { nodes { parcelId } } }
    }
    affected { count bbox }
  }
}
"""
UPSERT = CREATE.replace("createParcels", "upsertParcels")
UPDATE = """
mutation ($changes: [ParcelChange!]!, $atomic: Boolean! = true) {
  updateParcels(changes: $changes, atomic: $atomic) {
    results { index outcome parcel { version address landUse } error { code argument differs } }
    affected { count bbox }
  }
}
"""
DELETE = """
mutation ($removals: [ParcelRemoval!]!) {
  deleteParcels(removals: $removals) { results { outcome parcel { id } } affected { count bbox } }
}
"""
BOW_TIE = {"geojson": {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 3], [0, 0]]]}}


def parcel(key, west=-93.0, **values):
    return {"parcelId": key, "geometry": square(west)} | values


async def create(clerk, *inputs, document=CREATE, **variables):
    ((_, written),) = (await clerk.data(document, inputs=inputs, **variables)).items()
    return written


async def made(clerk, key, **values):
    """The id of a new row."""
    return (await create(clerk, parcel(key, **values)))["results"][0]["parcel"]["id"]


def codes(problems):
    return {tuple(error["extensions"]["argument"]): error["extensions"]["code"] for error in problems}


async def test_rows_are_created_and_read_back_as_reads_do(clerk):
    written = await create(clerk, parcel("a", address="1 Elm St"), parcel("b", west=-92.999))
    assert [result["outcome"] for result in written["results"]] == ["CREATED", "CREATED"]
    first = written["results"][0]["parcel"]
    assert (first["parcelId"], first["version"], first["geometry"]["type"]) == ("a", 1, "MultiPolygon")
    assert first["areaSqm"] > 9_000
    assert first["neighbors"]["nodes"] == [{"parcelId": "b"}]
    assert written["affected"]["count"] == 2
    assert written["affected"]["bbox"] == pytest.approx([-93.0, 42.0, -92.998, 42.001])
    assert (await clerk.parcels())["a"]["address"] == "1 Elm St"


async def test_one_row_is_created_changed_and_deleted_by_the_singular_fields(clerk):
    document = "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome parcel { id } } }"
    row = (await clerk.data(document, input=parcel("a")))["createParcel"]["parcel"]["id"]
    change = '{id: $id, patch: {address: "2 Elm St"}, expectedVersion: 1}'
    document = f"mutation ($id: ID!) {{ updateParcel(change: {change}) {{ outcome parcel {{ version address }} }} }}"
    changed = (await clerk.data(document, id=row))["updateParcel"]
    assert changed == {"outcome": "UPDATED", "parcel": {"version": 2, "address": "2 Elm St"}}
    document = "mutation ($id: ID!) { deleteParcel(removal: {id: $id}) { outcome parcel { id } } }"
    assert (await clerk.data(document, id=row))["deleteParcel"] == {"outcome": "DELETED", "parcel": None}
    assert await clerk.parcels() == {}


async def test_what_a_patch_leaves_out_stays_and_null_takes_it_away(clerk):
    row = await made(clerk, "a", address="1 Elm St", landUse="R")
    (result,) = (await clerk.data(UPDATE, changes=[{"id": row, "patch": {"address": None}}]))["updateParcels"][
        "results"
    ]
    assert result["parcel"] == {"version": 2, "address": None, "landUse": "R"}


async def test_a_change_that_changes_nothing_leaves_the_version(clerk):
    row = await made(clerk, "a", address="1 Elm St", attributes={"b": [1, 2.5], "a": None})
    same = {"attributes": {"a": None, "b": [1, 2.5]}}
    for patch in ({}, {"address": "1 Elm St"}, {"geometry": square(-93.0)}, same):
        answer = (await clerk.data(UPDATE, changes=[{"id": row, "patch": patch}]))["updateParcels"]
        assert answer["results"][0]["outcome"] == "UNCHANGED"
        assert answer["results"][0]["parcel"]["version"] == 1
        assert answer["affected"] == {"count": 0, "bbox": None}


async def test_upsert_says_what_was_created_updated_and_unchanged(clerk):
    await create(clerk, parcel("a", address="1 Elm St"), parcel("b"))
    written = await create(clerk, parcel("a", address="9 Elm St"), parcel("b"), parcel("c"), document=UPSERT)
    assert [result["outcome"] for result in written["results"]] == ["UPDATED", "UNCHANGED", "CREATED"]
    assert [result["parcel"]["version"] for result in written["results"]] == [2, 1, 1]
    kept = await create(clerk, parcel("a"), document=UPSERT)
    assert kept["results"][0]["outcome"] == "UNCHANGED"
    assert (await clerk.parcels())["a"]["address"] == "9 Elm St"


async def test_the_box_of_a_move_holds_where_the_row_was_and_where_it_is(clerk):
    row = await made(clerk, "a")
    moved = await clerk.data(UPDATE, changes=[{"id": row, "patch": {"geometry": square(-92.5)}}])
    assert moved["updateParcels"]["affected"]["bbox"] == pytest.approx([-93.0, 42.0, -92.499, 42.001])
    gone = await clerk.data(DELETE, removals=[{"id": row, "expectedVersion": 2}])
    assert gone["deleteParcels"]["affected"] == {"count": 1, "bbox": pytest.approx([-92.5, 42.0, -92.499, 42.001])}


async def test_an_atomic_write_does_all_or_nothing_and_tells_all_that_is_wrong(clerk):
    await made(clerk, "taken")
    inputs = [
        parcel("new"),
        parcel("taken"),
        parcel("new"),
        parcel("crossed", geometry=BOW_TIE),
        parcel("point", geometry={"wkt": "POINT(0 0)"}),
    ]
    problems = await clerk.errors(CREATE, inputs=inputs)
    place = ("inputs", 3, "geometry", "geojson", "coordinates", 0, 1)
    assert codes(problems) == {place: "INVALID_GEOMETRY", ("inputs", 4, "geometry"): "GEOMETRY_TYPE"}
    assert problems[0]["extensions"]["point"]["type"] == "Point"
    expected = {("inputs", 1, "parcelId"): "KEY_TAKEN", ("inputs", 2, "parcelId"): "KEY_TAKEN"}
    assert codes(await clerk.errors(CREATE, inputs=inputs[:3])) == expected
    assert set(await clerk.parcels()) == {"taken"}


async def test_without_atomic_each_row_stands_alone(clerk):
    await made(clerk, "taken")
    inputs = [parcel("new"), parcel("taken"), parcel("crossed", geometry=BOW_TIE), parcel("last")]
    written = await create(clerk, *inputs, atomic=False)
    assert [result["outcome"] for result in written["results"]] == ["CREATED", "FAILED", "FAILED", "CREATED"]
    taken, crossed = written["results"][1]["error"], written["results"][2]["error"]
    assert (taken["code"], taken["argument"]) == ("KEY_TAKEN", ["inputs", "1", "parcelId"])
    assert (crossed["code"], crossed["point"]["type"]) == ("INVALID_GEOMETRY", "Point")
    assert set(await clerk.parcels()) == {"taken", "new", "last"}


async def test_a_constraint_that_only_the_database_knows_names_the_row_that_breaks_it(clerk, empty_database, settings):
    database = Database(settings.database, empty_database)
    async with database.session() as session:
        await session.fetch("ALTER TABLE parcels ADD CONSTRAINT year_known CHECK (year_built > 1600)", [])
    await database.dispose()
    inputs = [parcel("a", yearBuilt=1900), parcel("b", yearBuilt=12), parcel("c", yearBuilt=1950)]
    (error,) = await clerk.errors(CREATE, inputs=inputs)
    assert error["extensions"] == {"code": "CONSTRAINT", "argument": ["inputs", 1], "constraint": "year_known"}
    written = await create(clerk, *inputs, atomic=False)
    assert [result["outcome"] for result in written["results"]] == ["CREATED", "FAILED", "CREATED"]


async def test_a_constraint_that_one_field_breaks_is_all_that_is_wrong_with_the_operation(clerk):
    async with clerk.door.database.session() as session:
        await session.fetch("ALTER TABLE parcels ADD CONSTRAINT year_known CHECK (year_built > 1600)", [])
    one = "mutation ($a: ParcelInput!) { createParcel(input: $a) { outcome } }"
    two = """
    mutation ($a: ParcelInput!, $b: ParcelInput!) {
      a: createParcel(input: $a) { outcome }
      b: createParcel(input: $b) { outcome }
    }
    """
    for document, variables in ((one, {}), (two, {"b": parcel("b")})):
        (error,) = await clerk.errors(document, a=parcel("a", yearBuilt=12), **variables)
        assert error["extensions"] == {"code": "CONSTRAINT", "argument": ["input"], "constraint": "year_known"}
    assert await clerk.parcels() == {}


async def test_all_fields_of_an_operation_are_one_transaction(clerk):
    two = """
    mutation ($a: ParcelInput!, $b: ParcelInput!) {
      first: createParcel(input: $a) { outcome }
      second: createParcel(input: $b) { outcome }
    }
    """
    (error,) = await clerk.errors(two, a=parcel("a"), b=parcel("a"))
    assert (error["path"], error["extensions"]["code"]) == (["second"], "KEY_TAKEN")
    assert await clerk.parcels() == {}
    await clerk.data(two, a=parcel("a"), b=parcel("b"))
    assert set(await clerk.parcels()) == {"a", "b"}


async def test_a_field_reads_what_the_one_before_it_changed(clerk):
    both = """
    mutation ($input: ParcelInput!, $again: ParcelInput!) {
      createParcel(input: $input) { parcel { address } }
      upsertParcel(input: $again) { outcome parcel { address version } }
    }
    """
    found = await clerk.data(both, input=parcel("a", address="1"), again=parcel("a", address="2"))
    assert found["createParcel"]["parcel"] == {"address": "1"}
    assert found["upsertParcel"] == {"outcome": "UPDATED", "parcel": {"address": "2", "version": 2}}


async def test_a_version_conflict_answers_the_stored_row_and_what_differs(clerk):
    row = await made(clerk, "a", address="1 Elm St", landUse="R", assessedValue=1250.5, yearBuilt=1901)
    await clerk.data(UPDATE, changes=[{"id": row, "patch": {"address": "theirs"}, "expectedVersion": 1}])
    late = {"id": row, "patch": {"address": "mine", "landUse": "R"}, "expectedVersion": 1}
    (error,) = await clerk.errors(UPDATE, changes=[late])
    told = error["extensions"]
    assert (told["code"], told["differs"]) == ("VERSION_CONFLICT", ["address"])
    assert (told["stored"]["version"], told["stored"]["address"]) == (2, "theirs")
    assert (told["stored"]["assessedValue"], told["stored"]["yearBuilt"]) == ("1250.5", 1901)
    assert (await clerk.parcels())["a"]["address"] == "theirs"


async def test_a_row_that_is_not_there_is_told_by_its_place(clerk):
    for given, code in (("UGFyY2VsOjk5", "ROW_NOT_FOUND"), ("nonsense", "BAD_ID")):
        problems = await clerk.errors(DELETE, removals=[{"id": given}])
        assert codes(problems) == {("removals", 0, "id"): code}


async def test_a_row_that_two_items_name_is_refused_so_that_no_version_is_passed_over(clerk):
    row = await made(clerk, "a")
    twice = [{"id": row, "patch": {"address": text}, "expectedVersion": 1} for text in ("1", "2")]
    assert codes(await clerk.errors(UPDATE, changes=twice)) == {("changes", 1, "id"): "BAD_WRITE"}
    assert codes(await clerk.errors(DELETE, removals=[{"id": row}] * 2)) == {("removals", 1, "id"): "BAD_WRITE"}
    assert (await clerk.parcels())["a"]["version"] == 1


async def test_a_write_has_the_time_limit_of_writes(settings, empty_database, clerk):
    row = await made(clerk, "a")
    slow = "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(4); RETURN NEW; END'"
    async with clerk.door.database.session() as session:
        await session.fetch(slow, [])
        await session.fetch("CREATE TRIGGER nap BEFORE UPDATE ON parcels FOR EACH ROW EXECUTE FUNCTION nap()", [])
    for limits, code in (({"read_timeout_ms": 2_000}, None), ({"write_timeout_ms": 2_000}, "TIMEOUT")):
        given = on(settings, empty_database)
        given = given.model_copy(update={"database": given.database.model_copy(update=limits)})
        async with opened(create_app(given)) as door:
            answer = (
                await Clerk(door, clerk.key).send(UPDATE, changes=[{"id": row, "patch": {"address": str(limits)}}])
            ).json
        assert answer.get("errors", [{}])[0].get("extensions", {}).get("code") == code, answer


async def test_a_geometry_that_crosses_itself_is_repaired_when_asked(clerk):
    (result,) = (await create(clerk, parcel("a", geometry=BOW_TIE), onInvalid="REPAIR"))["results"]
    assert result["outcome"] == "CREATED"
    assert result["areaChange"] == pytest.approx(0, abs=1e-3)
    assert result["parcel"]["geometry"]["type"] == "MultiPolygon"


async def test_a_part_inside_another_is_repaired_to_a_hole_and_one_in_its_corner_refused(clerk):
    parts = "MULTIPOLYGON(((-71 42, -70.99 42, -70.99 42.01, -71 42.01, -71 42)), ((%s)))"
    nested = parcel("a", geometry={"wkt": parts % "-70.997 42.003, -70.993 42.003, -70.993 42.007, -70.997 42.003"})
    (result,) = (await create(clerk, nested, onInvalid="REPAIR"))["results"]
    assert [len(rings) for rings in result["parcel"]["geometry"]["coordinates"]] == [2]
    assert result["areaChange"] == pytest.approx(0, abs=1e-3)
    corner = parcel("b", geometry={"wkt": parts % "-71 42, -70.995 42, -70.995 42.005, -71 42"})
    answer = (await clerk.send(CREATE, inputs=[corner], onInvalid="REPAIR")).json
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["AMBIGUOUS_REPAIR"]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"geojson": {"type": "Point", "coordinates": [0, 0]}}, "GEOMETRY_TYPE"),
        ({"wkt": "LINESTRING(0 0, 1 1)"}, "GEOMETRY_TYPE"),
        ({"node": "UGFyY2VsOjE="}, "BAD_GEOMETRY"),
        ({"geojson": {"type": "Polygon", "coordinates": []}}, "BAD_GEOMETRY"),
        ({"wkt": "POLYGON EMPTY"}, "BAD_GEOMETRY"),
        ({"bbox": [-180, -85, 180, 85]}, "OUT_OF_RANGE"),
        ({"wkt": "POLYGON((-180 -85, 180 -85, 180 85, -180 85, -180 -85))"}, "OUT_OF_RANGE"),
        (None, "BAD_VARIABLES"),
    ],
)
async def test_geometries_that_the_column_does_not_hold_are_refused(clerk, geometry, code):
    (error,) = (await clerk.send(CREATE, inputs=[parcel("a", geometry=geometry)])).json["errors"]
    assert error["extensions"]["code"] == code
    assert await clerk.parcels() == {}


@pytest.mark.parametrize("geometry", [{"wkt": "POLYGON((0 0, 0 1, 1 1, 1 0, 0 0))"}, {"bbox": [0, 0, 1, 1]}])
async def test_clockwise_rings_and_boxes_become_right_handed_multipolygons(clerk, geometry):
    written = await create(clerk, parcel("a", geometry=geometry))
    assert written["results"][0]["parcel"]["geometry"]["type"] == "MultiPolygon"


async def test_zoning_districts_are_written_alike(clerk):
    document = """
    mutation ($input: ZoningDistrictInput!) {
      createZoningDistrict(input: $input) { outcome zoningDistrict { code parcels { nodes { parcelId } } } }
    }
    """
    given = {"code": "R1-1", "zoneCode": "R1", "geometry": square(-93.0)}
    made = (await clerk.data(document, input=given))["createZoningDistrict"]
    assert made == {"outcome": "CREATED", "zoningDistrict": {"code": "R1-1", "parcels": {"nodes": []}}}


async def test_concurrent_serializable_edits_all_come_through_or_say_that_they_collided(clerk):
    written = await create(clerk, *(parcel(str(number)) for number in range(4)))
    ids = [result["parcel"]["id"] for result in written["results"]]
    document = UPDATE.replace("changes: $changes,", "changes: $changes, isolation: SERIALIZABLE,")

    async def edit(number):
        return (await clerk.send(document, changes=[{"id": ids[number % 4], "patch": {"address": str(number)}}])).json

    answers = await asyncio.gather(*(edit(number) for number in range(12)))
    failed = [answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer]
    assert set(failed) <= {"CONCURRENT_CHANGE"}
    rows = await clerk.parcels()
    assert sum(row["version"] - 1 for row in rows.values()) == 12 - len(failed)


async def test_a_lock_that_is_held_answers_locked(clerk, empty_database, settings):
    row = await made(clerk, "a")
    other = Database(settings.database, empty_database)
    async with other.session() as session, session.transaction():
        await session.rows(text("SELECT id FROM parcels FOR UPDATE"))
        answer = await clerk.send(UPDATE, changes=[{"id": row, "patch": {"address": "x"}}])
    await other.dispose()
    assert (answer.status, answer.code) == (503, "LOCKED")


async def test_nobody_writes_without_the_scope(clerk):
    document = "mutation ($inputs: [ParcelInput!]!) { createParcels(inputs: $inputs) { affected { count } } }"
    answer = await clerk.door.post(document, {"inputs": [parcel("a")]})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert await clerk.parcels() == {}
