"""Rows on both sides of the antimeridian: boxes, extents, neighbours, lookups and views (RFC 7946, 3.1.9 and 5.2)."""

import pytest
import shapely
from geoalchemy2 import WKBElement

from gateway.models import Parcel
from gateway.settings import LimitSettings
from tests.fixtures.both_ways import opened_ways
from tests.fixtures.mapping import mapped

SOUTH, NORTH = -17.0, -16.9
# West and east of each part: two rows that share the line at 180 degrees, one cut there, and one in Africa.
PARCELS = {
    "west of it": [(179.8, 180.0)],
    "east of it": [(-180.0, -179.85)],
    "on both sides": [(179.9, 180.0), (-180.0, -179.9)],
    "in Africa": [(20.0, 20.1)],
}
SOUTHWARD = {"on both sides": -0.1, "in Africa": 0.0}


def multipolygon(key):
    south, north = SOUTH + SOUTHWARD.get(key, 0), NORTH + SOUTHWARD.get(key, 0)
    return shapely.MultiPolygon([shapely.box(west, south, east, north) for west, east in PARCELS[key]])


def geometry(shape):
    return f"ST_ForcePolygonCCW(ST_SetSRID('{shape.wkb_hex}'::geometry, 4326))"


@pytest.fixture(scope="module")
def fiji(cluster, migrated):
    """URL of a database with the four parcels, and one district on both sides that has the first three."""
    with cluster.copy(migrated) as url:
        name = url.partition("?")[0].rpartition("/")[2]
        for key in PARCELS:
            insert = f"INSERT INTO parcels (parcel_id, geom) VALUES ('{key}', {geometry(multipolygon(key))})"
            cluster.execute(insert, database=name)
        district = shapely.MultiPolygon([shapely.box(179, -18, 180, -16), shapely.box(-180, -18, -179, -16)])
        insert = f"INSERT INTO zoning_districts (code, zone_code, geom) VALUES ('Z', 'R', {geometry(district)})"
        cluster.execute(insert, database=name)
        yield url


@pytest.fixture
async def ways(fiji):
    # Without statistics tables are taken for those of a large county, where rows without neighbours cost too much.
    async with opened_ways(fiji, limits=LimitSettings(cost=1_000_000)) as found:
        yield found


@pytest.fixture
def read(ways):
    """`await read(selection)`: the data of both ways, which are equal."""

    async def run(document):
        on, off = await ways.run(document)
        assert on.answer == off.answer
        assert on.planned
        assert "errors" not in on.answer
        return on.answer["data"]

    return run


async def keys(read, filters):
    found = await read(f"{{ parcels(filters: {filters}) {{ nodes {{ parcelId }} }} }}")
    return {node["parcelId"] for node in found["parcels"]["nodes"]}


async def test_the_box_of_a_row_on_both_sides_goes_over_the_antimeridian(read):
    found = await read('{ parcel(parcelId: "on both sides") { bbox centroid } }')
    assert found["parcel"]["bbox"] == pytest.approx([179.9, -17.1, -179.9, -17.0], abs=1e-9)
    x, y = found["parcel"]["centroid"]["coordinates"]
    assert (abs(x), y) == pytest.approx((180, -17.05), abs=1e-6)


@pytest.mark.parametrize("key", PARCELS)
async def test_python_and_postgis_have_the_same_box_and_centroid(read, key):
    found = (await read(f'{{ parcel(parcelId: "{key}") {{ bbox centroid(precision: 15) }} }}'))["parcel"]
    row = Parcel(geom=WKBElement(shapely.to_wkb(shapely.set_srid(multipolygon(key), 4326), include_srid=True)))
    assert row.bbox == pytest.approx(found["bbox"], abs=1e-9)
    centroid = shapely.from_wkb(bytes(row.centroid.data))
    assert centroid.coords[0] == pytest.approx(found["centroid"]["coordinates"], abs=1e-9)


async def test_extents_and_collections_take_the_narrowest_box(read):
    near = '{parcelId: {inList: ["west of it", "east of it", "on both sides"]}}'
    document = "{{ parcels(filters: {}) {{ extent featureCollection }} }}"
    found = (await read(document.format(near)))["parcels"]
    assert found["extent"] == pytest.approx([179.8, -17.1, -179.85, -16.9], abs=1e-9)
    assert found["featureCollection"]["bbox"] == found["extent"]
    whole = (await read(document.format("{}")))["parcels"]
    assert whole["extent"] == pytest.approx([20, -17.1, -179.85, -16.9], abs=1e-9)
    assert whole["featureCollection"]["bbox"] == whole["extent"]
    pair = '{parcelId: {inList: ["in Africa", "west of it"]}}'
    assert (await read(document.format(pair)))["parcels"]["extent"] == pytest.approx([20, -17, 180, -16.9], abs=1e-9)


async def test_the_extent_of_related_rows_is_the_narrowest_too(read):
    found = await read('{ zoningDistrict(code: "Z") { parcels { totalCount extent } } }')
    parcels = found["zoningDistrict"]["parcels"]
    assert parcels["totalCount"] == 3
    assert parcels["extent"] == pytest.approx([179.8, -17.1, -179.85, -16.9], abs=1e-9)


AFRICA, FIJI = "{bbox: [10, -20, 30, -10]}", "{bbox: [170, -20, -170, -10]}"


@pytest.mark.parametrize("field", ["geometry", "bbox"])
async def test_boxes_find_what_they_hold_and_nothing_on_the_other_side_of_the_world(read, field):
    near = {"west of it", "east of it", "on both sides"}
    for lookup in ("bbOverlaps", "intersects", "contained", "within"):
        assert await keys(read, f"{{{field}: {{{lookup}: {AFRICA}}}}}") == {"in Africa"}, lookup
        assert await keys(read, f"{{{field}: {{{lookup}: {FIJI}}}}}") == near, lookup
    for inner, holders in (("179.95, -17.06, -179.95", {"on both sides"}), ("20.04, -17.06, 20.05", set())):
        assert await keys(read, f"{{{field}: {{bbContains: {{bbox: [{inner}, -17.05]}}}}}}") == holders
    assert await keys(read, f"{{centroid: {{coveredBy: {FIJI}}}}}") == near


async def test_a_target_of_two_parts_does_not_go_around_the_world(read):
    node = (await read('{ parcel(parcelId: "on both sides") { id } }'))["parcel"]["id"]
    wkt = multipolygon("on both sides").wkt
    for target in (f'{{wkt: "{wkt}"}}', f'{{node: "{node}"}}'):
        assert "in Africa" not in await keys(read, f"{{geometry: {{bbOverlaps: {target}}}}}"), target


async def test_rows_on_both_sides_of_the_line_at_180_degrees_are_neighbours(read):
    document = "{ parcels { nodes { parcelId neighbors { edges { sharedBorderM node { parcelId } } } } } }"
    nodes = (await read(document))["parcels"]["nodes"]
    borders = {
        node["parcelId"]: {edge["node"]["parcelId"]: edge["sharedBorderM"] for edge in node["neighbors"]["edges"]}
        for node in nodes
    }
    side = 11_063  # metres of a tenth of a degree of latitude here
    degree = 106_450  # metres of a degree of longitude here
    assert borders["in Africa"] == {}
    assert borders["west of it"] == pytest.approx({"east of it": side, "on both sides": 0.1 * degree}, rel=0.01)
    assert borders["east of it"] == pytest.approx({"west of it": side, "on both sides": 0.1 * degree}, rel=0.01)
    assert borders["on both sides"] == pytest.approx({"west of it": 0.1 * degree, "east of it": 0.1 * degree}, rel=0.01)


async def test_filters_by_neighbours_see_them_from_both_sides(read):
    for key, other in (("west of it", "east of it"), ("east of it", "west of it")):
        some = f'{{neighbors: {{some: {{parcelId: {{exact: "{key}"}}}}}}}}'
        assert await keys(read, some) == {other, "on both sides"}
    assert await keys(read, "{neighbors: {none: {}}}") == {"in Africa"}


async def test_a_buffer_over_the_antimeridian_is_cut_there(read):
    found = await read('{ parcel(parcelId: "west of it") { buffer(meters: 2000) } }')
    shape = shapely.geometry.shape(found["parcel"]["buffer"])
    assert shape.is_valid
    west, east = sorted(part.bounds for part in shape.geoms)
    assert west[0] == -180
    assert west[2] == pytest.approx(-179.981, abs=1e-3)
    assert east[0] == pytest.approx(179.781, abs=1e-3)
    assert east[2] == 180


async def test_the_map_looks_at_where_the_rows_are(settings, fiji):
    near = '?filters={"parcelId":{"inList":["west of it","east of it","on both sides"]}}'
    async with mapped(settings, fiji) as city:
        tiles = (await city.get(f"/tiles/parcels.json{near}")).json
        style = (await city.get(f"/styles/parcels.json{near}")).json
    x, y, _ = tiles["center"]
    assert (x, y) == pytest.approx((179.975, -17.0), abs=1e-6)
    assert tiles["bounds"] == pytest.approx([-180, -17.1, 180, -16.9])
    assert style["center"] == [x, y]
    assert style["metadata"]["gateway:view"]["bounds"] == pytest.approx([179.8, -17.1, -179.85, -16.9])
