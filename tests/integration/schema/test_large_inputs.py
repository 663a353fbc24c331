"""Large geometries in requests: others are served while they are read."""

import asyncio
import time

import pytest

from gateway.asgi import create_app
from tests.fixtures.door import on, opened

FILTER = "query ($g: GeometryInput!) { parcels(filters: {geometry: {intersects: $g}}) { totalCount } }"
ORDER = "query ($g: GeometryInput!) { parcels(first: 1, order: [{distanceTo: $g}]) { edges { distance } } }"
FIELD = "query ($g: GeometryInput!) { parcel(featureId: 1) { distance(to: $g) } }"


def parts(number):
    """A MultiPolygon of so many triangles in rows of fifty."""
    places = ((0.0003 * (index % 50), 0.0003 * (index // 50)) for index in range(number))
    rings = [[[x, y], [x + 1e-4, y], [x + 1e-4, y + 1e-4], [x, y]] for x, y in places]
    return {"geojson": {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}}


async def longest_pause(work):
    """The longest time in seconds that the event loop served nothing else while `work` ran, and its result."""
    pauses, running = [], True

    async def tick():
        while running:
            before = time.thread_time()
            await asyncio.sleep(0)
            pauses.append(time.thread_time() - before)

    ticking = asyncio.create_task(tick())
    result = await work
    running = False
    await ticking
    return max(pauses), result


@pytest.mark.parametrize("planner", ["on", "off"])
@pytest.mark.parametrize("document", [FILTER, ORDER, FIELD], ids=["filter", "order", "field"])
async def test_a_geometry_of_thousands_of_parts_leaves_the_event_loop(settings, small, planner, document):
    app = create_app(on(settings, small).model_copy(update={"planner": planner}))
    async with opened(app) as door:
        await door.post(document, {"g": parts(3)})
        pause, answer = await longest_pause(door.post(document, {"g": parts(2400)}))
    assert "errors" not in answer.json
    assert pause < 0.02
