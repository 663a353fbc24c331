"""Every field of both types over HTTP: present, of its type, and right as shapely and pyproj compute it."""

import pytest
import shapely
from graphql import get_named_type, is_required_argument
from pyproj import Geod, Transformer
from shapely.geometry import shape
from sqlalchemy import text

from tests.fixtures.both_ways import opened_ways
from tests.fixtures.schema import SCHEMA

WGS84 = Geod(ellps="WGS84")
ARGUMENTS = {
    "area": "(unit: HECTARE)",
    "buffer": "(meters: 3)",
    "distance": '(to: {wkt: "POINT(-71.11 42.373)"})',
    "projectedGeometry": '(crs: "EPSG:2249")',
}
PLACE = '{address: {contains: "BRATTLE"}}'


def selection(type_name):
    """All fields of a type: scalars as they are, of objects the plain ones."""
    found = []
    for name, field in SCHEMA.type_map[type_name].fields.items():
        kind = get_named_type(field.type)
        assert name in ARGUMENTS or not any(map(is_required_argument, field.args.values()))
        inner = "{ totalCount }" if "Connection" in kind.name else "{ crs geometry }" if hasattr(kind, "fields") else ""
        inner = "{ pageInfo { hasNextPage } }" if name == "history" else inner
        found.append(f"{name}{ARGUMENTS.get(name, '')} {inner}")
    return " ".join(found)


def is_right_handed(geometry):
    parts = getattr(shape(geometry), "geoms", [shape(geometry)])
    return all(part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors) for part in parts)


def area(geometry):
    return sum(WGS84.geometry_area_perimeter(part)[0] for part in shapely.orient_polygons(shape(geometry)).geoms)


@pytest.mark.parametrize(("field", "type_name"), [("parcels", "Parcel"), ("zoningDistricts", "ZoningDistrict")])
async def test_every_field_agrees_with_the_geometry(ask, field, type_name):
    nodes = (await ask(f"{{ {field}(first: 10) {{ nodes {{ {selection(type_name)} }} }} }}"))[field]["nodes"]
    to_feet = Transformer.from_crs(4326, 2249, always_xy=True)
    for node in nodes:
        assert node.keys() == SCHEMA.type_map[type_name].fields.keys()
        geometry = shape(node["geometry"])
        assert geometry.is_valid
        assert is_right_handed(node["geometry"])
        assert node["areaSqm"] == pytest.approx(area(node["geometry"]), rel=1e-6)
        assert node["area"] == pytest.approx(node["areaSqm"] / 10_000)
        assert node["perimeterM"] == pytest.approx(
            sum(WGS84.geometry_length(ring) for part in geometry.geoms for ring in (part.exterior, *part.interiors)),
            rel=1e-6,
        )
        assert node["bbox"] == pytest.approx(geometry.bounds, abs=1e-7)
        assert shape(node["centroid"]).distance(geometry.centroid) < 1e-6
        assert geometry.buffer(1e-7).contains(shape(node["pointOnSurface"]))
        assert shape(node["buffer"]).contains(geometry)
        assert is_right_handed(node["buffer"])
        assert node["distance"] > 0
        feet = shapely.transform(geometry, lambda x: list(zip(*to_feet.transform(*x.T), strict=True)))
        assert shapely.hausdorff_distance(shape(node["projectedGeometry"]["geometry"]), feet) < 0.05
        assert node["feature"]["id"] == node["featureId"]
        assert shape(node["feature"]["geometry"]).equals(geometry)
        assert node["feature"]["properties"]["version"] == node["version"] == 1


async def test_a_row_out_of_the_reach_of_a_crs_has_no_geometry_in_it_and_the_page_comes(strayed, small_template):
    document = """{ parcels(last: 2, order: [{featureId: ASC}]) { nodes {
      parcelId projectedGeometry(crs: "EPSG:26915") { crs geometry } } } }"""
    with strayed(small_template) as url:
        async with opened_ways(url) as ways:
            on, off = await ways.run(document)
    assert on.planned
    assert on.answer == off.answer
    inside, stray = on.answer["data"]["parcels"]["nodes"]
    assert inside["projectedGeometry"]["geometry"]["type"] == "MultiPolygon"
    assert stray == {"parcelId": "stray", "projectedGeometry": {"crs": "EPSG:26915", "geometry": None}}


async def test_the_highest_precision_writes_every_digit(both_ways):
    on, off = await both_ways.run("{ parcels(first: 50) { nodes { geometry(precision: 15) } } }")
    assert on.answer == off.answer
    async with both_ways.database.session() as session:
        stored = await session.rows(text("SELECT ST_AsBinary(geom) FROM parcels ORDER BY id LIMIT 50"))
    for node, row in zip(on.answer["data"]["parcels"]["nodes"], stored, strict=True):
        assert shapely.equals_exact(shape(node["geometry"]), shapely.from_wkb(bytes(row[0])), tolerance=0)


@pytest.mark.parametrize("precision", range(16))
async def test_any_precision_keeps_rings_valid_and_right_handed(ask, precision):
    document = f"{{ zoningDistricts(first: 40) {{ nodes {{ geometry(precision: {precision}) areaSqm }} }} }}"
    for node in (await ask(document))["zoningDistricts"]["nodes"]:
        assert node["geometry"]["type"] == "MultiPolygon"
        assert shape(node["geometry"]).is_valid
        assert is_right_handed(node["geometry"])


@pytest.mark.parametrize("metres", [0.5, 5, 50, 5_000])
async def test_simplified_geometries_are_valid_and_have_fewer_vertices(ask, metres):
    document = f"{{ zoningDistricts(first: 40) {{ nodes {{ a: geometry b: geometry(simplify: {metres}) }} }} }}"
    for node in (await ask(document))["zoningDistricts"]["nodes"]:
        whole, less = shape(node["a"]), shape(node["b"])
        assert less.is_valid
        assert is_right_handed(node["b"])
        assert shapely.get_num_coordinates(less) <= shapely.get_num_coordinates(whole)


@pytest.mark.parametrize("metres", [5e-324, 1e-320, 1e-305])
async def test_metres_too_few_to_be_degrees_simplify_nothing(both_ways, metres):
    document = """query ($m: Float!) { parcel(featureId: 1) {
      whole: geometry geometry(simplify: $m) feature(simplify: $m)
      projectedGeometry(crs: "EPSG:3857", simplify: $m) { geometry }
    } parcels(first: 1) { featureCollection(simplify: $m) } }"""
    on, off = await both_ways.run(document, {"m": metres})
    assert on.answer == off.answer
    parcel = on.answer["data"]["parcel"]
    assert parcel["geometry"] == parcel["feature"]["geometry"] == parcel["whole"]


@pytest.mark.parametrize("tiny", [-1e-200, 5e-324])
@pytest.mark.parametrize(
    "form",
    [
        lambda tiny: {"wkt": f"POINT(0 {tiny})"},
        lambda tiny: {"geojson": {"type": "Point", "coordinates": [tiny, tiny]}},
        lambda tiny: {"bbox": [0, tiny, 0.1, tiny]},
        lambda tiny: {"wkt": f"LINESTRING(0 0, 0.1 {tiny})"},
        lambda tiny: {"circle": {"center": [0, tiny], "radius": 5}},
    ],
    ids=["wkt", "geojson", "bbox", "line", "circle"],
)
async def test_targets_too_near_the_equator_for_numbers_are_measured_from_it(both_ways, form, tiny):
    document = """query ($g: GeometryInput!) { parcel(featureId: 1) { distance(to: $g) }
      parcels(first: 1, order: [{distanceTo: $g}]) { edges { distance } }
      near: parcels(filters: {geometry: {dwithin: {geometry: $g, distance: 9}}}) { totalCount } }"""
    on, off = await both_ways.run(document, {"g": form(tiny)})
    assert on.answer == off.answer
    at_equator = (await both_ways.on.run(document, {"g": {"wkt": "POINT(0 0)"}})).answer["data"]
    assert on.answer["data"]["parcel"]["distance"] == pytest.approx(at_equator["parcel"]["distance"], rel=0.01)
    assert on.answer["data"]["near"]["totalCount"] == 0


async def test_fragments_aliases_variables_and_directives_work_together(ask):
    document = """
    query Q($n: Int = 2, $shape: Boolean!, $unit: AreaUnit! = ACRE) {
      first: parcels(first: $n) { ...rows }
      last: parcels(last: $n) { ...rows }
    }
    fragment rows on ParcelConnection { nodes { ...plain ... on Node { id } ... @include(if: $shape) { geometry } } }
    fragment plain on Parcel { key: parcelId a: area(unit: $unit) b: area(unit: SQUARE_METRE) areaSqm }
    """
    found = await ask(document, shape=False)
    assert len(found["first"]["nodes"]) == len(found["last"]["nodes"]) == 2
    node = found["first"]["nodes"][0]
    assert node.keys() == {"key", "a", "b", "areaSqm", "id"}
    assert node["b"] == node["areaSqm"] == pytest.approx(node["a"] * 4_046.8564224)
    assert "geometry" in (await ask(document, shape=True, n=1))["last"]["nodes"][0]


async def test_distance_of_an_edge_is_there_where_one_is_measured(ask):
    point = '{wkt: "POINT(-71.11 42.373)"}'
    document = f"""{{
      none: parcels(first: 3) {{ edges {{ distance }} }}
      ordered: parcels(first: 3, order: [{{distanceTo: {point}}}]) {{
        edges {{ distance node {{ distance(to: {point}) }} }}
      }}
      filtered: parcels(first: 3, filters: {{geometry: {{dwithin: {{geometry: {point}, distance: 100}}}}}}) {{
        edges {{ distance node {{ distance(to: {point}) }} }}
      }}
    }}"""
    found = await ask(document)
    assert [edge["distance"] for edge in found["none"]["edges"]] == [None] * 3
    for name in ("ordered", "filtered"):
        assert [edge["distance"] == edge["node"]["distance"] for edge in found[name]["edges"]] == [True] * 3
    assert [edge["distance"] for edge in found["ordered"]["edges"]] == sorted(
        edge["distance"] for edge in found["ordered"]["edges"]
    )


async def test_a_single_row_takes_exactly_one_key(ask, refused):
    for document in ("{ parcel { id } }", '{ parcel(parcelId: "1", featureId: 1) { id } }'):
        error = await refused(document)
        assert error["extensions"]["code"] == "BAD_ARGUMENT"
        assert error["message"].startswith("Give exactly one of id, featureId, parcelId")
    found = await ask(
        '{ a: parcel(parcelId: "no") { id } b: parcel(featureId: 0) { id } node(id: "UGFyY2VsOjA=") { id } }'
    )
    assert found == {"a": None, "b": None, "node": None}


async def test_connections_of_parts_agree_with_the_whole(ask):
    found = await ask(f"""{{ parcels(first: 1000, filters: {PLACE}) {{
      totalCount capped: totalCount(mode: CAPPED, cap: 5) estimated: totalCount(mode: ESTIMATED) extent
      nodes {{ featureId bbox }} featureCollection(properties: [PARCEL_ID, ATTRIBUTES]) }} }}""")
    page = found["parcels"]
    assert page["totalCount"] == len(page["nodes"]) == len(page["featureCollection"]["features"])
    assert (page["capped"], page["estimated"] > 0) == (5, True)
    assert page["extent"] == pytest.approx(page["featureCollection"]["bbox"])
    wests, souths, easts, norths = zip(*(node["bbox"] for node in page["nodes"]), strict=True)
    assert page["extent"] == pytest.approx([min(wests), min(souths), max(easts), max(norths)], abs=1e-7)
    first = page["featureCollection"]["features"][0]
    assert (first["type"], first["id"]) == ("Feature", page["nodes"][0]["featureId"])
    assert first["properties"].keys() == {"parcelId", "attributes"}
