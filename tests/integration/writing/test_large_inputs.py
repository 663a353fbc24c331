"""Large geometries in requests: others are served while they are read."""

import threading

import pytest

from gateway.asgi import create_app
from gateway.geo import geojson
from gateway.geo.geojson import from_geojson
from tests.fixtures.door import on, opened

FILTER = "query ($g: GeometryInput!) { parcels(filters: {geometry: {intersects: $g}}) { totalCount } }"
ORDER = "query ($g: GeometryInput!) { parcels(first: 1, order: [{distanceTo: $g}]) { edges { distance } } }"
FIELD = "query ($g: GeometryInput!) { parcel(featureId: 1) { distance(to: $g) } }"
CREATE = "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome } }"


def parts(number):
    """A MultiPolygon of so many triangles in rows of fifty."""
    places = ((0.0003 * (index % 50), 0.0003 * (index // 50)) for index in range(number))
    rings = [[[x, y], [x + 1e-4, y], [x + 1e-4, y + 1e-4], [x, y]] for x, y in places]
    return {"geojson": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}}


@pytest.fixture
def threads(monkeypatch):
    """The threads in which geometries were read."""
    seen = []

    def read(*arguments, **options):
        seen.append(threading.current_thread())
        return from_geojson(*arguments, **options)

    monkeypatch.setattr(geojson, "from_geojson", read)
    return seen


@pytest.mark.parametrize("planner", ["on", "off"])
@pytest.mark.parametrize("document", [FILTER, ORDER, FIELD], ids=["filter", "order", "field"])
async def test_a_geometry_of_thousands_of_parts_is_read_aside_from_the_event_loop(
    settings, small, threads, planner, document
):
    app = create_app(on(settings, small).model_copy(update={"planner": planner}))
    async with opened(app) as door:
        for number, aside in ((3, False), (2400, True)):
            answer = await door.post(document, {"g": parts(number)})
            assert "errors" not in answer.json
            assert {thread is not threading.main_thread() for thread in threads} == {aside}
            threads.clear()


async def test_a_large_geometry_that_is_written_is_read_aside_too(clerk, threads):
    written = await clerk.data(CREATE, input={"parcelId": "large", "geometry": parts(2400)})
    assert written["createParcel"]["outcome"] == "CREATED"
    assert threading.main_thread() not in threads
