"""Hostile values on the real surface: each has its code and the place of the argument, and takes no connection."""

import pytest

from gateway.asgi import create_app
from tests.fixtures.door import on, opened

BOX = "bbox:[-71.12,42.37,-71.11,42.38]"


def where(lookup):
    return "{parcels(first:1,filters:{geometry:{" + lookup + "}}){nodes{parcelId}}}"


def shape(geojson):
    return where("intersects:{geojson:" + geojson + "}")


RING = "[[0,0],[1,0],[1,1],[0,0]]"
CORPUS = {
    # 4C numbers, names, cursors
    "int64 overflow": (
        "{parcels(filters:{featureId:{exact:99999999999999999999}}){nodes{parcelId}}}",
        "OUT_OF_RANGE",
    ),
    "1e400 as a number": ("{parcels(filters:{areaSqm:{gt:1e400}}){nodes{parcelId}}}", "NON_FINITE"),
    "field name as SQL": ('{parcels(order:[{"id; drop table":ASC}]){nodes{parcelId}}}', "GRAPHQL_PARSE_FAILED"),
    "field name __proto__": ("{parcels(filters:{__proto__:{exact:1}}){nodes{parcelId}}}", "GRAPHQL_VALIDATION_FAILED"),
    "tampered cursor": ('{parcels(first:1,after:"AAAA"){nodes{parcelId}}}', "BAD_CURSOR"),
    "cursor that is no base64": ('{parcels(first:1,after:"\\u20ac"){nodes{parcelId}}}', "BAD_CURSOR"),
    "first of 1001": ("{parcels(first:1001){nodes{parcelId}}}", "BAD_PAGE"),
    "first of -1": ("{parcels(first:-1){nodes{parcelId}}}", "BAD_PAGE"),
    "first and last": ("{parcels(first:1,last:1){nodes{parcelId}}}", "BAD_PAGE"),
    "filters 11 deep": (
        "{parcels(filters:" + "{not:" * 11 + "{}" + "}" * 11 + "){nodes{parcelId}}}",
        "PREDICATE_LIMIT",
    ),
    "id of nothing": ('{node(id:"nonsense"){id}}', "BAD_ID"),
    # 4D geometry
    "NaN as text in WKT": (where('intersects:{wkt:"POINT(NaN 0)"}'), "NON_FINITE"),
    "1e400 in WKT": (where('intersects:{wkt:"POINT(1e400 0)"}'), "NON_FINITE"),
    "1e400 in GeoJSON": (shape('{type:"Point",coordinates:[1e400,0]}'), "NON_FINITE"),
    "infinite radius": (where("intersects:{circle:{center:[0,0],radius:1e400}}"), "NON_FINITE"),
    "infinite buffer": ('{parcel(parcelId:"a"){buffer(meters:1e400)}}', "NON_FINITE"),
    "radius of 1e300": (where("intersects:{circle:{center:[0,0],radius:1e300}}"), "OUT_OF_RANGE"),
    "negative radius": (where("intersects:{circle:{center:[0,0],radius:-1}}"), "OUT_OF_RANGE"),
    "collections nested 30 deep": (
        shape('{type:"GeometryCollection",geometries:[' * 15 + '{type:"Point",coordinates:[0,0]}' + "]}" * 15),
        "GEOMETRY_DEPTH",
    ),
    "polygon that crosses itself": (
        shape('{type:"Polygon",coordinates:[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}'),
        "INVALID_GEOMETRY",
    ),
    "ring that is not closed": (shape('{type:"Polygon",coordinates:[[[0,0],[1,0],[1,1],[0,1]]]}'), "RING_NOT_CLOSED"),
    "longitude and latitude out of range": (shape('{type:"Point",coordinates:[500,200]}'), "OUT_OF_RANGE"),
    "three ordinates": (shape('{type:"Point",coordinates:[0,0,5]}'), "DIMENSION"),
    "texts as ordinates": (shape('{type:"Point",coordinates:["0","0"]}'), "BAD_GEOMETRY"),
    "crs in GeoJSON": (shape('{type:"Point",coordinates:[0,0],crs:{}}'), "BAD_CRS"),
    "SRID in EWKT": (where('intersects:{wkt:"SRID=3857;POINT(0 0)"}'), "BAD_CRS"),
    "two shapes at once": (where(f'intersects:{{wkt:"POINT(0 0)",{BOX}}}'), "GRAPHQL_VALIDATION_FAILED"),
    "no shape": (where("intersects:{}"), "GRAPHQL_VALIDATION_FAILED"),
}


@pytest.fixture
async def surface(settings, tmp_path):
    """The gateway as it is served, without a database."""
    nowhere = on(settings, f"postgresql+asyncpg://gateway@/none?host={tmp_path}", outage_seconds=0)
    async with opened(create_app(nowhere)) as found:
        yield found


@pytest.mark.parametrize("name", CORPUS)
async def test_hostile_values_are_refused_before_the_database(surface, checkouts, name):
    query, code = CORPUS[name]
    answer = await surface.post(query)
    assert answer.code == code
    assert answer.status in (200, 400)
    assert checkouts() == 0


async def test_a_polygon_of_too_many_vertices_is_refused(surface):
    ring = [[number / 20_000, 0.0] for number in range(10_001)]
    polygon = {"type": "Polygon", "coordinates": [[*ring, [0.2, 1.0], ring[0]]]}
    query = "query($g:Geometry!){parcels(first:1,filters:{geometry:{intersects:{geojson:$g}}}){nodes{parcelId}}}"
    answer = await surface.post(query, {"g": polygon})
    assert answer.code == "VERTEX_LIMIT"
    assert answer.json["errors"][0]["extensions"]["argument"]
