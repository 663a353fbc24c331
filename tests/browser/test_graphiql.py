"""GraphiQL at `/graphql`: queries run, answers are drawn, drawings become variables, in a real browser."""

import json
import re
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from tests.browser.test_map import barriers
from tests.fixtures.browser import PHONE, WIDE

pytestmark = pytest.mark.asyncio(loop_scope="session")

DRAWN = """query Drawn($where: GeometryInput!) {
  parcels(first: 500, filters: { geometry: { intersects: $where } }) { totalCount nodes { parcelId geometry } }
}"""
PATH = re.compile(r"^data\.parcels\.nodes\[\d+\]\.geometry$")
LETTER = 8.5  # pixels
CENTRE = [-93.293, 42.005]  # of the sample county


async def run(page):
    await page.get_by_role("button", name="Execute query").click()


def is_answer(response):
    """Whether it answers an operation of the editor, and not where the rows are."""
    return response.request.method == "POST" and "first: 0" not in response.request.post_data


async def text_of(page, editor):
    """What stands in an editor: its model is Monaco's."""
    models = "name => __MONACO.editor.getModels().find(each => each.uri.path.endsWith(name)).getValue()"
    return await page.evaluate(models, editor)


async def hover_one(page):
    """Move the pointer well into something drawn."""
    inside = """() => {
        const box = map.getCanvas().getBoundingClientRect();
        const on = (x, y) => map.queryRenderedFeatures([x, y], { layers: ["areas"] })[0]?.id ?? -1;
        for (let x = 10; x < box.width; x += 3) for (let y = 10; y < box.height; y += 3)
            if (on(x, y) >= 0 && on(x - 3, y) === on(x, y) && on(x + 3, y) === on(x, y)) return [box.x + x, box.y + y];
    }"""
    await page.mouse.move(*await page.evaluate(inside))


async def test_a_query_runs_and_its_geometry_is_drawn_coloured_by_a_field_and_named_by_its_path(site, open_page):
    async with open_page(f"{site.url}/graphql", viewport=WIDE) as watched:
        page = watched.page
        await run(page)
        assert await watched.drawn("areas") >= 100
        await page.get_by_label("Colour by").select_option("landUse")
        await expect(page.get_by_role("list", name="Colours by landUse").get_by_role("listitem").first).to_be_visible()
        await watched.drawn("areas")
        await hover_one(page)
        await expect(page.locator(".place code")).to_have_text(PATH)
        await watched.shot("graphiql")


async def test_a_drawn_box_becomes_the_variable_that_the_query_declares(site, open_page):
    asked = urlencode({"query": DRAWN, "variables": json.dumps({"where": {"wkt": "POINT(0 0)"}})})
    async with open_page(f"{site.url}/graphql?{asked}") as watched:
        page = watched.page
        await expect(page.get_by_text("A drawing fills $where.")).to_be_visible()
        await page.evaluate("centre => void map.jumpTo({ center: centre, zoom: 15 })", CENTRE)
        await page.get_by_role("button", name="Box").click()
        box = await page.locator(".canvas").bounding_box()
        for step in (0.3, 0.7):
            await page.mouse.click(box["x"] + step * box["width"], box["y"] + step * box["height"])
        await expect(page.get_by_role("button", name="Box")).to_have_attribute("aria-pressed", "false")
        west, south, east, north = json.loads(await text_of(page, "variables.json"))["where"]["bbox"]
        assert west < CENTRE[0] < east
        assert south < CENTRE[1] < north
        await run(page)
        assert await watched.drawn("areas") > 10


async def test_an_answer_tells_its_statements_to_who_asks(site, open_page):
    async with open_page(f"{site.url}/graphql") as watched:
        page = watched.page
        await page.get_by_role("tab", name="Plan").click()
        await expect(page.get_by_text("has no plan")).to_be_visible()
        await page.get_by_label("Explain the next answers").check()
        await run(page)
        await expect(page.get_by_label("SQL")).to_contain_text("FROM parcels")


async def test_every_example_runs_and_only_the_one_about_errors_has_an_error(site, open_page):
    async with open_page(f"{site.url}/graphql") as watched:
        page = watched.page
        await page.get_by_role("button", name="Show GraphiQL Explorer").click()
        await expect(page.locator(".graphiql-explorer-root")).to_be_visible()
        await page.get_by_role("button", name="Show Documentation Explorer").click()
        await expect(page.get_by_role("region", name="Documentation Explorer")).to_contain_text("ParcelConnection")
        await page.get_by_role("button", name="Show Examples").click()
        examples = page.get_by_role("region", name="Examples").get_by_role("button")
        await expect(examples.first).to_be_visible()
        for index in range(await examples.count()):
            async with page.expect_response(is_answer) as answered:
                await examples.nth(index).click()
            answer = await (await answered.value).json()
            title = await examples.nth(index).locator("b").inner_text()
            assert ("errors" in answer) == title.startswith("A mistake"), (title, answer.get("errors"))
        watched.problems = [problem for problem in watched.problems if "400" not in problem]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{"viewport": WIDE}, PHONE], ids=["desktop", "phone"])
async def test_graphiql_keeps_nobody_out_and_fits_its_screen(site, open_page, screen, scheme):
    """By axe, with an answer on its map; on a phone an editor has a line of 30 letters at least."""
    async with open_page(f"{site.url}/graphql", color_scheme=scheme, **screen) as watched:
        page = watched.page
        await run(page)
        assert await watched.drawn("areas") >= 100
        await watched.shot(f"graphiql-{'phone' if screen is PHONE else 'desktop'}-{scheme}")
        assert await barriers(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        editor = await page.locator(".graphiql-query-editor .monaco-editor").first.bounding_box()
        assert editor["width"] >= 30 * LETTER
        if screen is PHONE:
            for button in await page.locator(".workbench button:visible, .workbench select:visible").all():
                box = await button.bounding_box()
                assert min(box["width"], box["height"]) >= 44, await button.evaluate("each => each.outerHTML")
