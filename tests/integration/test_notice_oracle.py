"""Notice lists of Cambridge against one that knows nothing of PostGIS: shapely in the State Plane (EPSG:2249).

The plane has a scale of its own, at Cambridge 0.99996 and less: over 300 feet that is 4 mm. A parcel as near to the
threshold as the tolerance may be on one list and not on the other; how many there are is printed.
"""

import random
import sys

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from shapely.geometry import shape

from gateway.asgi import create_app
from gateway.layers import PARCELS
from gateway.query.ids import encode
from tests.fixtures.door import opened

FEET, FOOT, SURVEY_FOOT = 300, 0.3048, 1200 / 3937
TOLERANCE = 0.02  # metres
LIST = """query ($parcels: [ID!]!, $distance: Float!) { noticeList(parcels: $parcels, distance: $distance) {
  omitted { reason parcels { distance node { parcelId } } } } }"""
GEOMETRIES = """query ($after: String) { parcels(first: 1000, after: $after) {
  pageInfo { endCursor hasNextPage } nodes { featureId parcelId geometry(precision: 15) } } }"""


@pytest.fixture
async def door(settings, cambridge):
    given = {"private": {}}
    limits = settings.limits.model_copy(update={"page": 1000})
    url = settings.database.model_copy(update={"url": cambridge})
    update = {"auth": settings.auth.model_copy(update=given), "database": url, "limits": limits}
    async with opened(create_app(settings.model_copy(update=update))) as made:
        yield made


async def planar(door):
    """Ids, keys and geometries in feet of the State Plane, of all parcels."""
    nodes, after = [], None
    while True:
        page = (await door.post(GEOMETRIES, {"after": after})).json["data"]["parcels"]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    project = Transformer.from_crs(4326, 2249, always_xy=True).transform
    degrees = np.array([shape(node["geometry"]) for node in nodes])
    feet = shapely.transform(degrees, lambda xy: np.column_stack(project(xy[:, 0], xy[:, 1])))
    return [node["featureId"] for node in nodes], np.array([node["parcelId"] for node in nodes]), feet


def measured(subjects, shapes):
    """Metres from the union of some shapes to each."""
    return shapely.distance(shapely.union_all(shapely.make_valid(shapes[subjects])), shapes) * SURVEY_FOOT


async def listed(door, ids):
    answer = await door.post(LIST, {"parcels": [encode(PARCELS, number) for number in ids], "distance": FEET})
    assert "errors" not in answer.json, answer.json["errors"]
    # Cambridge's file has no owners, so every parcel is told as left out.
    return {
        each["node"]["parcelId"]: each["distance"] * FOOT
        for omission in answer.json["data"]["noticeList"]["omitted"]
        for each in omission["parcels"]
    }


async def test_lists_of_25_parcels_of_cambridge_have_the_same_parcels_and_distances_as_the_plane(door, capsys):
    ids, keys, shapes = await planar(door)
    chosen = random.Random(20261128).sample(range(len(ids)), 25)
    worst, doubtful, total = 0.0, 0, 0
    for subjects in [*([place] for place in chosen), chosen]:
        found = await listed(door, [ids[place] for place in subjects])
        metres = measured(subjects, shapes)
        expected = dict(zip(keys.tolist(), metres.tolist(), strict=True))
        reach = FEET * FOOT + 0.1  # borderline parcels are told, too
        certain = set(keys[metres <= reach - TOLERANCE])
        possible = set(keys[metres <= reach + TOLERANCE])
        assert certain <= found.keys() <= possible
        doubtful += sum(abs(metres - FEET * FOOT) <= TOLERANCE)
        worst = max(worst, *(abs(found[key] - expected[key]) for key in found))
        on = {key for key, distance in found.items() if distance <= FEET * FOOT}
        differ = on ^ set(keys[metres <= FEET * FOOT])
        assert all(abs(expected[key] - FEET * FOOT) <= TOLERANCE for key in differ)
        total += len(on)
    assert worst <= TOLERANCE
    told = f"{total} parcels on 26 lists; distances differ by {1000 * worst:.1f} mm at most; {doubtful} near 300 ft"
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
