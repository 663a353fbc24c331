"""What a kind of geometry has no sense for is not in its types, filters, orders and properties."""

import pytest

from gateway.management.declaring.tracked import GEOMETRIES
from gateway.models.declaration import camel
from schema import build_schema
from tests.fixtures.buildings import added

AREAS, LINES = {"areaSqm", "perimeterM"}, {"lengthM"}
OF_AREAS = {"overlapAreaSqm", "coverage", "isPrimary"}
OF_LINES = {"overlapLengthM", "coverage", "isPrimary"}
KINDS = {
    "POINT": (set(), set()),
    "MULTIPOINT": (set(), set()),
    "LINESTRING": (LINES, OF_LINES),
    "MULTILINESTRING": (LINES, OF_LINES),
    "POLYGON": (AREAS, OF_AREAS),
    "MULTIPOLYGON": (AREAS, OF_AREAS),
    "GEOMETRY": (AREAS | LINES, OF_AREAS | OF_LINES),
}


@pytest.fixture(scope="module", params=KINDS)
def built(request):
    with added(lambda text: text.replace("MULTIPOLYGON", request.param)) as addition:
        yield request.param, addition, build_schema(addition.layers)._schema


def test_these_are_all_kinds_that_a_layer_may_have():
    assert set(GEOMETRIES) == KINDS.keys()


@pytest.mark.parametrize("name", ["Building", "BuildingState", "BuildingFilter", "BuildingOrder"])
def test_a_layer_has_the_measures_of_its_kind_alone(built, name):
    kind, _, schema = built
    assert schema.type_map[name].fields.keys() & (AREAS | LINES) == KINDS[kind][0]
    if not name.endswith(("Filter", "Order")):
        assert ("area" in schema.type_map[name].fields) == ("areaSqm" in KINDS[kind][0])


def test_so_have_its_properties(built):
    kind, addition, schema = built
    names = {camel(name.lower()) for name in schema.type_map["BuildingProperty"].values}
    assert names & (AREAS | LINES) == KINDS[kind][0]
    assert addition.layer.fields.keys() & (AREAS | LINES) == KINDS[kind][0]


@pytest.mark.parametrize(("edge", "field"), [("BuildingParcels", "parcels"), ("ParcelBuildings", "buildings")])
def test_an_edge_has_what_both_sides_share(built, edge, field):
    kind, _, schema = built
    fields = schema.type_map[f"{edge}Edge"].fields
    assert fields.keys() - {"cursor", "node", "distance"} == KINDS[kind][1]
    owner = schema.type_map["Building" if field == "parcels" else "Parcel"]
    assert ("minCoverage" in owner.fields[field].args) == ("coverage" in KINDS[kind][1])
    if "coverage" in fields:
        whole = {"LINESTRING": "length", "POLYGON": "area", "GEOMETRY": "area or length"}[kind.removeprefix("MULTI")]
        assert f"Share of the building's {whole} that lies in the parcel" in fields["coverage"].description


def test_the_table_has_the_constraints_and_indexes_of_its_kind(built):
    kind, addition, _ = built
    table = addition.layer.model.__table__
    names = {str(each.name) for each in (*table.constraints, *table.indexes)}
    assert ("ix_buildings_area" in names) == ("areaSqm" in KINDS[kind][0])
    assert ("ck_buildings_geom_right_hand" in names) == ("areaSqm" in KINDS[kind][0])
    assert ("ix_buildings_length" in names) == ("lengthM" in KINDS[kind][0])
    assert ("ck_buildings_geom_one_kind" in names) == (kind == "GEOMETRY")


def test_parcels_have_what_they_had(built):
    _, _, schema = built
    assert schema.type_map["Parcel"].fields.keys() & (AREAS | LINES) == AREAS
    fields = schema.type_map["ParcelZoningDistrictsEdge"].fields
    assert fields.keys() - {"cursor", "node", "distance"} == OF_AREAS
