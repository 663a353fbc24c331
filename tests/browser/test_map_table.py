"""The table of the map: the rows in view, all that the filter keeps, or the picked one; sorted, copied and shown."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.test_map import barriers, parcel, place, sheet, view_of  # noqa: F401
from tests.browser.test_map_data import in_view
from tests.browser.test_map_past import changing  # noqa: F401
from tests.fixtures.browser import PHONE, press

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROWS = """query ($filters: ParcelFilter, $order: [ParcelOrder!]) {
  parcels(filters: $filters, order: $order, first: 100) {
    totalCount nodes { featureId parcelId address assessedValue yearBuilt }
  }
}"""


def table(page):
    return page.locator("section.table")


async def read(page):
    """Wait until the table has the rows that are asked for."""
    await expect(table(page)).to_have_attribute("aria-busy", "false")
    await expect(table(page).locator("tbody tr").first).to_be_visible()


async def column(page, name):
    """The values of a column on the page that is shown."""
    names = [each.strip(" ▲▼") for each in await table(page).get_by_role("columnheader").all_text_contents()]
    cells = table(page).locator(f"tbody td:nth-child({names.index(name) + 1})")
    return await cells.all_text_contents()


def keys(site, *, filters=None, order=None):
    rows = site.data(ROWS, filters=filters, order=order)["parcels"]["nodes"]
    return [each["parcelId"] for each in rows]


async def test_the_table_has_the_rows_in_view_that_the_filter_keeps(site, open_page, parcel):  # noqa: F811
    link = f"{site.url}/?where=landUse.iContains:family&table=view.address{view_of(parcel, 18)}"
    async with open_page(link) as watched:
        page = watched.page
        await watched.drawn("parcels")
        for zoom in (18, 17):
            await page.evaluate("zoom => void map.jumpTo({ zoom })", zoom)
            filters = {"and": [{"landUse": {"iContains": "family"}}, await in_view(page)]}
            rows = site.data(ROWS, filters=filters)["parcels"]["totalCount"]
            await expect(table(page).get_by_role("heading")).to_have_text(f"{rows:,} parcels in view")
            await read(page)
            assert await column(page, "parcel id") == keys(site, filters=filters, order=[{"address": "ASC"}])[:50]


async def test_pages_go_on_in_the_order_of_two_columns(site, open_page):
    async with open_page(f"{site.url}/?table=all.yearBuilt") as watched:
        page = watched.page
        await read(page)
        value = table(page).get_by_role("columnheader", name="assessed value")
        for direction in ("ascending", "descending"):
            await value.get_by_role("button").click(modifiers=["Shift"])
            await expect(value).to_have_attribute("aria-sort", direction)
        assert "table=all.yearBuilt%2C-assessedValue" in page.url
        wanted = keys(site, order=[{"yearBuilt": "ASC"}, {"assessedValue": "DESC"}])
        for pages, turn, rows in (
            ("1 to 50", None, wanted[:50]),
            ("51 to 100", "Next page", wanted[50:]),
            ("1 to 50", "Previous page", wanted[:50]),
        ):
            if turn:
                await table(page).get_by_role("button", name=turn).click()
            await expect(table(page).get_by_text(pages, exact=True)).to_be_visible()
            await read(page)
            assert await column(page, "parcel id") == rows


async def test_choose_which_columns_the_table_has(site, open_page):
    async with open_page(f"{site.url}/?table=all") as watched:
        page = watched.page
        await read(page)
        await table(page).get_by_role("button", name="Columns").click()
        for name in ("year built", "address"):
            await table(page).get_by_role("checkbox", name=name).uncheck()
        await expect(page.get_by_role("columnheader", name="year built")).to_have_count(0)
        await table(page).get_by_role("checkbox", name="version").check()
        assert await barriers(page) == []
        await watched.shot("map-table-columns")
        await page.keyboard.press("Escape")
        await expect(table(page).get_by_role("checkbox")).to_have_count(0)
        await page.reload()
        await expect(page.get_by_role("columnheader", name="version")).to_be_visible()
        await expect(page.get_by_role("columnheader", name="address")).to_have_count(0)


async def test_what_is_picked_is_a_table_of_one_row(site, open_page, parcel):  # noqa: F811
    async with open_page(f"{site.url}/?table=picked{view_of(parcel, 18)}") as watched:
        page = watched.page
        await watched.drawn("parcels")
        await expect(table(page)).to_contain_text("Click a parcel on the map to pick it.")
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(table(page).get_by_role("heading")).to_have_text("1 parcel picked")
        assert await column(page, "parcel id") == [parcel["parcelId"]]
        await table(page).get_by_role("button", name="In view").click()
        row = table(page).locator('tr[aria-selected="true"]')
        await expect(row).to_contain_text(parcel["parcelId"])


async def test_the_table_is_of_the_moment_that_the_map_shows(changing, open_page):  # noqa: F811
    server, _, _ = changing
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
    made = "where=address.iContains:Fresh&table=all"
    for moment, told in (("", "1 parcel in all"), (f"&asOf={yesterday}", "0 parcels in all")):
        async with open_page(f"{server.url}/?{made}{moment}") as watched:
            await expect(table(watched.page).get_by_role("heading")).to_have_text(told)


async def test_by_keyboard_go_over_the_cells_turn_the_page_sort_and_close(site, open_page):
    async with open_page(f"{site.url}/") as watched:
        page = watched.page
        await watched.drawn("parcels")
        opens = page.get_by_role("button", name="Table", exact=True)
        await opens.press("Enter")
        await read(page)
        await press(table(page).get_by_role("button", name="All", exact=True))
        await expect(table(page).get_by_role("heading")).to_contain_text("in all")
        await read(page)
        cells = table(page).locator("tbody tr")
        await table(page).get_by_role("button", name="Next page").focus()
        await page.keyboard.press("Tab")  # one stop for all cells
        await expect(table(page).get_by_role("button", name="Close the table")).to_be_focused()
        await page.keyboard.press("Tab")
        await expect(cells.nth(0).locator("td").nth(0)).to_be_focused()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
            await page.keyboard.press(key)
        await expect(cells.nth(2).locator("td").nth(1)).to_be_focused()
        await page.keyboard.press("PageDown")
        await expect(table(page).get_by_text("51 to 100", exact=True)).to_be_visible()
        await expect(cells.nth(0).locator("td").nth(1)).to_be_focused()
        await page.keyboard.press("Control+Home")
        await page.keyboard.press("Enter")  # on the header of the first column
        await expect(table(page).get_by_role("columnheader").first).to_have_attribute("aria-sort", "ascending")
        await expect(table(page).get_by_text("1 to 50", exact=True)).to_be_visible()
        await read(page)
        await page.keyboard.press("ArrowDown")
        key = await cells.nth(0).locator("td").nth(0).inner_text()
        await page.keyboard.press("Enter")
        await expect(sheet(page)).to_contain_text(key)
        await watched.drawn("over-picked")
        await page.keyboard.press("Escape")
        await expect(table(page)).to_have_count(0)
        await expect(opens).to_be_focused()
        assert "table=" not in page.url


async def test_keys_copy_the_rows_where_the_browser_lets_no_button_do_so(site, open_page):
    async with open_page(f"{site.url}/?table=all.-yearBuilt.parcelId,yearBuilt") as watched:
        page = watched.page
        await read(page)
        await table(page).locator("tbody td").first.focus()
        text = await page.evaluate(
            """() => {
                const data = new DataTransfer();
                const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true });
                document.activeElement.dispatchEvent(event);
                return data.getData("text/plain");
            }"""
        )
        rows = site.data(ROWS, order=[{"yearBuilt": "DESC"}])["parcels"]["nodes"][:50]
        assert text.splitlines() == [
            "parcel id\tyear built",
            *(f"{row['parcelId']}\t{row['yearBuilt'] or ''}" for row in rows),
        ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_table_on_a_phone(site, open_page, scheme):
    async with open_page(f"{site.url}/?table=all.-assessedValue", color_scheme=scheme, **PHONE) as watched:
        page = watched.page
        await read(page)
        for control in await table(page).locator("button, tbody tr").all():
            assert (await control.bounding_box())["height"] >= 44
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await barriers(page) == []
        await table(page).locator("tbody tr").first.tap()
        await expect(page).to_have_url(re.compile("pick=parcels"))
        await watched.drawn("over-picked")
        await watched.shot(f"map-table-phone-{scheme}")
        await table(page).get_by_role("button", name="Close the table").tap()
        await expect(sheet(page)).to_be_visible()


async def test_a_table_that_could_not_be_fetched_is_told_and_the_map_stays(site, open_page):
    async with open_page(site.url) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.route(re.compile(r"/assets/Table-.*\.js"), lambda route: route.abort())
        await page.get_by_role("button", name="Table", exact=True).click()
        await expect(page.get_by_text("The table could not be read")).to_be_visible()
        assert await watched.drawn("parcels") > 0
        watched.problems.clear()  # the browser's own of the request that was cut off
