"""A layer that was added is on the map as the gateway's own are: on top of them, to pick, find and select."""

from urllib.parse import urlencode

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlalchemy import text

from gateway.db.sessions import Database
from gateway.settings import DatabaseSettings
from tests.fixtures.buildings import added
from tests.fixtures.buildings.served import of_points

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOORS = """
    INSERT INTO buildings (building_id, floors, geom)
    SELECT 'B' || row_number() OVER (ORDER BY id), 3, ST_PointOnSurface(geom)
    FROM (SELECT * FROM parcels ORDER BY id LIMIT 200) AS lots
"""


async def fill(url):
    database = Database(DatabaseSettings(), url, timeout_ms=0)
    with added(of_points) as addition:
        await addition.migrate(database.engine)
    async with database.engine.begin() as connection:
        await connection.execute(text(DOORS))
    await database.dispose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(serve, cluster, sample_template, pages_built):
    """The gateway with a door in each of 200 parcels."""
    with cluster.copy(sample_template) as url:
        await fill(url)
        with serve(url, app="tests.fixtures.buildings.served:application") as server:
            yield server


async def test_points_lie_on_top_and_are_picked_a_few_pixels_beside_them(site, open_page):
    row = site.data("{ buildings(first: 1) { nodes { featureId buildingId geometry } } }")["buildings"]["nodes"][0]
    longitude, latitude = row["geometry"]["coordinates"]
    async with open_page(f"{site.url}/#map=18/{latitude}/{longitude}") as watched:
        page = watched.page
        assert await watched.drawn("buildings") > 0
        await expect(page.get_by_role("list", name="Colours of buildings")).to_contain_text("building")
        box = await page.locator(".map").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await page.mouse.move(x + 3, y)
        await expect(page.locator(".tip")).to_contain_text(row["buildingId"])
        await page.mouse.click(x + 3, y)
        await expect(page.locator(".sheet")).to_contain_text(f"building {row['buildingId']}")
        await expect(page.locator(".sheet").get_by_role("heading", name="Parcels")).to_be_visible()
        await watched.drawn("over-picked-point")
        await watched.shot("map-third-layer")


async def test_a_selection_of_points_is_drawn_and_counted(site, open_page):
    query = urlencode({"layer": "buildings", "where": "floors.gte:2"})
    async with open_page(f"{site.url}/?{query}") as watched:
        await expect(watched.page.get_by_role("heading", name="200 buildings")).to_be_visible()
        assert await watched.drawn("over-selection-point") > 0
