"""TypeScript from the checked-in schema: GraphQL Code Generator makes it, tsc compiles it, and a program uses it."""

from sqlalchemy import text

from tests.fixtures.cluster import ROOT


async def test_generated_types_compile_and_a_program_reads_parcels_with_them(node, gateway, read_session):
    scalars = node("codegen.js", ROOT / "schema" / "schema.graphql", "build")
    assert scalars["MultiPolygon"] == "geojson#MultiPolygon"
    assert None not in scalars.values()
    node("compile.js")
    sheets = node("build/compiled/consumer.js", f"{gateway.url}/graphql")
    statement = text("SELECT ST_NPoints(geom), ST_Area(geom::geography) FROM parcels WHERE parcel_id = :id")
    assert len(sheets) == 5
    for sheet in sheets:
        [(corners, area)] = await read_session.rows(statement, {"id": sheet["parcelId"]})
        assert (sheet["corners"], sheet["area"]) == (corners, f"{area:.1f}")


def test_the_loader_of_code_generators_reads_the_schema_whatever_it_announces(node, gateway):
    assert {"Parcel", "ZoningDistrict", "MultiPolygon"} <= set(node("loader.js", f"{gateway.url}/graphql"))
