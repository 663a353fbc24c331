"""Metres that the gateway serves, against pyproj's Geod and projections that keep distance or area, without PostGIS."""

import numpy as np
import pytest
import shapely
from pyproj import Geod, Proj
from sqlalchemy import text

from tests.fixtures.examples import examples

WGS84 = Geod(ellps="WGS84")
POINTS = np.random.default_rng(20).uniform((-71.165, 42.350), (-71.060, 42.406), (200, 2)).tolist()
NEAREST = """
query ($to: GeometryInput!, $first: Int = 50) {
  parcels(first: $first, order: [{ distanceTo: $to }]) { edges { distance node { featureId } } }
}
"""
WITHIN = """
query ($input: DistanceInput!, $point: GeometryInput!) {
  parcels(filters: { geometry: { dwithin: $input } }, first: 1000) { nodes { featureId distance(to: $point) } }
}
"""
MEASURES = """
query ($after: String) {
  parcels(first: 1000, after: $after) { pageInfo { hasNextPage endCursor } nodes { featureId areaSqm perimeterM } }
}
"""


@pytest.fixture
async def shapes(read_session):
    """Each parcel's geometry by id."""
    rows = await read_session.rows(text("SELECT id, ST_AsEWKB(geom) FROM parcels ORDER BY id"))
    return dict(zip([row[0] for row in rows], shapely.from_wkb([row[1] for row in rows]), strict=True))


def projected(shape, name, longitude, latitude):
    """`shape` in metres around a place; its edges are straight in degrees (RFC 7946, 3.1.1), so they bend here."""
    project = Proj(proj=name, lat_0=latitude, lon_0=longitude, ellps="WGS84")
    return shapely.transform(shapely.segmentize(shape, 5e-5), lambda xy: np.c_[project(xy[:, 0], xy[:, 1])])


def distances(shapes, longitude, latitude):
    """True metres from a point: in an azimuthal equidistant projection all distances from its center are true."""
    center = projected(shapely.Point(longitude, latitude), "aeqd", longitude, latitude)
    return shapely.distance(projected(shapes, "aeqd", longitude, latitude), center)


def test_the_yardstick_itself_measures_as_geod_does():
    rng = np.random.default_rng(3)
    for longitude, latitude in POINTS[:20]:
        places = rng.uniform((-71.165, 42.350), (-71.060, 42.406), (50, 2))
        geodesics = [WGS84.inv(longitude, latitude, *place)[2] for place in places]
        assert distances(shapely.points(places), longitude, latitude) == pytest.approx(geodesics, rel=1e-9)


def test_areas_and_perimeters_of_all_parcels_agree_with_geod(gateway, shapes):
    after, more, seen = None, True, 0
    while more:
        page = gateway.data(MEASURES, after=after)["parcels"]
        for node in page["nodes"]:
            shape = shapely.orient_polygons(shapes[node["featureId"]])
            area, _ = WGS84.geometry_area_perimeter(shape)
            perimeter = sum(map(WGS84.geometry_length, shapely.get_parts(shape.boundary)))
            # Geod takes the area of a parcel as a difference of areas down to the equator: 0.5 square centimetres.
            assert node["areaSqm"] == pytest.approx(area, rel=1e-6, abs=5e-5)
            assert node["perimeterM"] == pytest.approx(perimeter, rel=1e-6)
        seen += len(page["nodes"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == len(shapes)


@pytest.mark.examples
def test_parcels_come_exactly_in_the_order_of_their_true_distances(gateway, shapes):
    ids = np.array(list(shapes))
    tree = shapely.STRtree(list(shapes.values()))
    for longitude, latitude in POINTS[: examples(30, 200)]:
        point = {"type": "Point", "coordinates": [longitude, latitude]}
        edges = gateway.data(NEAREST, to={"geojson": point})["parcels"]["edges"]
        # Every parcel that could be among the nearest: a degree of longitude has more than 82 km here.
        reach = (edges[-1]["distance"] * 1.01 + 1) / 82_000
        around = shapely.Point(longitude, latitude).buffer(reach)
        near = np.sort(tree.query(around, predicate="intersects"))
        # Of a street that runs through the whole city only what is around: its other vertices are the most of all.
        parts = shapely.clip_by_rect(tree.geometries[near], *around.bounds)
        true = dict(zip(ids[near].tolist(), distances(parts, longitude, latitude), strict=True))
        served = [edge["node"]["featureId"] for edge in edges]
        in_order = [true[number] for number in served]
        assert in_order == sorted(in_order)
        assert in_order == sorted(true.values())[:50]
        # ST_Distance rounds to ten nanometres, and the yardstick bends edges every five metres: a micrometre.
        assert [edge["distance"] for edge in edges] == pytest.approx(in_order, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("to", [{"bbox": [-71.115, 42.37, -71.11, 42.375]}, {"node": "UGFyY2VsOjEwMDA="}], ids=str)
def test_distances_from_a_shape_are_true_too(gateway, shapes, to):
    ids = np.array(list(shapes))
    target = shapely.box(*to["bbox"]) if "bbox" in to else shapes[1000]
    center = target.centroid.x, target.centroid.y
    # That projection is true from its center alone; around a target of some hundred metres it is within 1e-8.
    true = shapely.distance(projected(list(shapes.values()), "aeqd", *center), projected(target, "aeqd", *center))
    by_id = dict(zip(ids.tolist(), true, strict=True))
    edges = gateway.data(NEAREST, to=to, first=1000)["parcels"]["edges"]
    served = [by_id[edge["node"]["featureId"]] for edge in edges]
    assert [edge["distance"] for edge in edges] == pytest.approx(served, rel=1e-6, abs=1e-6)
    assert served == pytest.approx(np.sort(true)[:1000], rel=1e-6, abs=1e-6)
    found = gateway.data(WITHIN, point=to, input={"geometry": to, "distance": 120})["parcels"]["nodes"]
    assert {node["featureId"] for node in found} == {number for number, metres in by_id.items() if metres <= 120}


@pytest.mark.parametrize("metres", [0, 30, 250.5])
def test_parcels_within_a_distance_are_those_whose_distance_is_not_more(gateway, shapes, metres):
    ids = np.array(list(shapes))
    for longitude, latitude in POINTS[:10]:
        point = {"geojson": {"type": "Point", "coordinates": [longitude, latitude]}}
        found = gateway.data(WITHIN, point=point, input={"geometry": point, "distance": metres})["parcels"]["nodes"]
        near = [number for number in ids if shapes[number].distance(shapely.Point(longitude, latitude)) < 0.004]
        true = distances(np.array([shapes[number] for number in near], dtype=object), longitude, latitude)
        assert {node["featureId"] for node in found} == {n for n, d in zip(near, true, strict=True) if d <= metres}
        assert all(node["distance"] <= metres for node in found)
