"""Heat: where parcels, or the sum of a column of theirs, lie densest, from where they are too small to be seen."""

import io

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.test_map import barriers, parcel, view_of  # noqa: F401
from tests.fixtures.browser import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")

WARM = "() => typeof map.getPaintProperty('over-heat', 'heatmap-weight') !== 'number' && map.loaded()"


async def seen(page):
    """The colours of the map."""
    return Image.open(io.BytesIO(await page.locator(".map canvas").screenshot())).convert("RGB").tobytes()


async def warmth(page):
    """The hottest picture element of the map: by how much it is redder than blue."""
    await page.wait_for_function(WARM)
    before, colours = b"", await seen(page)
    while colours != before:  # until all is drawn
        await page.wait_for_timeout(500)
        before, colours = colours, await seen(page)
    return max(red - blue for red, blue in zip(colours[::3], colours[2::3], strict=True))


def told(page):
    return page.get_by_role("status", name="Hottest of parcels")


async def test_where_parcels_lie_densest(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 9.5)) as watched:
        page = watched.page
        await watched.drawn("parcels-overview")
        await page.get_by_label("Parcels from afar").select_option("parcels.count")
        assert await watched.drawn("over-heat") > 0
        assert await warmth(page) > 60
        assert await page.evaluate("map.queryRenderedFeatures({ layers: ['parcels-overview'] }).length") == 0
        await expect(told(page)).to_contain_text("parcels a km²")
        assert "heat=parcels.count" in page.url
        assert await barriers(page) == []
        await watched.shot("map-heat")
        await page.get_by_role("button", name="Show feet and acres").click()
        await expect(told(page)).to_contain_text("parcels a square mile")
        await page.evaluate("void map.jumpTo({ zoom: 14 })")
        await expect(told(page)).to_contain_text("Zoom out to see it")
        await watched.drawn("parcels")
        await page.evaluate("void map.jumpTo({ zoom: 9.5 })")
        await expect(told(page)).to_contain_text("parcels a square mile")
        await page.get_by_label("Parcels from afar").select_option("")
        await watched.drawn("parcels-overview")
        assert "heat=" not in page.url


async def test_heat_of_a_column_is_of_what_the_filter_keeps(site, open_page, parcel):  # noqa: F811
    asked = "?heat=parcels.assessedValue&where=landUse.iContains:family"
    asking = []
    async with open_page(site.url + "/" + asked + view_of(parcel, 9.5)) as watched:
        page = watched.page
        page.on("request", lambda request: asking.append(request.url))
        await page.reload()
        await watched.drawn("over-heat")
        assert await warmth(page) > 60
        await expect(told(page)).to_contain_text("assessed value a km²")
        await page.wait_for_function("() => !map.queryRenderedFeatures({ layers: ['over-selection-overview'] }).length")
        warm = [url for url in asking if "cells=points" in url]
        assert all("sum=assessedValue" in url for url in warm)
        assert any("filter" in url for url in warm)


async def test_heat_of_what_is_not_summed_is_told_and_left_out(site, open_page):
    async with open_page(f"{site.url}/?heat=parcels.address") as watched:
        await expect(watched.page.get_by_role("alert")).to_contain_text("heat=parcels.address")
        await watched.drawn("parcels")
        assert "heat=" not in watched.page.url


async def test_heat_goes_with_its_layer(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + "/?heat=parcels.count" + view_of(parcel, 9.5)) as watched:
        page = watched.page
        await watched.drawn("over-heat")
        await page.get_by_role("checkbox", name="parcels").uncheck()
        await page.wait_for_function("() => !map.getLayer('over-heat')")
        await expect(told(page)).to_have_count(0)
        await page.get_by_role("checkbox", name="parcels").check()
        await watched.drawn("over-heat")


async def test_heat_on_a_phone_in_the_dark(site, open_page, parcel):  # noqa: F811
    asked = "/?heat=parcels.count" + view_of(parcel, 9.5)
    async with open_page(site.url + asked, color_scheme="dark", **PHONE) as watched:
        page = watched.page
        await watched.drawn("over-heat")
        assert await warmth(page) > 30
        await told(page).scroll_into_view_if_needed()
        assert await barriers(page) == []
        await watched.shot("map-heat-phone")
