"""Analyses: what PostGIS answers equals what shapely and plain Python make of the same rows."""

from collections import Counter, defaultdict

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry import shape

from gateway.asgi import create_app
from gateway.settings import AnalyticsSettings, AuthSettings
from tests.fixtures.door import opened
from tests.integration.feeds.test_overviews import connected

GEOD = Geod(ellps="WGS84")
ROWS = "{ parcels(first: 1000%s) { nodes { id landUse geometry(precision: 15) } } }"
OTHERS = "{ zoningDistricts(first: 1000) { nodes { id geometry(precision: 15) } } }"
CLUSTERS = "{ clusters { id count ids hull center } noise }"


@pytest.fixture
async def door(settings, sample):
    async with served(settings, sample) as made:
        yield made


def served(settings, database, **analytics):
    """The gateway on a database, where anyone may analyse."""
    update = {
        "auth": AuthSettings(anonymous=("read", "analyze")),
        "database": settings.database.model_copy(update={"url": database}),
        "analytics": AnalyticsSettings(**analytics),
    }
    return opened(create_app(settings.model_copy(update=update)))


class Rows:
    """Some rows, read in the ordinary way, their shapes, and their centers in metres of a plane about them."""

    def __init__(self, nodes):
        self.ids = [node["id"] for node in nodes]
        self.uses = [node.get("landUse") for node in nodes]
        self.shapes = np.array([shape(node["geometry"]) for node in nodes])
        centers = shapely.centroid(self.shapes)
        self.degrees = np.column_stack((shapely.get_x(centers), shapely.get_y(centers)))
        middle = self.degrees.mean(axis=0)
        far = np.broadcast_to(middle, self.degrees.shape)
        azimuth, _, metres = GEOD.inv(*far.T, *self.degrees.T)
        turned = np.radians(azimuth)
        self.metres = np.column_stack((metres * np.sin(turned), metres * np.cos(turned)))


async def analysed(door, method, filters=""):
    document = f"{{ analysis {{ parcels{filters} {{ answer: {method} }} }} }}"
    answer = await door.post(document)
    assert "errors" not in answer.json, answer.json["errors"]
    return answer.json["data"]["analysis"]["parcels"]["answer"]


async def rows(door, filters=""):
    answer = await door.post(ROWS % filters)
    return Rows(answer.json["data"]["parcels"]["nodes"])


async def refused(door, method, filters=""):
    return (await door.post(f"{{ analysis {{ parcels{filters} {{ {method} }} }} }}")).json["errors"][0]["extensions"]


@pytest.fixture
async def some(door):
    """The filter of a part of the county of some hundred parcels, as text."""
    extent = (await door.post("{ parcels { extent } }")).json["data"]["parcels"]["extent"]
    west, south, east, north = extent
    x, y = (west + east) / 2, (south + north) / 2
    box = [x, y, x + (east - west) / 4, y + (north - south) / 4]
    return f"filters: {{geometry: {{intersects: {{bbox: {box}}}}}}}"


def dbscan(points, reach, least):
    """Cores' clusters as sets of places, and noise: by the definition, each with each."""
    near = [np.flatnonzero(np.hypot(*(points - point).T) <= reach) for point in points]
    core = {place for place, found in enumerate(near) if len(found) >= least}
    of = {}
    for first in sorted(core):
        waiting = [first] if first not in of else []
        while waiting:
            place = waiting.pop()
            if of.setdefault(place, first) == first and place in core:
                waiting += [other for other in near[place] if other not in of]
    return of, core


@pytest.mark.parametrize(("distance", "unit", "least"), [(45, "METERS", 4), (150, "FEET", 6)])
async def test_clusters_by_density_are_those_of_the_definition(door, some, distance, unit, least):
    found = await analysed(
        door, f"clusterDbscan(distance: {distance}, unit: {unit}, minPoints: {least}) {CLUSTERS}", f"({some})"
    )
    real = await rows(door, f", {some}")
    of, core = dbscan(real.metres, distance * (0.3048 if unit == "FEET" else 1.0), least)
    assert len(core) > least
    noise = {real.ids[place] for place in range(len(real.ids)) if place not in of}
    assert set(found["noise"]) == noise
    expected = defaultdict(set)
    for place in core:
        expected[of[place]].add(real.ids[place])
    cores = {real.ids[place] for place in core}
    assert sorted(map(sorted, expected.values())) == sorted(
        sorted(cores & set(each["ids"])) for each in found["clusters"]
    )
    counts = [each["count"] for each in found["clusters"]]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) + len(noise) == len(real.ids)
    shapes = dict(zip(real.ids, real.shapes, strict=True))
    for each in found["clusters"]:
        hull = shapely.union_all([shapes[identity] for identity in each["ids"]]).convex_hull
        assert shape(each["hull"]).symmetric_difference(hull).area < 1e-6 * hull.area


async def test_k_means_leaves_each_row_in_the_cluster_with_the_nearest_center(door, some):
    found = await analysed(door, f"clusterKMeans(clusters: 4) {CLUSTERS}", f"({some})")
    real = await rows(door, f", {some}")
    places = {identity: place for place, identity in enumerate(real.ids)}
    groups = [[places[identity] for identity in each["ids"]] for each in found["clusters"]]
    assert sorted(place for group in groups for place in group) == list(range(len(real.ids)))
    assert (len(groups), found["noise"]) == (4, [])
    means = np.array([real.metres[group].mean(axis=0) for group in groups])
    for number, group in enumerate(groups):
        away = np.hypot(*(real.metres[group][:, None] - means[None]).transpose(2, 0, 1))
        assert (away[:, number] <= away.min(axis=1) + 0.5).all()
        center = shape(found["clusters"][number]["center"])
        assert np.allclose((center.x, center.y), real.degrees[group].mean(axis=0), atol=1e-6)


async def test_k_means_makes_more_clusters_where_none_may_reach_far(door, some):
    found = await analysed(door, f"clusterKMeans(clusters: 2, maxRadius: 100) {CLUSTERS}", f"({some})")
    real = await rows(door, f", {some}")
    places = {identity: place for place, identity in enumerate(real.ids)}
    assert len(found["clusters"]) > 2
    for each in found["clusters"]:
        group = real.metres[[places[identity] for identity in each["ids"]]]
        assert np.hypot(*(group - group.mean(axis=0)).T).max() < 2 * 100


async def test_the_concave_hull_holds_all_corners_and_is_within_the_convex_hull(door, some):
    real = shapely.union_all((await rows(door, f", {some}")).shapes)
    corners = shapely.multipoints(shapely.get_coordinates(real))
    areas = []
    for ratio in (0.05, 0.3, 1):
        hull = shape(await analysed(door, f"concaveHull(ratio: {ratio})", f"({some})"))
        assert hull.buffer(1e-6).covers(corners)
        assert real.convex_hull.buffer(1e-6).covers(hull)
        areas.append(hull.area)
    assert areas == sorted(areas)
    assert areas[-1] == pytest.approx(real.convex_hull.area, rel=1e-6)


async def test_union_and_dissolved_rows_are_those_of_shapely(door, some):
    real = await rows(door, f", {some}")
    whole = await analysed(door, "union { count areaSqm geometry }", f"({some})")
    union = shapely.union_all(real.shapes)
    assert whole["count"] == len(real.ids)
    assert shape(whole["geometry"]).symmetric_difference(union).area < 1e-5 * union.area
    assert whole["areaSqm"] == pytest.approx(abs(GEOD.geometry_area_perimeter(union)[0]), rel=1e-5)
    parts = await analysed(door, "dissolve(by: LAND_USE) { value count areaSqm geometry }", f"({some})")
    assert {part["value"]: part["count"] for part in parts} == Counter(real.uses)
    for part in parts:
        own = shapely.union_all([s for s, use in zip(real.shapes, real.uses, strict=True) if use == part["value"]])
        assert shape(part["geometry"]).symmetric_difference(own).area < 1e-5 * own.area


async def test_voronoi_cells_hold_what_is_nearest_to_their_row(door, some):
    real = await rows(door, f", {some}")
    cells = await analysed(door, "voronoi { ids geometry }", f"({some})")
    assert sorted(identity for cell in cells for identity in cell["ids"]) == sorted(real.ids)
    places = {identity: place for place, identity in enumerate(real.ids)}
    for cell in cells[::7]:
        point = shape(cell["geometry"]).representative_point()
        _, _, away = GEOD.inv(*np.broadcast_to((point.x, point.y), real.degrees.shape).T, *real.degrees.T)
        assert away[places[cell["ids"][0]]] <= away.min() + 0.1


async def test_voronoi_cells_lose_no_row_where_the_plane_is_wide(settings, own):
    await _insert(own, [(-93, 50), (-93, 50.01), (-115, 50), (-71, 50)])
    async with served(settings, own) as door:
        cells = await analysed(door, "voronoi { ids }", FAR)
    assert [len(cell["ids"]) for cell in cells] == [1, 1, 1, 1]


@pytest.mark.parametrize("places", [[(-93, 50), (-2.5, 50)], [(0, -45.5), (0, 45)], [(100, 0), (-169, 0)]])
async def test_rows_over_more_than_90_degrees_are_refused(settings, own, places):
    await _insert(own, places)
    async with served(settings, own) as door:
        error = await refused(door, "union { count }", FAR)
        assert (error["code"], error["limit"]) == ("ANALYSIS_LIMIT", 90)


async def test_rows_on_both_sides_of_the_antimeridian_are_near_each_other(settings, own):
    await _insert(own, [(179.99, 10), (-179.99, 10), (-179, 10)])
    async with served(settings, own) as door:
        found = await analysed(door, f"clusterDbscan(distance: 5000, minPoints: 2) {CLUSTERS}", FAR)
    assert [cluster["count"] for cluster in found["clusters"]] == [2]
    assert len(found["noise"]) == 1


async def test_what_rows_of_a_layer_share_with_each_other_is_told_but_not_what_one_has_itself(settings, own):
    await _insert(own, [(-93, 50), (-92.9995, 50), (-92, 50)])
    async with served(settings, own) as door:
        own_layer = '{parcels: {parcelId: {startsWith: "far-"}}}'
        found = await analysed(door, f"intersectionWith(other: {own_layer}) {{ id otherId }}", FAR)
    pairs = {(each["id"], each["otherId"]) for each in found}
    assert len(pairs) == 2
    assert pairs == {(other, one) for one, other in pairs}
    assert all(one != other for one, other in pairs)


FAR = '(filters: {parcelId: {startsWith: "far-"}})'


async def _insert(url, places):
    """Add a parcel of 0.001 degrees at each place."""
    boxes = [
        f"ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope({x}, {y}, {x} + 0.001, {y} + 0.001, 4326)))" for x, y in places
    ]
    values = ", ".join(f"('far-{number}', {box})" for number, box in enumerate(boxes))
    async with connected(url) as database:
        await database.execute(f"INSERT INTO parcels (parcel_id, geom) VALUES {values}")


async def test_what_rows_share_with_another_layer_is_what_shapely_cuts(door, some):
    real = await rows(door, f", {some}")
    nodes = (await door.post(OTHERS)).json["data"]["zoningDistricts"]["nodes"]
    others = {node["id"]: shape(node["geometry"]) for node in nodes}
    found = await analysed(
        door, "intersectionWith(other: {zoningDistricts: {}}) { id otherId areaSqm lengthM geometry }", f"({some})"
    )
    expected = {}
    for identity, own in zip(real.ids, real.shapes, strict=True):
        for other_id, other in others.items():
            if (area := own.intersection(other).area) > 1e-11:
                expected[identity, other_id] = area
    told = {(each["id"], each["otherId"]): shape(each["geometry"]).area for each in found}
    assert expected.keys() <= told.keys()
    assert all(told[pair] == pytest.approx(area, rel=1e-3, abs=2e-11) for pair, area in expected.items())
    assert sum(told.values()) == pytest.approx(sum(expected.values()), rel=1e-4)


async def test_what_rows_share_with_a_geometry_is_cut_at_it(door, some):
    real = await rows(door, f", {some}")
    west, south, east, north = shapely.union_all(real.shapes).bounds
    box = shapely.box(west, south, (west + east) / 2, north)
    found = await analysed(
        door, f'intersectionWith(other: {{geometry: {{wkt: "{box.wkt}"}}}}) {{ otherId geometry }}', f"({some})"
    )
    assert {each["otherId"] for each in found} == {None}
    areas = sum(shape(each["geometry"]).area for each in found)
    assert areas == pytest.approx(shapely.area(shapely.intersection(real.shapes, box)).sum(), rel=1e-4)


async def test_rows_of_the_past_are_analysed_as_they_were(door):
    answer = await door.post('{ analysis { parcels(asOf: "2020-01-01T00:00:00Z") { union { count } } } }')
    assert answer.code == "BAD_MOMENT"


async def test_without_rows_there_is_nothing(door):
    none = '(filters: {parcelId: {exact: "none"}})'
    methods = "union { count } concaveHull voronoi { ids } dissolve(by: LAND_USE) { count }"
    answer = await door.post(
        f"{{ analysis {{ parcels{none} {{ {methods} clusterKMeans(clusters: 3) {CLUSTERS} }} }} }}"
    )
    empty = {"union": None, "concaveHull": None, "voronoi": [], "dissolve": []}
    assert answer.json["data"]["analysis"]["parcels"] == empty | {"clusterKMeans": {"clusters": [], "noise": []}}


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        (f"clusterDbscan(distance: 0) {CLUSTERS}", ["distance"]),
        (f"clusterDbscan(distance: 5, minPoints: 0) {CLUSTERS}", ["minPoints"]),
        (f"clusterKMeans(clusters: 1001) {CLUSTERS}", ["clusters"]),
        (f"clusterKMeans(clusters: 2, maxRadius: -1) {CLUSTERS}", ["maxRadius"]),
        ("concaveHull(ratio: 1.5)", ["ratio"]),
        ('intersectionWith(other: {geometry: {wkt: "POINT(200 0)"}}) { id }', ["other", "geometry", "wkt"]),
    ],
)
async def test_arguments_out_of_range_are_named(door, method, argument):
    error = await refused(door, method)
    assert (error["code"], error["argument"][: len(argument)]) == ("OUT_OF_RANGE", argument)


async def test_there_are_no_more_clusters_than_rows(door):
    error = await refused(door, f"clusterKMeans(clusters: 3) {CLUSTERS}", '(filters: {parcelId: {exact: "00001-051"}})')
    assert (error["code"], error["limit"]) == ("OUT_OF_RANGE", 1)


@pytest.mark.parametrize(
    ("analytics", "what"), [({"rows": 100}, "rows"), ({"vertices": 1000}, "vertices"), ({"cost": 1000}, "cost")]
)
async def test_an_analysis_over_a_limit_is_refused_before_it_starts(settings, sample, analytics, what):
    async with served(settings, sample, **analytics) as door:
        error = await refused(door, "union { count }")
        assert (error["code"], error["limit"]) == ("ANALYSIS_LIMIT", analytics[what])
        assert error[what] > error["limit"]
        assert error["rows"] == 2000
        few = '(filters: {parcelId: {startsWith: "00001-00"}})'
        assert (await analysed(door, "union { count }", few))["count"] < 100


async def test_neighbors_of_a_wide_distance_and_pairs_of_rows_count_towards_the_limits(settings, sample):
    async with served(settings, sample, cost=20_000, rows=5_000) as door:
        wide = await refused(door, f"clusterDbscan(distance: 100000) {CLUSTERS}")
        assert (wide["code"], wide["rows"]) == ("ANALYSIS_LIMIT", 2000)
        await analysed(door, f"clusterDbscan(distance: 30) {CLUSTERS}")
        pairs = await refused(door, "intersectionWith(other: {parcels: {}}) { id }")
        assert (pairs["code"], pairs["rows"] > 5_000) == ("ANALYSIS_LIMIT", True)


async def test_what_takes_longer_than_the_engine_allows_is_ended(settings, sample):
    async with served(settings, sample, statement_timeout_ms=5) as door:
        error = await refused(door, f"clusterKMeans(clusters: 900) {CLUSTERS}")
        assert error["code"] == "TIMEOUT"


async def test_costs_tell_what_an_analysis_is_thought_to_take_and_took(door):
    small = await door.post('{ analysis { parcels(filters: {parcelId: {exact: "00001-051"}}) { union { count } } } }')
    whole = await door.post("{ analysis { parcels { union { count } } } }")
    costs = [answer.json["extensions"]["cost"]["analysis"] for answer in (small, whole)]
    assert costs[0]["estimated"] < costs[1]["estimated"] < costs[1]["cap"]
    assert costs[1]["actual"] > 0
    plain = await door.post("{ parcels { totalCount } }")
    assert "analysis" not in plain.json["extensions"]["cost"]


async def test_analyses_take_no_connection_of_others_and_no_more_than_their_own(settings, sample):
    async with served(settings, sample, concurrency=1) as door:
        assert door.state["analysis"].in_use == door.state["database"].in_use == 0
        names = " ".join(f"a{number}: union {{ count }}" for number in range(4))
        assert len(await both(door, names)) == 4
        assert door.state["database"].leases.taken == 0


async def both(door, names):
    answer = await door.post(f"{{ analysis {{ parcels {{ {names} }} }} }}")
    return answer.json["data"]["analysis"]["parcels"]


async def test_it_needs_the_scope_analyze(settings, sample):
    update = {"database": settings.database.model_copy(update={"url": sample}), "auth": AuthSettings()}
    async with opened(create_app(settings.model_copy(update=update))) as door:
        answer = await door.post("{ analysis { parcels { union { count } } } }")
        assert (answer.status, answer.code) == (200, "UNAUTHENTICATED")
        assert answer.json["errors"][0]["extensions"]["scope"] == "analyze"


async def test_a_private_column_is_not_dissolved_by_nor_looked_up(door):
    assert (await refused(door, "dissolve(by: OWNER_NAME) { count }"))["code"] == "PRIVATE_FIELD"
    hidden = '(filters: {ownerName: {startsWith: "A"}})'
    assert (await refused(door, "union { count }", hidden))["code"] == "PRIVATE_FIELD"
    other = 'intersectionWith(other: {parcels: {ownerName: {startsWith: "A"}}}) { id }'
    assert (await refused(door, other))["code"] == "PRIVATE_FIELD"


async def test_small_groups_are_left_out_where_they_are_withheld(settings, sample):
    update = {
        "auth": AuthSettings(anonymous=("read", "analyze"), least_group=400),
        "database": settings.database.model_copy(update={"url": sample}),
    }
    async with opened(create_app(settings.model_copy(update=update))) as door:
        counts = [part["count"] for part in await analysed(door, "dissolve(by: LAND_USE) { count }")]
        assert counts
        assert min(counts) >= 400


async def test_analyses_run_on_the_engine_that_is_set(settings, sample, empty_database):
    async with served(settings, sample, url=empty_database) as door:
        assert await analysed(door, "union { count }") is None
        assert (await door.post("{ parcels { totalCount } }")).json["data"]["parcels"]["totalCount"] == 2000
