"""What people come to a map of parcels for, as they would say it; the sample county has the rows."""

import asyncio
import csv
import io
import json
import re
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect
from pypdf import PdfReader

from tests.browser.test_map import barriers, parcel, place, read, sheet, view_of  # noqa: F401
from tests.browser.test_map_data import in_view
from tests.fixtures.browser import PHONE, WIDE, press

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOLD = """query($parcel: ID!, $feet: Float!) { noticeList(parcels: [$parcel], distance: $feet) {
  recipients { label parcels { node { featureId } } } proof { found } } }"""


@pytest.fixture(scope="session")
def desk(serve, sample, pages_built):
    """A gateway whose readers may see owners, as behind a proxy of a planning office."""
    with serve(sample, app="gateway.asgi:application", GATEWAY_AUTH_PRIVATE="{}") as server:
        yield server


def told_near(site, parcel, feet):  # noqa: F811
    """The notice list that the gateway gives."""
    key = site.data("query($key: String!) { parcel(parcelId: $key) { id } }", key=parcel["parcelId"])
    return site.data(TOLD, parcel=key["parcel"]["id"], feet=feet)["noticeList"]


async def test_who_must_be_told_within_300_feet(desk, open_page, parcel):  # noqa: F811
    expected = told_near(desk, parcel, 300)
    picked = urlencode({"pick": f"parcels/{parcel['featureId']}"})
    async with open_page(f"{desk.url}/?{picked}{view_of(parcel, 16.5)}") as watched:
        page = watched.page
        await watched.drawn("over-picked")
        await page.get_by_role("button", name="Notice list").click()
        notice = page.get_by_role("region", name=re.compile("to be told"))
        await page.get_by_label("Unit of the distance").select_option("ft")
        await page.get_by_label("Distance", exact=True).fill("300")
        await expect(notice).to_contain_text(f"{expected['proof']['found']} parcels found")
        people = len(expected["recipients"])
        await expect(notice.get_by_role("heading")).to_have_text(f"{people} to be told")
        await expect(notice).to_contain_text(f"Who is near {parcel['address']}?")
        rows = notice.get_by_role("list", name="Who is told").get_by_role("listitem")
        await expect(rows).to_have_count(people)
        await expect(rows.first).to_contain_text(expected["recipients"][0]["label"][0])
        assert await watched.drawn("over-told") > 0
        drawn = await page.evaluate("map.getSource('told').serialize().data.features.length")
        assert drawn >= sum(len(each["parcels"]) for each in expected["recipients"])
        assert "notice=within%3A300ft" in page.url
        url = await notice.get_by_role("link", name="Addresses (CSV)").get_attribute("href")
        table = (await asyncio.to_thread(read, url)).decode()
        assert len(list(csv.DictReader(io.StringIO(table)))) == people
        async with page.expect_popup() as opened:
            await notice.get_by_role("link", name="Labels to print").click()
        await expect((await opened.value).get_by_role("listitem")).to_have_count(people)
        assert await barriers(page) == []
        await watched.shot("map-notice")
        await page.keyboard.press("Escape")
        await expect(notice).to_have_count(0)
        await page.wait_for_function("() => map.queryRenderedFeatures({ layers: ['over-told'] }).length === 0")
        await page.go_back()
        await expect(notice.get_by_role("heading")).to_have_text(f"{people} to be told")


async def test_who_abuts_on_what_i_draw(desk, open_page, parcel):  # noqa: F811
    async with open_page(desk.url + view_of(parcel, 17), color_scheme="dark") as watched:
        page = watched.page
        await watched.drawn("parcels")
        await press(page.get_by_role("button", name="Notice list"))
        await expect(page.get_by_text("Click a parcel, or draw an area.")).to_be_visible()
        await page.get_by_label("Who is told").select_option("abutters")
        await press(page.get_by_role("button", name="Box"))
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        await page.mouse.click(x - 40, y - 40)
        await page.mouse.click(x + 40, y + 40)
        await expect(page.get_by_text("Who is near the drawn area?")).to_be_visible()
        await expect(page.get_by_role("heading", name=re.compile("to be told"))).to_be_visible()
        assert await watched.drawn("over-told") > 0
        assert await barriers(page) == []
        await watched.shot("map-notice-dark")


async def test_who_must_be_told_is_not_told_to_everyone(site, open_page, parcel):  # noqa: F811
    picked = urlencode({"pick": f"parcels/{parcel['featureId']}", "notice": "within:300ft"})
    async with open_page(f"{site.url}/?{picked}", **PHONE) as watched:
        notice = watched.page.get_by_role("region", name="Notice list")
        await expect(notice.get_by_role("alert")).to_contain_text("private")
        for control in await notice.locator(".question > *").all():
            assert (await control.bounding_box())["height"] >= 44
        assert await watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await watched.shot("map-notice-phone")
        await expect(sheet(watched.page)).to_contain_text(parcel["parcelId"])


async def test_find_an_address_with_a_typo(site, open_page, parcel):  # noqa: F811
    number, *words = parcel["address"].split()
    misspelt = f"{number} {words[0][1]}{words[0][0]}{words[0][2:]}".lower()
    async with open_page(site.url) as watched:
        box = watched.page.get_by_role("combobox", name="Search by address, name or id")
        await box.fill(misspelt)
        await watched.page.get_by_role("option").filter(has_text=parcel["parcelId"]).click()
        await expect(sheet(watched.page).get_by_role("heading", level=2)).to_have_text(parcel["address"])


async def _counts(colours):
    return [int(each.replace(",", "")) for each in await colours.locator("small").all_text_contents() if each]


async def test_colour_by_value_where_values_lie_apart(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await page.get_by_label("Colour parcels by").select_option("assessedValue")
        await page.get_by_label("Classes of parcels").select_option("natural")
        colours = page.get_by_role("list", name="Colours of parcels").get_by_role("listitem")
        await expect(colours).to_have_count(6)
        async with asyncio.timeout(60):  # those of classes of as many rows each stay until the others are there
            while max(counts := await _counts(colours)) <= 2 * min(counts):  # noqa: ASYNC110 - a page has no event
                await asyncio.sleep(0.05)
        valued = site.data("{ parcels(filters: {assessedValue: {isNull: false}}) { totalCount } }")["parcels"]
        assert sum(counts) == valued["totalCount"]
        assert len(counts) == 5
        assert "color=parcels.assessedValue.natural" in page.url
        held = (
            "() => map.queryRenderedFeatures({ layers: ['parcels'] }).some(each => each.properties.assessedValue > 0)"
        )
        await page.wait_for_function(held)
        await watched.shot("map-natural")


async def test_how_much_of_this_parcel_is_in_each_district(site, open_page, parcel):  # noqa: F811
    document = """query($id: BigInt!) { parcel(featureId: $id) {
      zoningDistricts { edges { coverage } } neighbors { totalCount } } }"""
    known = site.data(document, id=str(parcel["featureId"]))["parcel"]
    shares = sorted((edge["coverage"] for edge in known["zoningDistricts"]["edges"]), reverse=True)
    async with open_page(f"{site.url}/?pick=parcels/{parcel['featureId']}") as watched:
        meters = sheet(watched.page).get_by_role("meter", name="Coverage")
        await expect(meters).to_have_count(len(shares))
        drawn = [float(await each.get_attribute("value")) for each in await meters.all()]
        assert drawn == pytest.approx(shares)
        neighbours = sheet(watched.page).get_by_role("heading", name="Neighbors")
        await expect(neighbours).to_contain_text(str(known["neighbors"]["totalCount"]))


async def test_which_old_houses_are_in_r1(site, open_page):
    conditions = [("where", "yearBuilt.lte:1950"), ("where", "zoningDistricts.zoneCode.iExact:R1")]
    wanted = {"and": [{"yearBuilt": {"lte": 1950}}, {"zoningDistricts": {"some": {"zoneCode": {"iExact": "R1"}}}}]}
    count = site.data("query($filters: ParcelFilter) { parcels(filters: $filters) { totalCount } }", filters=wanted)
    async with open_page(f"{site.url}/?{urlencode(conditions)}") as watched:
        told = f"{count['parcels']['totalCount']:,} parcels"
        await expect(watched.page.get_by_role("heading", name=told)).to_be_visible()
        assert await watched.drawn("over-selection") > 0


async def test_filter_for_a_land_use_that_i_cannot_spell(site, open_page):
    async with open_page(site.url) as watched:
        page = watched.page
        await page.get_by_role("button", name="Add a condition").click()
        await page.get_by_label("Field").select_option("landUse")
        value = page.get_by_label("Value")
        await value.press_sequentially("fam")
        offered = page.locator("datalist option")
        document = """{ parcels { groupBy(keys: [{column: LAND_USE}], first: 100) {
          groups { key { landUse } aggregate { count } } } } }"""
        groups = site.data(document)["parcels"]["groupBy"]["groups"]
        there = {each["key"]["landUse"]: each["aggregate"]["count"] for each in groups}
        families = {use: count for use, count in there.items() if use and "fam" in use.lower()}
        assert len(families) > 1
        await expect(offered).to_have_count(len(families))
        listed = {await each.get_attribute("value"): await each.get_attribute("label") for each in await offered.all()}
        assert listed == {use: f"{count:,}" for use, count in families.items()}
        await page.get_by_label("Field").select_option("zoningDistricts.zoneCode")
        await value.fill("R")
        codes = site.data("{ zoningDistricts(first: 1000) { nodes { zoneCode } } }")["zoningDistricts"]["nodes"]
        known = {each["zoneCode"] for each in codes if "r" in each["zoneCode"].lower()}
        await expect(offered.first).to_have_attribute("value", re.compile("^R"))
        assert {await each.get_attribute("value") for each in await offered.all()} <= known


async def test_which_parcels_lie_in_this_circle(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Circle").click()
        x, y = await place(page, parcel["pointOnSurface"]["coordinates"])
        radius = await page.evaluate("([x, y]) => map.unproject([x, y]).distanceTo(map.unproject([x + 80, y]))", [0, y])
        await page.mouse.click(x, y)
        await page.mouse.click(x + 80, y)
        await expect(page.get_by_label("Within")).to_have_value(str(round(radius)))
        longitude, latitude = map(float, re.search(r"near=(-?[\d.]+)%2C(-?[\d.]+)", page.url).groups())
        assert [longitude, latitude] == pytest.approx(parcel["pointOnSurface"]["coordinates"], abs=1e-5)
        point = {"geojson": {"type": "Point", "coordinates": [longitude, latitude]}}
        found = within(site, point, round(radius))["totalCount"]
        await expect(page.get_by_role("heading", name=f"{found} parcels within {round(radius)} m")).to_be_visible()
        await expect(sheet(page)).to_have_count(0)
        assert await watched.drawn("over-near-reach") > 0


async def move(page, *keys):
    """Move the map by keys, and wait until it rests."""
    for key in keys:
        await page.keyboard.press(key)
        await page.wait_for_function("() => map.isMoving()")
        await page.wait_for_function("() => !map.isMoving()")


# How the map moves after each corner.
DRAWN_BY_KEYS = {
    "Draw": (["ArrowRight"], ["ArrowDown"], ["ArrowLeft"]),
    "Box": (["ArrowRight", "ArrowDown"],),
}


async def test_select_and_measure_without_a_mouse(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        shown = page.get_by_role("region", name="Map")
        for tool, turns in DRAWN_BY_KEYS.items():
            await press(page.get_by_role("button", name=tool, exact=True))
            await expect(page.get_by_role("status").filter(has_text="Space sets a corner")).to_be_visible()
            await shown.focus()
            for turn in turns:
                await page.keyboard.press("Space")
                await move(page, *turn)
            await page.keyboard.press("Enter" if tool == "Draw" else "Space")
            await expect(page.get_by_role("button", name="Drawn area")).to_be_visible()
            await expect(sheet(page)).to_have_count(0)
            await watched.drawn("over-area", "over-selection")
            await press(page.get_by_role("button", name="Drawn area"))
        await press(page.get_by_role("button", name="Length"))
        await shown.focus()
        await page.keyboard.press("Space")
        before = await page.evaluate("map.getCenter().toArray()")
        await move(page, "ArrowRight")
        metres = await page.evaluate("before => map.getCenter().distanceTo({ lng: before[0], lat: before[1] })", before)
        await expect(page.get_by_label("Measured")).to_have_text(f"{metres:.1f} m")
        await page.keyboard.press("Escape")
        await expect(page.get_by_label("Measured")).to_have_count(0)


@pytest.mark.parametrize("granted", [True, False], ids=["copied", "shown"])
async def test_copy_a_link_to_what_i_see(site, open_page, parcel, granted):  # noqa: F811
    allowed = {"permissions": ["clipboard-read", "clipboard-write", "geolocation"]}
    async with open_page(f"{site.url}/?pick=parcels/{parcel['featureId']}", **allowed) as watched:
        page = watched.page
        if not granted:
            refuse = "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }"
            await page.evaluate(refuse)
        await watched.drawn("over-picked")
        await page.get_by_role("button", name="Link", exact=True).click()
        if granted:
            await expect(page.get_by_role("status").filter(has_text="Link copied.")).to_be_visible()
            copied = await page.evaluate("navigator.clipboard.readText()")
        else:
            copied = await page.get_by_label("Address of what the map shows").input_value()
        assert copied == page.url
        assert f"pick=parcels%2F{parcel['featureId']}" in copied
        assert await barriers(page) == []


async def test_take_all_shops_to_a_spreadsheet(site, open_page):
    async with open_page(f"{site.url}/?{urlencode({'where': 'landUse.iExact:retail'})}") as watched:
        async with watched.page.expect_download() as started:
            await watched.page.get_by_role("link", name="CSV", exact=True).click()
        table = (await (await started.value).path()).read_text()
        assert {row["landUse"] for row in csv.DictReader(io.StringIO(table))} == {"Retail"}


async def test_which_shops_are_nearest_to_here(site, open_page, parcel):  # noqa: F811
    at = ",".join(map(str, parcel["pointOnSurface"]["coordinates"]))
    query = urlencode({"where": "landUse.iExact:retail", "near": at})
    document = """query($at: Geometry!) { parcels(first: 20, filters: {landUse: {iExact: "retail"}},
      order: [{distanceTo: {geojson: $at}}]) { nodes { parcelId address } } }"""
    known = site.data(document, at=parcel["pointOnSurface"])["parcels"]["nodes"]
    async with open_page(f"{site.url}/?{query}") as watched:
        rows = watched.page.locator("ol.rows li span")
        await expect(rows).to_have_text([node["address"] for node in known])


NEAR = """query($filters: ParcelFilter!, $at: GeometryInput!) {
  parcels(first: 200, filters: $filters, order: [{distanceTo: $at}]) {
    totalCount edges { distance node { featureId address } }
  }
}"""


def within(site, at, metres, but=None):
    """What lies within a distance of a place, nearest first."""
    near = {"geometry": {"dwithin": {"geometry": at, "distance": metres}}}
    kept = {"and": [near, {"not": {"featureId": {"exact": but}}}]} if but else near
    return site.data(NEAR, filters=kept, at=at)["parcels"]


async def test_which_parcels_are_within_200_feet_of_this_corner(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 17)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Nearest").click()
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(page.get_by_role("heading", name="The nearest 20 of")).to_be_visible()
        await page.get_by_label("Unit of the distance").select_option("feet")
        await page.get_by_label("Within").fill("200")
        longitude, latitude = re.search(r"near=(-?[\d.]+)%2C(-?[\d.]+)", page.url).groups()
        found = within(site, {"geojson": {"type": "Point", "coordinates": [float(longitude), float(latitude)]}}, 60.96)
        assert 5 < found["totalCount"] < 200
        await expect(page.get_by_role("heading", name=f"{found['totalCount']} parcels within 200 feet")).to_be_visible()
        rows = page.locator("ol.rows li")
        feet = [edge["distance"] / 0.3048 for edge in found["edges"]]
        listed = [float(text.split()[0].replace(",", "")) for text in await rows.locator("small").all_text_contents()]
        assert listed == pytest.approx(feet, abs=0.5)  # the address has a tenth of a metre
        assert await watched.drawn("over-near-reach", "over-near") > 0
        ids = "[...new Set(map.queryRenderedFeatures({ layers: ['over-selection'] }).map(each => each.id))]"
        await page.wait_for_function(f"many => {ids}.length === many", arg=found["totalCount"])
        assert await barriers(page) == []
        await watched.shot("map-within")
        assert "within=200ft" in page.url
        await rows.first.get_by_role("button").click()
        await expect(sheet(page).get_by_role("heading", level=2)).to_have_text(found["edges"][0]["node"]["address"])
        await expect(rows).to_have_count(found["totalCount"])
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="within 200 feet")).to_have_count(0)
        assert "near=" not in page.url
        await page.go_back()
        await expect(page.get_by_role("heading", name="parcels within 200 feet")).to_be_visible()


async def test_what_is_within_100_feet_of_this_parcel(site, open_page, parcel):  # noqa: F811
    key = site.data("query($key: String!) { parcel(parcelId: $key) { id } }", key=parcel["parcelId"])["parcel"]["id"]
    found = within(site, {"node": key}, 30.48, parcel["featureId"])
    picked = urlencode({"pick": f"parcels/{parcel['featureId']}"})
    async with open_page(f"{site.url}/?{picked}", color_scheme="dark", **PHONE) as watched:
        page = watched.page
        await sheet(page).get_by_role("button", name="What is near").tap()
        await page.get_by_label("Unit of the distance").select_option("feet")
        await page.get_by_label("Within").fill("100")
        near = page.get_by_role("region", name=f"Near {parcel['address']}")
        await expect(near).to_be_in_viewport()
        await expect(page.get_by_role("heading", name=f"{found['totalCount']} parcels within 100 feet")).to_be_visible()
        addresses = [edge["node"]["address"] for edge in found["edges"]]
        assert parcel["address"] not in addresses
        names = await page.locator("ol.rows li span").all_text_contents()
        assert sorted(names) == sorted(addresses)  # many touch it: they are as near as each other
        assert await watched.drawn("over-near-reach") > 0
        for control in await near.locator("select, input, button").all():
            assert (await control.bounding_box())["height"] >= 44
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await barriers(page) == []
        await watched.shot("map-within-phone-dark")
        await near.get_by_role("button", name="Close what is near").tap()
        await expect(near).to_have_count(0)


async def test_what_is_nearest_to_the_middle_of_the_map_by_keyboard(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await press(page.get_by_role("button", name="Nearest"))
        await page.get_by_role("region", name="Map").press("Enter")
        await expect(page.get_by_role("heading", name="The nearest 20 of")).to_be_visible()
        await expect(page.locator("ol.rows li").first).to_contain_text(parcel["address"])
        assert await watched.drawn("over-selection") > 0
        await page.get_by_label("What is looked for").select_option("zoning_districts")
        await expect(page.get_by_role("heading", name="zoning districts")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="The nearest")).to_have_count(0)


async def test_how_many_acres_is_this_parcel(site, open_page, parcel):  # noqa: F811
    document = "query($id: BigInt!) { parcel(featureId: $id) { areaSqm } }"
    square_metres = site.data(document, id=str(parcel["featureId"]))["parcel"]["areaSqm"]
    async with open_page(f"{site.url}/?pick=parcels/{parcel['featureId']}") as watched:
        await watched.page.get_by_role("button", name="Show feet and acres").click()
        feet = square_metres / 0.3048**2
        told = f"{feet / 43_560:,.1f} acres" if feet >= 43_560 else f"{feet:,.0f}"[:-1]
        await expect(sheet(watched.page)).to_contain_text(told)


async def test_show_me_the_districts_without_the_parcels(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        await watched.drawn("parcels")
        await watched.page.get_by_role("checkbox", name="parcels").press("Space")
        await watched.page.wait_for_function("() => !map.queryRenderedFeatures({ layers: ['parcels'] }).length")
        assert await watched.drawn("zoning_districts") > 0


STACK = """() => map.getStyle().layers.map(each => each.id)
    .filter(id => ["parcels", "zoning_districts"].includes(id))"""


async def test_send_a_colleague_the_map_as_i_see_it(site, open_page, parcel):  # noqa: F811
    """Districts over parcels, half of them seen through, with lines of degrees and without names of places."""
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels", "zoning_districts")
        assert await page.evaluate(STACK) == ["zoning_districts", "parcels"]
        await press(page.get_by_role("button", name="Move zoning districts a layer up"))
        await page.wait_for_function(f"() => ({STACK})().at(-1) === 'zoning_districts'")
        await expect(page.locator(".legend label span").first).to_have_text("zoning districts")
        await page.get_by_label("Opacity of zoning districts").fill("0.5")
        await page.get_by_label("graticule").check()
        await page.get_by_label("names of places").uncheck()
        await page.get_by_label("Colour parcels by").select_option("yearBuilt")
        await page.get_by_label("Ramp of parcels").select_option("viridis")
        await expect(page).to_have_url(re.compile("viridis"))
        link = page.url
        await page.go_back()
        await page.go_back()
        await page.go_back()
        await expect(page.get_by_label("names of places")).to_be_checked()
        await page.wait_for_function("() => map.getLayer('over-graticule') !== undefined")
    async with open_page(link) as watched:
        page = watched.page
        await watched.drawn("zoning_districts", "over-graticule")
        await page.wait_for_function(f"() => ({STACK})().at(-1) === 'zoning_districts'")
        await expect(page.get_by_label("names of places")).not_to_be_checked()
        await expect(page.get_by_label("Opacity of zoning districts")).to_have_value("0.5")
        await expect(page.get_by_label("Ramp of parcels")).to_have_value("viridis")
        seen = "() => JSON.stringify(map.getPaintProperty('zoning_districts', 'fill-opacity'))"
        await page.wait_for_function(f"() => ({seen})().endsWith(',0.5]')")
        colour = "() => JSON.stringify(map.getPaintProperty('parcels', 'fill-color')).includes('#440154')"
        await page.wait_for_function(colour)
        await page.mouse.click(*await place(page, parcel["pointOnSurface"]["coordinates"]))
        await expect(page).to_have_url(re.compile(r"pick=zoning_districts%2F\d+"))
        await page.get_by_label("Move parcels a layer up").press("Enter")
        await expect(page).not_to_have_url(re.compile("order="))


async def test_send_a_colleague_the_notice_list(desk, open_page, parcel):  # noqa: F811
    people = len(told_near(desk, parcel, 100)["recipients"])
    query = urlencode({"pick": f"parcels/{parcel['featureId']}", "notice": "within:100ft"})
    async with open_page(f"{desk.url}/?{query}") as watched:
        await expect(watched.page.get_by_label("Distance", exact=True)).to_have_value("100")
        await expect(watched.page.get_by_role("heading", name=f"{people} to be told")).to_be_visible()
        await press(watched.page.get_by_role("button", name="Close the notice list"))
        await expect(watched.page.get_by_role("heading", name="to be told")).to_have_count(0)
        assert "notice=" not in watched.page.url


async def test_find_an_address_on_a_phone_while_walking(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url, **PHONE) as watched:
        page = watched.page
        await page.get_by_role("combobox", name="Search by address, name or id").fill(parcel["address"])
        await page.get_by_role("option").filter(has_text=parcel["parcelId"]).tap()
        await expect(sheet(page).get_by_role("heading", level=2)).to_have_text(parcel["address"])
        for tool in ("Pick", "Draw", "Nearest", "Notice list", "Less"):
            assert (await page.get_by_role("button", name=tool, exact=True).bounding_box())["height"] >= 44


async def test_look_around_with_the_keyboard_alone(site, open_page, parcel):  # noqa: F811
    async with open_page(site.url + view_of(parcel, 16)) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("region", name="Map").focus()
        west = await page.evaluate("map.getCenter().lng")
        await page.keyboard.press("ArrowRight")
        await page.wait_for_function("west => map.getCenter().lng > west && !map.isMoving()", arg=west)
        await page.keyboard.press("+")
        await page.wait_for_function("() => map.getZoom() > 16.9 && !map.isMoving()")


async def test_take_what_i_drew_along_as_geojson(site, open_page, parcel):  # noqa: F811
    x, y = parcel["pointOnSurface"]["coordinates"]
    corners = [(x - 1e-3, y - 1e-3), (x + 1e-3, y - 1e-3), (x + 1e-3, y + 1e-3), (x - 1e-3, y + 1e-3)]
    area = ";".join(f"{east:.6f},{north:.6f}" for east, north in corners)
    async with open_page(f"{site.url}/?{urlencode({'area': area})}") as watched:
        heading = watched.page.get_by_role("heading", name=re.compile(r"^\d+ parcels$"))
        count = int((await heading.inner_text()).split()[0])
        async with watched.page.expect_download() as started:
            await watched.page.get_by_role("link", name="GeoJSON", exact=True).click()
        features = json.loads((await (await started.value).path()).read_text())["features"]
        assert len(features) == count > 1
        assert parcel["parcelId"] in {each["properties"]["parcelId"] for each in features}


async def test_sort_the_parcels_in_view_by_what_they_are_assessed_at_and_take_them_to_a_spreadsheet(
    site,
    open_page,
    parcel,  # noqa: F811
):
    granted = {"permissions": ["clipboard-read", "clipboard-write", "geolocation"], "viewport": WIDE}
    async with open_page(site.url + view_of(parcel, 17), **granted) as watched:
        page = watched.page
        await watched.drawn("parcels")
        await page.get_by_role("button", name="Table", exact=True).click()
        table = page.locator("section.table")
        value = table.get_by_role("columnheader", name="assessed value")
        for direction in ("ascending", "descending"):
            await value.get_by_role("button").click()
            await expect(value).to_have_attribute("aria-sort", direction)
        document = """query($filters: ParcelFilter) { parcels(filters: $filters, first: 50,
          order: [{assessedValue: DESC}]) { totalCount nodes { parcelId address assessedValue } } }"""
        known = site.data(document, filters=await in_view(page))["parcels"]
        await expect(table.get_by_role("heading")).to_have_text(f"{known['totalCount']:,} parcels in view")
        await expect(table).to_have_attribute("aria-busy", "false")
        await expect(table.locator("tbody tr").first).to_contain_text(known["nodes"][0]["parcelId"])
        await table.get_by_role("button", name="Copy").click()
        await expect(table.get_by_role("status").last).to_have_text(f"{len(known['nodes'])} rows copied.")
        text = await page.evaluate("navigator.clipboard.readText()")
        copied = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
        assert [row["parcel id"] for row in copied] == [node["parcelId"] for node in known["nodes"]]
        assert copied[0]["address"] == known["nodes"][0]["address"]
        assert float(copied[0]["assessed value"]) == float(known["nodes"][0]["assessedValue"])
        await table.locator("tbody tr").nth(1).click()
        await expect(sheet(page)).to_contain_text(known["nodes"][1]["parcelId"])
        assert await watched.drawn("over-picked") > 0
        assert await barriers(page) == []
        await watched.shot("map-table")


async def test_print_this_street_as_a_pdf_with_its_source(serve, sample, pages_built, open_page, parcel):  # noqa: F811
    source = {"GATEWAY_TILES_ATTRIBUTION": "City of <b>Sample</b>"}
    with serve(sample, app="gateway.asgi:application", **source) as server:
        async with open_page(server.url + view_of(parcel, 17)) as watched:
            page = watched.page
            await watched.drawn("parcels")
            await press(page.get_by_role("button", name="Print"))
            await page.get_by_label("Title of the sheet").fill("Kenwood Way")
            async with page.expect_download() as started:
                await press(page.get_by_role("button", name="PDF"))
            text = PdfReader(await (await started.value).path()).pages[0].extract_text()
            assert "Kenwood Way" in text
            assert "Source: City of Sample" in text
            assert re.search(r"1:[\d,]+", text)
            await page.keyboard.press("Escape")
            await expect(page.get_by_label("Title of the sheet")).to_have_count(0)
