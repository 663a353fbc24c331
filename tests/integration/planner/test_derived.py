"""A derived field is declared in one table: schema, planner, resolvers and prices follow from its entry."""

import pytest
from sqlalchemy import Float, func

from gateway import asgi
from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.planner import derived as table
from gateway.planner.derived import DERIVED, WEIGHTS, Derived
from gateway.planner.fields import CONNECTION, EDGE, EDGE_VALUES
from gateway.query.weights import Weight
from schema import build_schema
from tests.fixtures.door import opened
from tests.fixtures.schema import SCHEMA

CORNERS = Derived(
    "corners",
    "Float",
    "Number of positions, times a factor.",
    Weight(1.0, 0.1),
    lambda row, factor: func.ST_NPoints(row.geom, type_=Float) * factor,
    lambda _, given: (given["times"],),
    {"times": ("Float", "The factor.")},
)


@pytest.mark.parametrize("entry", DERIVED, ids=lambda each: each.name)
def test_the_schema_has_what_the_table_says(entry):
    field = SCHEMA.type_map["Parcel"].fields[entry.name]
    assert field.description == entry.description
    assert str(field.type) == entry.returns + "!" * (not entry.nullable)
    arguments = {name: (str(made.type), made.description) for name, made in field.args.items()}
    assert arguments == {name: (f"{kind}!", text) for name, (kind, text) in entry.arguments.items()}
    assert WEIGHTS[entry.name] == entry.weight


@pytest.mark.parametrize("name", ["Parcel", "ParcelZoningDistricts", "ParcelNeighbors"])
def test_connections_and_edges_have_what_their_tables_say(name):
    connection, edge = (SCHEMA.type_map[f"{name}{kind}"].fields for kind in ("Connection", "Edge"))
    declared = [each for each in CONNECTION if not (each.edges if name == "Parcel" else each.layers)]
    assert list(connection) == [each.name for each in declared]
    assert all(connection[each.name].description == each.description for each in declared)
    values = {each.name: each for each in EDGE_VALUES.values()}
    assert list(edge)[: len(EDGE)] == [each.name for each in EDGE]
    assert all(made.description for made in edge.values())
    assert all(WEIGHTS[each] == values[each].weight for each in edge if each in values)


async def test_an_entry_is_all_that_a_new_field_needs(monkeypatch, empty_database, settings):
    monkeypatch.setattr(table, "DERIVED", (*DERIVED, CORNERS))
    monkeypatch.setattr(asgi, "build_schema", build_schema)  # other tests share one of the table as it was
    kept = settings.model_copy(update={"database": settings.database.model_copy(update={"url": empty_database})})
    database = Database(kept.database, empty_database, timeout_ms=0)
    async with database.engine.begin() as connection:
        shape = "ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326))"
        await connection.exec_driver_sql(
            f"INSERT INTO parcels (parcel_id, geom) VALUES ('A', ST_ForcePolygonCCW({shape}))"
        )
    await database.dispose()
    for planner in ("on", "off"):
        async with opened(create_app(kept.model_copy(update={"planner": planner}))) as door:
            found = (await door.post("{ parcels { nodes { one: corners(times: 1) two: corners(times: 2) } } }")).json
            described = (await door.post('{ __type(name: "Parcel") { fields { name description } } }')).json
        assert found["data"]["parcels"]["nodes"] == [{"one": 5, "two": 10}]
        fields = {each["name"]: each["description"] for each in described["data"]["__type"]["fields"]}
        assert fields["corners"] == CORNERS.description
