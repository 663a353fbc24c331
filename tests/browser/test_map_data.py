"""The data panel of the map: how many rows there are of each number or value, and filters by them."""

import re
from itertools import pairwise

import pytest
from playwright.async_api import expect

from tests.browser.test_map import barriers, parcel, view_of  # noqa: F401
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")

GROUPS = """query ($filters: ParcelFilter, $keys: [ParcelGroupKey!]!, $first: Int) {
  parcels(filters: $filters) {
    aggregate { count }
    groupBy(keys: $keys, first: $first) { groups { key { landUse bin { start end } } aggregate { count } } }
  }
}"""
COUNT = "query ($filters: ParcelFilter) { parcels(filters: $filters) { totalCount } }"


def panel(page):
    return page.get_by_role("region", name="Data")


async def in_view(page):
    west, south, east, north = await page.evaluate(
        "(() => { const { _sw, _ne } = map.getBounds(); return [_sw.lng, _sw.lat, _ne.lng, _ne.lat]; })()"
    )
    return {"geometry": {"intersects": {"bbox": [west, south, east, north]}}}


async def shown(page):
    """The groups that the panel lists, with how many rows each has."""
    rows = (
        await panel(page)
        .locator(".groups li")
        .evaluate_all(
            "rows => rows.map(row => [row.querySelector('span').textContent, row.querySelector('small').textContent])"
        )
    )
    return {label: int(count.replace(",", "")) for label, count in rows}


async def listed(watched):
    """The groups as listed, once they are counted."""
    await expect(panel(watched.page).locator(".groups li").first).to_be_attached()
    await expect(panel(watched.page).locator("[aria-busy=true]")).to_have_count(0)
    return await shown(watched.page)


def counted(site, filters, key, first=12):
    found = site.data(GROUPS, filters=filters, keys=[key], first=first)["parcels"]
    return found["aggregate"]["count"], found["groupBy"]["groups"]


async def drag(page, first, last, bars):
    """Drag over bars of the histogram, from the middle of one to the middle of another."""
    box = await panel(page).locator(".bars").bounding_box()
    y = box["y"] + box["height"] / 3
    await page.mouse.move(box["x"] + (first + 0.5) / bars * box["width"], y)
    await page.mouse.down()
    await page.mouse.move(box["x"] + (last + 0.5) / bars * box["width"], y, steps=5)
    await page.mouse.up()


async def test_see_how_many_parcels_of_each_land_use_are_in_view(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_label("Chart parcels by").select_option("landUse")
        found = await listed(watched)
        rows, groups = counted(site, await in_view(page), {"column": "LAND_USE"})
        assert {label: count for label, count in found.items() if label != "all others"} == {
            each["key"]["landUse"] or "no value": each["aggregate"]["count"] for each in groups
        }
        assert sum(found.values()) == rows > 0
        await expect(panel(page).get_by_role("status")).to_have_text(f"{rows:,} parcels.")
        await watched.shot("map-data-values")


async def test_see_how_many_of_each_land_use_there_are_and_click_one_to_see_only_those(site, open_page):
    async with open_page(f"{site.url}/?data=landUse.all") as watched:
        page = watched.page
        before = await listed(watched)
        rows, groups = counted(site, None, {"column": "LAND_USE"})
        assert sum(before.values()) == rows
        use = groups[0]["key"]["landUse"]
        choice = panel(page).get_by_role("button", name=re.compile(f"^{re.escape(use)}"))
        await choice.click()
        await expect(choice).to_have_attribute("aria-pressed", "true")
        await expect(page.get_by_label("Value")).to_have_value(use)
        count = f"{groups[0]['aggregate']['count']:,} parcels"
        await expect(page.get_by_role("heading", name=count)).to_be_visible()
        assert await watched.drawn("over-selection") > 0
        assert await listed(watched) == before  # the others can be chosen still
        await choice.click()
        await expect(page.get_by_label("Value")).to_have_count(0)


async def test_drag_over_the_years_1900_to_1950_and_only_those_stay(site, open_page):
    async with open_page(f"{site.url}/?data=yearBuilt.all") as watched:
        page = watched.page
        await panel(page).get_by_text("List of bars").click()
        before = await listed(watched)
        await expect(panel(page).locator(".bars > rect")).not_to_have_count(0)
        bars = await panel(page).locator(".bars > rect").count()
        starts = [int(label.split(" ")[0]) for label in before]
        width = min(later - earlier for earlier, later in pairwise(starts))
        wanted = {"yearBuilt": {"gte": 1900, "lte": 1950 // width * width + width - 1}}
        first, last = ((year - starts[0]) // width for year in (1900, 1950))
        await drag(page, first, last, bars)
        await expect(panel(page).get_by_label("From")).to_have_value("1900")
        await expect(panel(page).get_by_label("To")).to_have_value(str(wanted["yearBuilt"]["lte"]))
        kept = sum(count for label, count in before.items() if 1900 <= int(label.split(" ")[0]) <= 1950)
        assert site.data(COUNT, filters=wanted)["parcels"]["totalCount"] == kept > 0
        await expect(page.get_by_role("heading", name=f"{kept:,} parcels")).to_be_visible()
        assert await watched.drawn("over-selection") > 0
        assert await listed(watched) == before
        await panel(page).get_by_role("heading").scroll_into_view_if_needed()
        await watched.shot("map-data")
        await panel(page).get_by_label("To").fill("1950")
        exact = site.data(COUNT, filters={"yearBuilt": {"gte": 1900, "lte": 1950}})["parcels"]["totalCount"]
        await expect(page.get_by_role("heading", name=f"{exact:,} parcels")).to_be_visible()
        assert "data=yearBuilt.all" in page.url
        assert "where=yearBuilt.gte%3A1900&where=yearBuilt.lte%3A1950" in page.url
        assert await barriers(page) == []


@pytest.mark.parametrize("field", ["yearBuilt", "assessedValue", "areaSqm"])
async def test_every_row_is_in_a_bar_and_a_bar_keeps_as_many_as_it_says(site, open_page, field):
    async with open_page(f"{site.url}/?data={field}.all&where=landUse.iContains:family") as watched:
        page = watched.page
        await panel(page).get_by_text("List of bars").click()
        found = await listed(watched)
        family = {"landUse": {"iContains": "family"}}
        known = {"and": [family, {field: {"isNull": False}}]}
        assert sum(found.values()) == site.data(COUNT, filters=known)["parcels"]["totalCount"]
        for place in (0, len(found) // 2, -1):
            label = list(found)[place]
            bar = panel(page).locator(".groups button").nth(place)
            await bar.click()
            await expect(bar).to_have_attribute("aria-pressed", "true")
            rows = f"{found[label]:,} parcel{'' if found[label] == 1 else 's'}"
            await expect(page.get_by_role("heading", name=rows, exact=True)).to_be_visible()
            await bar.click()


async def test_what_is_in_view_is_counted_again_when_the_map_moves_and_within_the_filter(
    site,
    open_page,
    parcel,  # noqa: F811
):
    async with open_page(
        f"{site.url}/?data=yearBuilt.view&where=landUse.iContains:family{view_of(parcel, 17)}"
    ) as watched:
        page = watched.page
        await watched.drawn("parcels")
        for zoom in (17, 15):
            await page.evaluate("zoom => void map.jumpTo({ zoom })", zoom)
            filters = {"and": [{"landUse": {"iContains": "family"}}, await in_view(page)]}
            rows = site.data(COUNT, filters=filters)["parcels"]["totalCount"]
            await expect(panel(page).get_by_role("status")).to_contain_text(f"{rows:,} parcels: ")


async def test_escape_closes_the_chart_and_back_opens_it_again(site, open_page):
    async with open_page(site.url) as watched:
        page = watched.page
        await page.get_by_label("Chart parcels by").select_option("landUse")
        await panel(page).get_by_role("button", name="All", exact=True).click()
        await listed(watched)
        await page.keyboard.press("Escape")
        await expect(panel(page).locator(".groups")).to_have_count(0)
        await expect(page.get_by_label("Chart parcels by")).to_be_focused()
        assert "data=" not in page.url
        await page.go_back()
        await listed(watched)


async def test_the_data_panel_on_a_phone_in_the_dark(site, open_page):
    async with open_page(f"{site.url}/?data=assessedValue.all", color_scheme="dark", **PHONE) as watched:
        page = watched.page
        await panel(page).get_by_text("List of bars").click()
        await listed(watched)
        await panel(page).locator(".bars").scroll_into_view_if_needed()
        for control in await panel(page).locator("button, select, input, summary").all():
            assert (await control.bounding_box())["height"] >= 44
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await barriers(page) == []
        await panel(page).get_by_role("heading").scroll_into_view_if_needed()
        await watched.shot("map-data-phone")


async def test_escape_closes_the_chart_and_leaves_the_list_that_lies_below(site, open_page):
    async with open_page(f"{site.url}/?data=landUse.all&notice=within:300ft") as watched:
        page = watched.page
        await listed(watched)
        await page.get_by_label("Chart parcels by").focus()
        await page.keyboard.press("Escape")
        await expect(panel(page).locator(".groups")).to_have_count(0)
        await expect(page.get_by_role("heading", name="Notice list")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="Notice list")).to_have_count(0)
