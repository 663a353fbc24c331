"""The map at `/`: draws tiles, describes rows, filters, selects and links, for pointers, fingers and keyboards."""

import asyncio
import json
import re
import time
from collections import Counter
from urllib.parse import urlencode
from urllib.request import urlopen

import jwt
import pytest
from playwright.async_api import expect

from tests.fixtures.browser import JWT_SECRET, PHONE, WIDE
from tests.fixtures.cluster import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAYERS = ("parcels", "zoning_districts")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
MIDDLE = """{
  parcels(
    first: 1
    filters: { landUse: { exact: "Single-family" } }
    order: [{ distanceTo: { wkt: "POINT(-93.2964 42.0046)" } }]
  ) { nodes { featureId parcelId address pointOnSurface } }
}"""


@pytest.fixture(scope="session")
def parcel(site):
    """A parcel where zoning districts meet in the county of `make run`, with a point in it."""
    return site.data(MIDDLE)["parcels"]["nodes"][0]


def view_of(parcel, zoom=18):
    longitude, latitude = parcel["pointOnSurface"]["coordinates"]
    return f"#map={zoom}/{latitude}/{longitude}"


async def place(page, position):
    """Where a position is on the screen."""
    x, y = await page.evaluate("position => { const at = map.project(position); return [at.x, at.y]; }", position)
    box = await page.locator(".map").bounding_box()
    return box["x"] + x, box["y"] + y


async def barriers(page):
    """What axe finds that keeps people out."""
    await page.evaluate(AXE.read_text())
    return await page.evaluate(
        """async () => {
            const { violations } = await axe.run({ resultTypes: ["violations"] });
            return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
        }"""
    )


def read(url):
    with urlopen(url, timeout=60) as answer:
        return answer.read()


def sheet(page):
    return page.locator(".sheet")


async def test_it_draws_all_layers_with_their_legend(site, open_page):
    async with open_page(site.url) as watched:
        for layer in LAYERS:
            assert await watched.drawn(layer) > 0
        await expect(watched.page.get_by_role("list", name="Colours of zoning districts")).to_contain_text("Residence")


async def test_its_first_view_loads_at_most_450_kilobytes_of_script(site, open_page):
    """As gzip packs them, without MapLibre's worker, which reads tiles beside the page.

    What draws by hand is fetched once the map is drawn.
    """
    names = """() => performance.getEntriesByType("resource").map(each => each.name.split("/").at(-1))
        .filter(name => name.endsWith(".js"))"""
    async with open_page(site.url) as watched:
        await watched.drawn("parcels")
        sizes = {name.split("-")[0]: packed_size(name) for name in await watched.page.evaluate(names)}
    assert {"map", "maplibre"} <= sizes.keys()
    assert 100_000 < sum(size for name, size in sizes.items() if name not in {"pen", "terra"}) < 450_000


def packed_size(name):
    return (ROOT / "gateway" / "http" / "static" / "app" / "assets" / f"{name}.gz").stat().st_size


async def test_the_panel_can_be_used_while_the_map_is_on_its_way(site, open_page, parcel):
    """A quarter of the script, within 2 s of a line of 50 kB/s."""
    async with open_page("about:blank", site.url) as watched:
        page, may = watched.page, asyncio.Event()

        async def hold(route):
            await may.wait()
            await route.continue_()

        await page.route("**/assets/maplibre-gl-*", hold)
        await page.goto(site.url, wait_until="commit")
        await expect(page.get_by_role("main").get_by_role("status")).to_have_text("The map is on its way")
        await watched.shot("map-coming")
        await page.locator("input[type=search]").fill(parcel["address"])
        await page.locator(".search [role=option]").first.click()
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        assert await barriers(page) == []
        may.set()
        assert await watched.drawn("over-picked") > 0


async def test_a_map_that_cannot_be_fetched_is_told(site, open_page):
    async with open_page("about:blank", site.url) as watched:
        await watched.page.route("**/assets/maplibre-gl-*.js", lambda route: route.fulfill(status=503))
        await watched.page.goto(site.url)
        told = watched.page.get_by_role("alert")
        await expect(told).to_have_text("The map could not be read from the gateway. Reload the page to try again.")
        await expect(watched.page.locator("input[type=search]")).to_be_visible()
        assert len(watched.problems) >= 1
        watched.problems.clear()


async def test_what_colour_is_r2_and_where_is_all_of_it(site, open_page, parcel):
    """The legend says what is in view, filters by a click, dims and goes to all of a layer."""
    async with open_page(site.url + view_of(parcel, 13)) as watched:
        page = watched.page
        await watched.drawn("zoning_districts")
        near = page.get_by_role("list", name="Colours of zoning districts")
        shown = near.get_by_role("button", name=re.compile("R2"))
        await expect(shown).to_contain_text("Two-Family Residence")
        fill, here, every = await page.evaluate(
            """code => {
                const paint = map.getPaintProperty("zoning_districts", "fill-color");
                const found = map.queryRenderedFeatures({ layers: ["zoning_districts"] });
                const codes = new Map(found.map(each => [each.id, each.properties.zoneCode]));
                const here = [...codes.values()].filter(each => each === code).length;
                return [paint[paint.indexOf(code) + 1], here, paint.slice(2, -1).filter((_, place) => place % 2)];
            }""",
            "R2",
        )
        await expect(shown.locator("rect")).to_have_attribute("fill", fill)
        assert len(set(every)) == len(every) > 2
        await expect(shown.locator("small")).to_have_text(str(here))
        await shown.click()
        await expect(shown).to_have_attribute("aria-pressed", "true")
        assert await watched.drawn("over-selection") > 0
        assert "layer=zoning_districts&where=zoneCode.iExact%3AR2" in page.url
        await shown.click()
        await expect(page.get_by_label("Value")).to_have_count(0)
        await page.get_by_label("Opacity of zoning districts").fill("0.2")
        dimmed = 'JSON.stringify(map.getPaintProperty("zoning_districts", "fill-opacity"))'
        await page.wait_for_function(f"""() => {dimmed} === '["*",0.75,0.2]'""")
        await page.evaluate("void map.jumpTo({ zoom: 18 })")
        await page.get_by_role("button", name="Zoom to all zoning districts").click()
        await page.wait_for_function("() => map.getZoom() < 16 && !map.isMoving()")


async def test_labels_say_the_code_of_a_district_and_the_number_of_a_house(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel)) as watched:
        for layer, field in (("zoning_districts", "zoneCode"), ("parcels", "address")):
            assert await watched.drawn(f"{layer}-labels") > 0
            written = (
                f"map.queryRenderedFeatures({{ layers: ['{layer}-labels'] }}).map(each => each.properties.{field})"
            )
            assert all(await watched.page.evaluate(written))
        await watched.shot("map-labels")


async def test_far_out_the_world_is_drawn_and_no_view_is_blank(site, open_page):
    async with open_page(f"{site.url}/#map=3/42/-93") as watched:
        assert await watched.drawn("land", "borders") > 1
        await watched.shot("map-world")


async def test_a_stray_row_does_not_take_the_first_view_from_the_others(
    serve, strayed, sample_template, pages_built, open_page
):
    with strayed(sample_template) as url, serve(url, app="gateway.asgi:application") as server:
        async with open_page(server.url) as watched:
            assert await watched.drawn("parcels") > 100
            assert await watched.page.evaluate("map.getCenter().toArray()") == pytest.approx([-93.29, 42.0], abs=0.1)


async def test_it_says_which_layers_a_closer_look_would_show(site, open_page, parcel):
    async with open_page(f"{site.url}/#map=9/42/-93.29") as watched:
        page = watched.page
        told = page.get_by_role("status", name="What is not drawn")
        await expect(told).to_have_text("Zoom in to see parcels.")
        await watched.drawn("zoning_districts")
        await watched.shot("map-far")
        await page.get_by_role("checkbox", name="parcels").uncheck()
        await expect(told).to_be_empty()
        await page.get_by_role("checkbox", name="parcels").check()
        await page.evaluate("void map.jumpTo({ zoom: 12 })")
        await expect(told).to_be_empty()
        await watched.drawn("parcels")


@pytest.mark.parametrize("zoom", [2, 7, 11])
async def test_too_far_out_for_parcels_it_draws_how_many_lie_where_of_all_and_of_a_filter(site, open_page, zoom):
    async with open_page(f"{site.url}/?where=yearBuilt.gte:1951#map={zoom}/42/-93.29") as watched:
        assert await watched.drawn("parcels-overview") > 0
        assert await watched.drawn("over-selection-overview") > 0
        await watched.page.get_by_role("checkbox", name="parcels").uncheck()
        await watched.page.wait_for_function(
            "() => map.queryRenderedFeatures({ layers: ['parcels-overview'] }).length === 0"
        )


async def test_it_says_that_only_the_largest_rows_are_drawn(serve, sample, pages_built, open_page):
    with serve(sample, app="gateway.asgi:application", GATEWAY_TILES_FEATURES="800") as server:
        async with open_page(server.url) as watched:
            told = watched.page.get_by_role("status", name="What is not drawn")
            await expect(told).to_have_text("The largest parcels are drawn: zoom in to see all.")
            await watched.page.evaluate("void map.jumpTo({ zoom: 17 })")
            await expect(told).to_be_empty()


async def test_dark_when_the_reader_prefers_it(site, open_page, parcel):
    query = urlencode({"where": "landUse.iContains:family", "pick": f"parcels/{parcel['featureId']}"})
    async with open_page(f"{site.url}/?{query}", color_scheme="dark") as watched:
        await watched.drawn(*LAYERS, "over-selection", "over-picked")
        ground = await watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground)[:3])) < 60
        assert await barriers(watched.page) == []
        await watched.shot("map-dark")


async def test_the_pointer_is_told_what_it_is_on(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel)) as watched:
        await watched.drawn("parcels")
        await watched.page.mouse.move(*await place(watched.page, parcel["pointOnSurface"]["coordinates"]))
        await expect(watched.page.locator(".tip")).to_contain_text(parcel["address"])


async def test_a_click_opens_the_sheet_of_the_parcel_there(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await expect(sheet(page).get_by_role("heading", name="Zoning districts")).to_be_visible()
        await expect(sheet(page)).to_contain_text(re.compile(r"[\d.]+ %, [\d.,]+ m²"))  # coverage and overlap
        await expect(sheet(page)).to_contain_text("m of border")
        assert await watched.drawn("over-picked") > 0
        assert f"pick=parcels%2F{parcel['featureId']}" in page.url
        await sheet(page).get_by_role("button", name="of border").first.click()
        await expect(sheet(page)).not_to_contain_text(parcel["parcelId"])


async def test_search_finds_by_key_and_address_and_the_keyboard_chooses(site, open_page, parcel):
    async with open_page(site.url) as watched:
        page = watched.page
        box = page.get_by_role("combobox", name="Search by address, name or id")
        number, *words = parcel["address"].split()
        for text in (parcel["address"], parcel["parcelId"], " ".join([*words, number]).lower()):
            await box.fill(text)
            await expect(page.get_by_role("option").filter(has_text=parcel["parcelId"])).to_be_visible()
        await box.press("ArrowDown")
        await box.press("ArrowUp")
        await box.press("Enter")
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await watched.drawn("over-picked")
        assert await page.evaluate("map.getZoom()") > 15
        await box.fill("no such place")
        await expect(page.get_by_text("Nothing found.")).to_be_visible()


async def test_of_what_is_found_alike_comes_first_what_lies_in_view(site, open_page):
    asked = "{ parcels(first: 500) { nodes { address pointOnSurface } } }"
    lots = [lot for lot in site.data(asked)["parcels"]["nodes"] if lot["address"]]
    street = Counter(lot["address"].partition(" ")[2] for lot in lots).most_common(1)[0][0]
    along = sorted((lot for lot in lots if lot["address"].endswith(street)), key=east_of)
    for here, far in ((along[0], along[-1]), (along[-1], along[0])):
        async with open_page(site.url + view_of(here, 16)) as watched:
            await watched.page.get_by_role("combobox", name="Search by address, name or id").fill(street)
            first = watched.page.locator(".search [role=option]").first
            await expect(first).to_contain_text(street)
            told = await first.inner_text()
            (found,) = [lot for lot in along if lot["address"] in told]
            assert abs(east_of(found) - east_of(here)) < abs(east_of(found) - east_of(far))


def east_of(lot):
    return lot["pointOnSurface"]["coordinates"][0]


async def test_a_filter_is_drawn_counted_shown_as_graphql_and_downloaded(site, open_page):
    async with open_page(site.url) as watched:
        page = watched.page
        await page.get_by_role("button", name="Add a condition").click()
        await page.get_by_label("Field").select_option("landUse")
        await page.get_by_label("Comparison").select_option("iExact")
        await page.get_by_label("Value").fill("retail")
        wanted = {"landUse": {"iExact": "retail"}}
        count = site.data(
            "query ($filters: ParcelFilter) { parcels(filters: $filters) { totalCount } }", filters=wanted
        )
        rows = count["parcels"]["totalCount"]
        await expect(page.get_by_role("heading", name=f"{rows} parcels")).to_be_visible()
        assert await watched.drawn("over-selection") > 0
        await page.get_by_text("GraphQL", exact=True).click()
        shown = await page.get_by_label("Its variables").inner_text()
        assert json.loads(shown)["filters"] == wanted
        assert "where=landUse.iExact%3Aretail" in page.url
        async with page.expect_download() as started:
            await page.get_by_role("link", name="GeoJSON", exact=True).click()
        file = await (await started.value).path()
        collection = json.loads(file.read_text())
        assert len(collection["features"]) == rows
        await page.get_by_role("link", name="Open in GraphiQL").click()
        await expect(page.get_by_role("region", name="Operation Editor")).to_contain_text("Selection")


async def test_someone_signed_in_gets_urls_that_speak_for_them(site, open_page):
    """As behind a proxy that signs people in."""
    claims = {"sub": "clerk", "exp": time.time() + 3600, "scope": "read"}
    signed_in = {"authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, 'HS256')}"}
    async with open_page(f"{site.url}/?where=landUse.iExact:retail", extra_http_headers=signed_in) as watched:
        asked = []
        watched.page.on("request", lambda request: asked.append(request.url))
        assert await watched.drawn("over-selection") > 0
        link = await watched.page.get_by_role("link", name="GeoJSON", exact=True).get_attribute("href")
        signed = re.compile(r"filters=f1[.][^.&]+[.][^.&]+[.][^.&]+(&properties=)?$")
        drawn = [url for url in asked if "filters=" in url]
        assert drawn
        assert all(signed.search(url) for url in (link, *drawn))
    assert json.loads(await asyncio.to_thread(read, link))["features"]  # without credentials


async def test_a_drawn_polygon_selects_and_can_be_removed(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Draw").click()
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        for dx, dy in ((-60, -60), (60, -60), (60, 60), (-60, 60), (-60, -60)):
            await page.mouse.click(x + dx, y + dy)
        await expect(page.get_by_role("button", name="Drawn area")).to_be_visible()
        await expect(page.get_by_role("heading", name=re.compile(r"^\d+ parcels?$"))).to_be_visible()
        await expect(page.locator("ol.rows")).to_contain_text(parcel["address"])
        assert await watched.drawn("over-area", "over-selection") > 1
        assert "area=" in page.url
        await page.get_by_role("button", name="Drawn area").click()
        await expect(page.get_by_role("button", name="Drawn area")).to_have_count(0)
        assert "area=" not in page.url


@pytest.mark.parametrize("tool", ["Box", "Draw"])
async def test_finishing_a_drawing_picks_nothing(site, open_page, parcel, tool):
    corners = {"Box": [(-60, -60), (60, 60)], "Draw": [(-60, -60), (60, -60), (0, 60), (-60, -60)]}
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name=tool).click()
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        for dx, dy in corners[tool]:
            await page.mouse.click(x + dx, y + dy)
        await expect(page.get_by_role("button", name="Drawn area")).to_be_visible()
        await watched.drawn("over-area", "over-selection")
        await expect(sheet(page)).to_have_count(0)
        assert "pick=" not in page.url


async def test_back_goes_through_what_was_asked_and_stays_on_the_map(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await page.get_by_role("button", name="Add a condition").click()
        await page.get_by_label("Field").select_option("landUse")
        await page.get_by_label("Value").press_sequentially("retail")
        await expect(page).to_have_url(re.compile("retail"))
        await page.go_back()
        await page.go_back()
        await expect(page.get_by_label("Value")).to_have_count(0)
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await page.go_back()
        await expect(sheet(page)).to_have_count(0)
        await page.go_forward()
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await watched.drawn("parcels")


async def test_go_back_to_the_view_before(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        before = await page.evaluate("map.getCenter().toArray()")
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x - 200, y, steps=4)
        await page.mouse.up()
        await page.wait_for_function("before => map.getCenter().lng - before > 0.001", arg=before[0])
        await page.wait_for_function("before => !location.hash.includes(before)", arg=str(round(before[0], 4)))
        await page.go_back()
        await page.wait_for_function("before => Math.abs(map.getCenter().lng - before) < 1e-4", arg=before[0])
        await page.go_forward()
        await page.wait_for_function("before => map.getCenter().lng - before > 0.001", arg=before[0])


async def test_a_box_is_dragged_and_the_map_stays_where_it_is(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Box").click()
        before = await page.evaluate("map.getCenter().toArray()")
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        await page.mouse.move(x - 60, y - 60)
        await page.mouse.down()
        await page.mouse.move(x + 60, y + 60, steps=6)
        await page.mouse.up()
        await expect(page.get_by_role("button", name="Drawn area")).to_be_visible()
        assert await page.evaluate("map.getCenter().toArray()") == before
        await expect(sheet(page)).to_have_count(0)


async def test_escape_ends_a_drawing(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Draw").click()
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        await page.mouse.click(x - 60, y - 60)
        await page.mouse.click(x + 60, y - 60)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Pick")).to_have_attribute("aria-pressed", "true")
        await page.mouse.click(x, y)
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await expect(page.get_by_role("button", name="Drawn area")).to_have_count(0)


async def test_how_long_and_how_large_is_this_in_feet(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        told = page.get_by_label("Measured")
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        metres = await page.evaluate(
            "([x, y]) => map.unproject([x, y]).distanceTo(map.unproject([x + 120, y]))", [0, y]
        )
        await page.get_by_role("button", name="Length").click()
        await page.mouse.click(x - 60, y)
        await page.mouse.click(x + 60, y)
        await expect(told).to_have_text(f"{metres:.1f} m")
        await page.get_by_role("button", name="Show feet and acres").click()
        await expect(told).to_have_text(f"{metres / 0.3048:.1f} ft")
        await page.get_by_role("button", name="Area", exact=True).click()
        await expect(told).to_have_count(0)
        for dx, dy in ((-60, -60), (60, -60), (60, 60), (-60, 60)):
            await page.mouse.click(x + dx, y + dy)
        await expect(told).to_contain_text(f"around it {4 * metres / 0.3048:,.1f} ft"[:-6])
        await expect(told).to_contain_text("ft²")
        await expect(page.locator(".maplibregl-ctrl-scale")).not_to_be_empty()
        await page.reload()
        await expect(page.get_by_role("button", name="Show metres and hectares")).to_be_visible()


async def test_colour_by_year_built(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_label("Colour parcels by").select_option("yearBuilt")
        colours = page.get_by_role("list", name="Colours of parcels")
        await expect(colours.get_by_role("listitem")).to_have_count(6)
        await expect(colours).to_contain_text(re.compile(r"\d{4} to \d{4}"))
        held = "() => map.queryRenderedFeatures({ layers: ['parcels'] }).some(each => each.properties.yearBuilt > 1800)"
        await page.wait_for_function(held)
        assert "color=parcels.yearBuilt.quantiles" in page.url
        await page.get_by_label("Classes of parcels").select_option("equal")
        await expect(page).to_have_url(re.compile("color=parcels.yearBuilt.equal"))
        await page.get_by_label("Colour parcels by").select_option("landUse")
        await expect(colours).to_contain_text("Single-family")
        await watched.drawn("parcels")
        await watched.shot("map-colour-by")
        await page.get_by_label("Colour parcels by").select_option("")
        await expect(colours.get_by_role("listitem")).to_have_count(0)


async def test_a_gateway_that_comes_back_is_asked_again(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        for path in ("**/graphql", "**/readyz"):
            await page.route(path, lambda route: route.abort())
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(page.get_by_role("status", name="What is not drawn")).to_contain_text("does not answer")
        await expect(sheet(page)).to_contain_text("The parcel could not be read")
        for path in ("**/graphql", "**/readyz"):
            await page.unroute(path)
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await expect(page.get_by_role("status", name="What is not drawn")).to_be_empty()
        watched.problems.clear()  # the browser's own of the requests that were cut off


async def test_a_link_to_a_row_goes_there(site, open_page, parcel):
    async with open_page(f"{site.url}/?pick=parcels/{parcel['featureId']}") as watched:
        await expect(sheet(watched.page)).to_contain_text(parcel["parcelId"])
        await watched.drawn("over-picked")
        centre = await watched.page.evaluate("map.getCenter().toArray()")
        assert centre == pytest.approx(parcel["pointOnSurface"]["coordinates"], abs=2e-3)
        assert await watched.page.evaluate("map.getZoom()") > 15


async def test_what_a_link_names_that_is_not_here_is_told_and_left_out(site, open_page):
    async with open_page(f"{site.url}/?where=zoneColour.iContains:red&where=landUse.iContains:retail") as watched:
        await expect(watched.page.get_by_role("alert")).to_contain_text("zoneColour.iContains:red")
        await expect(watched.page.get_by_label("Value")).to_have_value("retail")
        await expect(watched.page.get_by_label("Field")).to_have_value("landUse")


async def test_a_gateway_that_does_not_answer_is_not_a_row_that_is_not_there(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.route("**/graphql", lambda route: route.abort())
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(sheet(page)).to_contain_text("The parcel could not be read")
        await expect(sheet(page)).to_contain_text("The gateway does not answer")
        await page.unroute("**/graphql")
        watched.problems.clear()  # the browser's own of the requests that were cut off


async def test_nearest_lists_rows_by_distance(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Nearest").click()
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        rows = page.locator("ol.rows li")
        await expect(rows).to_have_count(20)
        await expect(rows.first).to_contain_text(parcel["address"])
        await expect(rows.first).to_contain_text("0 m")


async def test_a_link_opens_the_same_view_filter_and_sheet(site, open_page, parcel):
    query = urlencode({"where": "landUse.iContains:retail", "pick": f"parcels/{parcel['featureId']}"})
    async with open_page(f"{site.url}/?{query}{view_of(parcel, 16)}", viewport=WIDE) as watched:
        page = watched.page
        assert await watched.drawn("over-selection", "over-picked") > 0
        await expect(page.get_by_label("Value")).to_have_value("retail")
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        centre = await page.evaluate("map.getCenter().toArray()")
        assert centre == pytest.approx(parcel["pointOnSurface"]["coordinates"], abs=1e-4)
        assert await page.evaluate("map.getZoom()") == pytest.approx(16, abs=0.01)
        assert await barriers(page) == []
        await watched.shot("map")


async def test_a_phone_has_the_map_above_and_the_panel_below(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel, 17), **PHONE) as watched:
        page = watched.page
        await watched.drawn("parcels")
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        await page.touchscreen.tap(x, y)
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
        await watched.drawn("over-picked")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await watched.shot("map-phone")
        await page.get_by_role("button", name="Less").click()
        await expect(sheet(page)).to_be_hidden()
        stage = await page.locator(".map").bounding_box()
        assert stage["height"] > 500


async def test_the_keyboard_reaches_the_map_and_picks_what_is_in_its_middle(site, open_page, parcel):
    async with open_page(site.url + view_of(parcel)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("region", name="Map").focus()
        await page.keyboard.press("Enter")
        await expect(sheet(page)).to_contain_text(parcel["parcelId"])
