"""Mutations of one row with a plan and without it: the same answers, the same rows, and as few statements as can be."""

import asyncpg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.asgi import create_app
from tests.fixtures.door import on, opened
from tests.integration.writing.conftest import Clerk, square

INPUT = {"parcelId": "a", "address": "1 Elm", "assessedValue": 1.5, "yearBuilt": 1990, "geometry": square(-93.0)}
OTHER = INPUT | {"parcelId": "b", "geometry": square(-92.9)}
BOW_TIE = {"geojson": {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 3], [0, 0]]]}}
ALL = """
  key: __typename index outcome areaChange error { code }
  parcel {
    __typename id featureId parcelId address landUse assessedValue yearBuilt ownerName attributes version
    geometry(precision: $precision) areaSqm bbox area(unit: HECTARE) centroid
    feature(properties: [ADDRESS])
  }
  again: parcel { ...Short @include(if: $short) version }
"""
HEAD = "mutation ($row: ParcelInput!, $precision: Int = 4, $short: Boolean = true)"
SHORT = "fragment Short on Parcel { short: parcelId }"
CREATE = f"{HEAD} {{ made: createParcel(input: $row) {{ {ALL} }} }} {SHORT}"
SWITCHED = """
  mutation ($change: ParcelChange!, $x: Boolean = true) {
    updateParcel(change: $change) { index outcome @include(if: $x) }
  }
"""
UPSERT = CREATE.replace("createParcel", "upsertParcel")
CASES = {
    "all that a row has": [(CREATE, {"row": INPUT})],
    "variables in the selection": [(CREATE, {"row": INPUT, "precision": 2, "short": False})],
    "nothing of the row": [("mutation ($row: ParcelInput!) { createParcel(input: $row) { outcome } }", {"row": INPUT})],
    "values in the document": [
        ('mutation { createParcel(input: {parcelId: "x", geometry: {bbox: [0, 0, 1, 1]}}) { parcel { bbox } } }', {})
    ],
    "what is related": [
        (
            "mutation ($row: ParcelInput!) { createParcel(input: $row) { parcel { id neighbors { nodes { id } } } } }",
            given,
        )
        for given in ({"row": INPUT}, {"row": OTHER})
    ],
    "what only resolvers give": [
        (
            "mutation ($row: ParcelInput!) { createParcel(input: $row) { parcel { history { nodes { version } } } } }",
            given,
        )
        for given in ({"row": INPUT}, {"row": OTHER})
    ],
    "repair": [(CREATE.replace("$row)", "$row, onInvalid: REPAIR)"), {"row": INPUT | {"geometry": BOW_TIE}})],
    "a key twice": [(CREATE, {"row": INPUT}), (CREATE, {"row": INPUT})],
    "all that is wrong": [(CREATE, {"row": INPUT | {"geometry": BOW_TIE, "yearBuilt": 1}})],
    "a bad argument of the payload": [(CREATE, {"row": INPUT, "precision": 99})],
    "a constraint": [(CREATE, {"row": INPUT | {"address": "no such street"}})],
    "serializable": [(CREATE.replace("$row)", "$row, isolation: SERIALIZABLE)"), {"row": INPUT})],
    "upserts": [(UPSERT, {"row": INPUT}), (UPSERT, {"row": INPUT}), (UPSERT, {"row": INPUT | {"address": "2 Elm"}})],
    "changes": [
        (CREATE, {"row": INPUT}),
        ('mutation { updateParcel(change: {id: "UGFyY2VsOjE=", patch: {landUse: "R2"}}) { parcel { landUse } } }', {}),
        ('mutation { updateParcel(change: {id: "UGFyY2VsOjk=", patch: {landUse: "R2"}}) { parcel { landUse } } }', {}),
        ('mutation { deleteParcel(removal: {id: "UGFyY2VsOjE=", expectedVersion: 7}) { outcome } }', {}),
        ('mutation { deleteParcel(removal: {id: "UGFyY2VsOjE="}) { outcome parcel { id } } }', {}),
    ],
    "a switch that is null": [
        (CREATE, {"row": INPUT}),
        (
            'mutation ($x: Boolean = false) { deleteParcel(removal: {id: "UGFyY2VsOjE="}) @skip(if: $x) { outcome } }',
            {"x": None},
        ),
        (
            SWITCHED,
            {"change": {"id": "UGFyY2VsOjE=", "patch": {"landUse": "R2"}}, "x": None},
        ),
    ],
    "two fields": [
        (
            "mutation ($row: ParcelInput!) { createParcel(input: $row) { index } upsertParcel(input: $row) { index } }",
            {"row": INPUT},
        )
    ],
}
HISTORY = "SELECT id, version, operation, principal, request_id IS NOT NULL AS by FROM parcel_history ORDER BY 1, 2"
EMPTY = "TRUNCATE parcels RESTART IDENTITY; TRUNCATE parcel_history"


@pytest.fixture
async def beside(empty_database):
    connection = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    await connection.execute("ALTER TABLE parcels ADD CONSTRAINT streets CHECK (address <> 'no such street')")
    yield connection
    await connection.close()


@pytest.fixture
async def clerks(settings, empty_database, clerk):
    """Clerks at a gateway with the planner and at one without it."""
    given = on(settings, empty_database)
    async with (
        opened(create_app(given.model_copy(update={"planner": "on"}))) as planned,
        opened(create_app(given.model_copy(update={"planner": "off"}))) as resolved,
    ):
        yield Clerk(planned, clerk.key), Clerk(resolved, clerk.key)


async def test_writes_with_a_plan_answer_and_leave_what_those_without_do(clerks, beside):
    for case, sendings in CASES.items():
        found = []
        for clerk in clerks:
            await beside.execute(EMPTY)
            answers = [(await clerk.send(document, **variables)).json for document, variables in sendings]
            told = [error["extensions"] for answer in answers for error in answer.get("errors", ())]
            for extensions in told:
                extensions.pop("stored", None)  # with times
            for answer in answers:
                answer.get("extensions", {}).get("cost", {}).pop("actual", None)  # a time, too
            assert not {extensions["code"] for extensions in told} & {"GRAPHQL_VALIDATION_FAILED", "INTERNAL"}, case
            found.append((answers, await beside.fetch(HISTORY)))
        assert found[0] == found[1], case


@pytest.fixture
def sent():
    """The statements that are sent, but for those that look for keys and jobs, as happens every few seconds."""
    found = []

    def hear(_connection, _cursor, statement, *_):
        if "FROM api_keys" not in statement and "FROM analysis_jobs" not in statement:
            found.append(statement.split()[0])

    event.listen(Engine, "before_cursor_execute", hear)
    yield found
    event.remove(Engine, "before_cursor_execute", hear)


async def test_a_new_row_is_one_statement(clerk, sent):
    await clerk.data(CREATE, row=INPUT)
    sent.clear()
    await clerk.data(CREATE, row=OTHER)
    assert sent == ["INSERT"]


async def test_a_change_of_one_row_is_read_back_in_its_transaction(clerk, sent):
    await clerk.data(CREATE, row=INPUT)
    sent.clear()
    document = "mutation ($row: ParcelInput!) { upsertParcel(input: $row) { outcome parcel { version } } }"
    await clerk.data(document, row=INPUT | {"address": "2 Elm"})
    assert sent == ["BEGIN", "INSERT", "SELECT", "COMMIT;"]
