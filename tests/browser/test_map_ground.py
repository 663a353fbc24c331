"""Where am I: names of places and lines of degrees, on the map and on paper."""

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.test_map import barriers, parcel, view_of  # noqa: F401
from tests.browser.test_map_print import made
from tests.fixtures.browser import PHONE
from tests.fixtures.cluster import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASSETS = ROOT / "gateway" / "http" / "static" / "app" / "assets"
NAMES = "() => map.queryRenderedFeatures({ layers: ['over-places'] }).map(each => each.properties.name)"
LINES = "() => map.queryRenderedFeatures({ layers: ['over-graticule'] }).map(each => each.properties.text)"

STREETS = "() => map.queryRenderedFeatures({ layers: ['over-streets'] }).map(each => each.properties.name)"
# How far the next name of a street is from a place.
NEAREST_NAME = """([name, [lng, lat]]) => {
    const found = map.querySourceFeatures('streets').filter(each => each.properties.name === name);
    const far = found.map(({ geometry: { coordinates: [x, y] } }) => new (map.getCenter().constructor)(x, y));
    return Math.min(...far.map(each => each.distanceTo({ lng, lat })));
}"""


def asked(watched):
    """Names of files that the page asks for from now on."""
    found = []
    watched.page.on("request", lambda request: found.append(request.url.rpartition("/")[2]))
    return found


async def test_what_town_is_this(site, open_page):
    async with open_page(f"{site.url}/#map=8/42/-93.3") as watched:
        page = watched.page
        await watched.drawn("over-places")
        for town in ("Ames", "Des Moines"):  # names find their places over several frames
            await page.wait_for_function(f"town => ({NAMES})().includes(town)", arg=town)
        await expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("GeoNames")
        assert await barriers(page) == []
        await watched.shot("map-places")
        await page.evaluate("void map.jumpTo({ zoom: 3, center: [8, 48] })")
        await watched.drawn("over-places")
        await page.wait_for_function(f"town => ({NAMES})().includes(town)", arg="London")
        await page.wait_for_function(f"() => !({NAMES})().includes('Ames')")
        await page.get_by_label("names of places").uncheck()
        await page.wait_for_function("() => !map.getLayer('over-places')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_places_on_a_phone(site, open_page, scheme):
    async with open_page(f"{site.url}/#map=8/42/-93.3", color_scheme=scheme, **PHONE) as watched:
        await watched.drawn("over-places")
        await watched.shot(f"map-places-phone-{scheme}")


async def test_names_are_fetched_where_some_are_drawn_alone(site, open_page, parcel):  # noqa: F811
    async with open_page("about:blank", site.url) as watched:
        names = asked(watched)
        await watched.page.goto(site.url + view_of(parcel, 17))
        await watched.drawn("parcels")
        await watched.page.wait_for_timeout(500)
        assert not any("places" in name for name in names)
        await watched.page.evaluate("void map.jumpTo({ zoom: 10 })")
        await watched.page.wait_for_function("() => map.getLayer('over-places')")
        assert sum("places" in name for name in names) == 1


async def test_what_street_is_this(site, open_page, parcel):  # noqa: F811
    street = parcel["address"].partition(" ")[2]
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.wait_for_function(f"name => ({STREETS})().includes(name)", arg=street)
        await watched.shot("map-streets")
        at = await page.evaluate(NEAREST_NAME, [street, parcel["pointOnSurface"]["coordinates"]])
        assert at < 150  # metres
        await page.evaluate("void map.jumpTo({ zoom: 15 })")
        await page.wait_for_function(f"() => ({STREETS})().length === 0")
        await page.evaluate("void map.jumpTo({ zoom: 17 })")
        await page.get_by_label("names of streets").uncheck()
        await page.wait_for_function("() => !map.getLayer('over-streets')")
        assert "ground=places" in page.url


async def test_names_and_the_world_weigh_less_than_three_megabytes(site):
    files = [next(ASSETS.glob(pattern)) for pattern in ("places-*.json", "countries-*.json")]
    assert sum(file.stat().st_size for file in files) < 3_000_000


async def test_lines_of_degrees_are_drawn_and_printed(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 15), color_scheme="dark") as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Print").click()
        await page.get_by_label("Paper").select_option("a4")
        before = await pixels(page, "sheet-plain")
        await page.get_by_label("graticule").check()
        await watched.drawn("over-graticule")
        await watched.drawn("over-graticule-text")
        lines = set(await page.evaluate(LINES))
        assert any(line.endswith("° W") for line in lines)
        assert any(line.endswith("° N") for line in lines)
        await watched.shot("map-graticule-dark")
        await page.evaluate("void map.panBy([400, 0], { duration: 0 })")
        await page.wait_for_function(f"before => ({LINES})().some(line => !before.includes(line))", arg=list(lines))
        await page.evaluate("void map.panBy([-400, 0], { duration: 0 })")
        await watched.drawn("over-graticule")
        after = await pixels(page, "sheet-graticule")
        assert int((np.abs(after - before).max(axis=2) > 30).sum()) > 5000
        await page.get_by_label("graticule").uncheck()
        await page.wait_for_function("() => !map.getSource('graticule')")


async def pixels(page, name):
    with Image.open(await (await made(page, "PNG", name)).path()) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)
