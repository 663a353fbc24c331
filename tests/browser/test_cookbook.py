"""The pages of docs/cookbook on the sample county: what they drew and told is what the gateway holds."""

import io
import json
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import expect
from pyproj import Transformer

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEAREST = """query($center: Geometry!) {
  parcels(first: 1, order: [{ distanceTo: { geojson: $center } }]) {
    nodes { featureId parcelId address pointOnSurface }
  }
}"""
BY_ADDRESS = """query($filters: ParcelFilter) {
  parcels(filters: $filters, first: 16, order: [{ address: ASC }]) { nodes { address } }
}"""
METRES = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
PAPER = (247, 246, 242)


@pytest.fixture(scope="session")
def parcel(county):
    """The parcel in the middle of the county, where the pages begin."""
    center = json.load(urlopen(f"{county.url}/tiles/parcels.json"))["center"][:2]
    return county.data(NEAREST, center={"type": "Point", "coordinates": center})["parcels"]["nodes"][0]


def parcels_in(county, bounds, by="id"):
    """Ids or properties of the parcels that share a point with [west, south, east, north]."""
    box = ",".join(map(str, bounds))
    features = json.load(urlopen(f"{county.url}/export/parcels.geojson?bbox={box}"))["features"]
    return {feature["id"] if by == "id" else feature["properties"][by] for feature in features}


def rows_of(url):
    """How many rows a CSV has."""
    return len(urlopen(url).read().splitlines()) - 1


def labels_of(url):
    """How many labels a page has."""
    return urlopen(url).read().count(b"<li>")


def widened(bounds, share):
    """Bounds wider by a share of their width and height, on every side; narrower for less than 0."""
    west, south, east, north = bounds
    x, y = share * (east - west), share * (north - south)
    return [west - x, south - y, east + x, north + y]


async def painted(page):
    """The share of a page that is not bare paper."""
    pixels = np.asarray(Image.open(io.BytesIO(await page.screenshot())).convert("RGB")).astype(int)
    return (abs(pixels - PAPER).sum(axis=2) > 12).mean()


async def test_maplibre_draws_tiles_and_tells_of_the_parcel_that_was_clicked(open_recipe, county, parcel):
    async with open_recipe("maplibre") as watched:
        page = watched.page
        await expect(page.locator("#panel")).to_contain_text("Click a parcel.")
        assert await watched.drawn("parcels", "zoning_districts") > 0
        bounds = await page.evaluate("map.getBounds().toArray().flat()")
        drawn = set(await page.evaluate("map.queryRenderedFeatures({ layers: ['parcels'] }).map(({ id }) => id)"))
        assert parcels_in(county, widened(bounds, -0.02)) <= drawn <= parcels_in(county, widened(bounds, 0.02))
        place = await page.evaluate(
            "at => { const { x, y } = map.project(at); return { x, y }; }", parcel["pointOnSurface"]["coordinates"]
        )
        await page.mouse.click(**place)
        await expect(page.locator(".sheet")).to_contain_text(parcel["parcelId"])
        assert await watched.drawn("picked") > 0
        assert await painted(page) > 0.6


async def test_leaflet_draws_the_parcels_of_the_view_wherever_it_goes_and_links_their_file(open_recipe, county):
    shown = """() => {
        const found = [];
        map.eachLayer((layer) => layer.feature && found.push(layer.feature.id));
        return { ids: found, bounds: map.getBounds().toBBoxString().split(",").map(Number) };
    }"""
    async with open_recipe("leaflet") as watched:
        page = watched.page
        await expect(page.locator("#panel")).to_contain_text("parcels in view drawn")
        before = await page.evaluate(shown)
        assert set(before["ids"]) == parcels_in(county, before["bounds"])
        assert await painted(page) > 0.5
        async with page.expect_response(f"{county.url}/graphql"):
            await page.evaluate("() => { map.panBy([400, 0], { animate: false }); }")
        changed = f"before => String(({shown})().ids) !== String(before)"
        await page.wait_for_function(changed, arg=before["ids"])
        after = await page.evaluate(shown)
        assert set(after["ids"]) == parcels_in(county, after["bounds"]) != set(before["ids"])
        url = await page.get_by_role("link", name="csv").get_attribute("href")
        assert rows_of(url) == len(after["ids"])


async def test_the_choropleth_paints_each_district_by_the_parcels_that_lie_in_it(open_recipe, county):
    document = """{ parcels(filters: {assessedValue: {isNull: false}}) { groupBy(
        keys: [{zoningDistricts: PRIMARY}], having: {count: {gte: 3}}, first: 1000
    ) { groups { key { zoningDistricts { featureId } } aggregate { count } } } } }"""
    groups = county.data(document)["parcels"]["groupBy"]["groups"]
    counts = {
        group["key"]["zoningDistricts"]["featureId"]: group["aggregate"]["count"]
        for group in groups
        if group["key"]["zoningDistricts"]
    }
    shown = "() => drawn.getLayers().map(({ feature: { properties } }) => [properties.featureId, properties.count])"
    async with open_recipe("choropleth") as watched:
        await expect(watched.page.locator("#panel")).to_contain_text(f"{len(counts)} zoning districts")
        assert dict(await watched.page.evaluate(shown)) == counts
        assert await painted(watched.page) > 0.3


async def test_the_cluster_map_counts_all_parcels_and_goes_where_a_cluster_falls_apart(open_recipe, county):
    total = county.data("{ parcels(filters: {yearBuilt: {lt: 1950}}) { totalCount } }")["parcels"]["totalCount"]
    shown = "() => drawn.getLayers().map(({ cluster }) => [cluster.clusterId, cluster.pointCount])"
    of_zoom = "({ cluster }) => cluster.clusterId.length === zoom + 3"  # the id of a cell of zoom - 1 + 4
    drawn = f"zoom => map.getZoom() === zoom && drawn.getLayers().length && drawn.getLayers().every({of_zoom})"
    async with open_recipe("clusters") as watched:
        page, panel = watched.page, watched.page.locator("#panel")
        await expect(panel).to_contain_text("parcels in")  # before that `map` is the element
        await page.evaluate("void map.setView(map.getCenter(), 9)")
        await page.wait_for_function(drawn, arg=9)
        await expect(panel).to_contain_text(f"{total} of {total} parcels in")
        assert sum(count for _, count in await page.evaluate(shown)) == total
        await page.evaluate("void map.setView(map.getCenter(), 13)")
        await page.wait_for_function(drawn, arg=13)
        cluster, count = max(await page.evaluate(shown), key=lambda each: each[1])
        await page.evaluate(
            "id => void drawn.getLayers().find(({ cluster }) => cluster.clusterId === id).fire('click')", cluster
        )
        await page.wait_for_function("map.getZoom() > 13")
        await expect(panel).to_contain_text("Click a cluster.")
        parts = [each for each in await page.evaluate(shown) if each[0].startswith(cluster)]
        assert len(parts) > 1
        assert sum(part for _, part in parts) == count


async def test_openlayers_draws_tiles_below_the_geojson_of_the_view(open_recipe, county, parcel):
    async with open_recipe("openlayers") as watched:
        page = watched.page
        await expect(page.locator("#panel")).to_contain_text("R1")
        source = "map.getLayers().item(1).getSource()"
        await page.wait_for_function(f"{source}.getFeatures().length && {source}.getState() === 'ready'")
        ids = set(await page.evaluate(f"{source}.getFeatures().map((feature) => feature.getId())"))
        west, south, east, north = await page.evaluate("map.getView().calculateExtent(map.getSize())")
        bounds = [
            *METRES.transform(west, south, direction="INVERSE"),
            *METRES.transform(east, north, direction="INVERSE"),
        ]
        # OpenLayers asks for 100 pixels more on each side.
        assert parcels_in(county, bounds) <= ids <= parcels_in(county, widened(bounds, 0.2))
        at = METRES.transform(*parcel["pointOnSurface"]["coordinates"])
        place = await page.evaluate("at => map.getPixelFromCoordinate(at)", list(at))
        await page.mouse.move(*place)
        await expect(page.locator("#panel")).to_contain_text(parcel["address"])
        await page.wait_for_function(
            "new Promise((done) => { map.once('rendercomplete', () => done(true)); map.render(); })"
        )
        assert await painted(page) > 0.6  # the county, with nothing around it


async def test_deck_gl_raises_parcels_from_binary_tiles(open_recipe, county):
    addresses = (
        "deck.pickObjects({ x: 0, y: 0, width: 960, height: 600 }).map(({ object }) => object.properties.address)"
    )
    async with open_recipe("deckgl") as watched:
        page = watched.page
        await expect(page.locator("#panel")).to_contain_text("below 200")
        await page.wait_for_function("deck.props.layers[0].isLoaded && deck.isInitialized")
        await page.wait_for_function(f"{addresses}.length > 100")
        assert set(await page.evaluate(addresses)) <= parcels_in(county, [-180, -85, 180, 85], by="address")
        assert await painted(page) > 0.4


async def test_fetch_pages_through_all_districts_and_draws_them(open_recipe, county):
    known = county.data("{ zoningDistricts { totalCount nodes { name } } }")["zoningDistricts"]
    async with open_recipe("fetch") as watched:
        total = known["totalCount"]
        assert total > 3  # more than a page
        await expect(watched.page.locator("#panel")).to_contain_text(f"{total} of {total} drawn")
        titles = await watched.page.locator("path > title").all_text_contents()
        assert sorted(title.split(": ")[1].rsplit(",")[0] for title in titles) == sorted(
            node["name"] for node in known["nodes"]
        )
        assert await painted(watched.page) > 0.2


async def test_apollo_joins_pages_and_reads_what_is_picked_from_its_cache(open_recipe, county):
    largest = county.data("{ parcels(first: 16, order: [{ areaSqm: DESC }]) { nodes { parcelId landUse } } }")
    largest = largest["parcels"]["nodes"]
    async with open_recipe("apollo") as watched:
        page = watched.page
        rows = page.locator("tbody tr")
        await expect(rows).to_have_count(8)
        await page.get_by_role("button", name="More").click()
        await expect(rows).to_have_count(16)
        assert await rows.locator("td:nth-child(2)").all_text_contents() == [node["parcelId"] for node in largest]
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        await rows.nth(2).click()
        await expect(page.get_by_role("status")).to_contain_text(largest[2]["landUse"])
        assert asked == []


async def test_urql_finds_while_typing_and_asks_nothing_twice(open_recipe, county):
    async with open_recipe("urql") as watched:
        page = watched.page
        rows, box = page.locator("tbody tr"), page.get_by_role("searchbox")
        await box.fill("south")
        await expect(rows).to_have_count(8)
        await page.get_by_role("button", name="More").click()
        await expect(rows).to_have_count(16)
        filters = {"address": {"iContains": "south"}}
        known = [node["address"] for node in county.data(BY_ADDRESS, filters=filters)["parcels"]["nodes"]]
        assert await rows.locator("td:nth-child(2)").all_text_contents() == known
        async with page.expect_response(lambda response: response.url.startswith(f"{county.url}/graphql")):
            await box.fill("south street")
        await expect(rows.first).to_contain_text("Street")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        await box.fill("south")
        await expect(rows).to_have_count(16)
        assert asked == []


async def test_the_search_box_suggests_from_the_second_letter_on_whatever_is_misspelt(open_recipe, county, parcel):
    async with open_recipe("search") as watched:
        page = watched.page
        hits, box = page.locator("#hits li"), page.get_by_role("searchbox")
        await box.fill(parcel["address"][:2])
        await expect(page.get_by_role("status")).to_have_text("10 found")
        number, *_, name, _ = parcel["address"].split()
        await box.fill(f"{name[1]}{name[0]}{name[2:]} {number}".upper())
        await expect(hits.first.locator("mark").first).to_contain_text(number)
        await expect(hits.filter(has_text=parcel["parcelId"])).to_be_visible()
        await box.fill("no such place")
        await expect(page.get_by_role("status")).to_have_text("Nothing found")


async def test_the_notice_list_names_who_is_told_and_opens_the_page_of_labels(
    open_page, cookbook, serve, sample, parcel
):
    document = """query($parcel: ID!) { noticeList(parcels: [$parcel], distance: 150) {
      recipients { label } proof { found } } }"""
    with serve(sample, app="gateway.asgi:application", GATEWAY_AUTH_PRIVATE="{}") as server:
        key = "query($key: String!) { parcel(parcelId: $key) { id } }"
        subject = server.data(key, key=parcel["parcelId"])["parcel"]["id"]
        told = server.data(document, parcel=subject)["noticeList"]
        async with open_page(f"{cookbook}/notice/?gateway={server.url}", server.url) as watched:
            page = watched.page
            await page.get_by_label("Parcel").fill(parcel["parcelId"])
            await page.get_by_label("Distance in feet").fill("150")
            await page.get_by_role("button", name="List").click()
            await expect(page.get_by_role("status")).to_contain_text(f"{told['proof']['found']} parcels found")
            first = page.locator("tbody td:first-child")
            await expect(first).to_have_text([", ".join(each["label"]) for each in told["recipients"]])
            url = await page.get_by_role("link", name="labels").get_attribute("href")
            assert labels_of(url) == len(told["recipients"])


async def test_relay_extends_the_connection_of_a_district(open_recipe, county):
    document = """{ zoningDistricts(first: 2, order: [{ code: ASC }]) { nodes { id code
      parcels(first: 16, order: [{ parcelId: ASC }]) { nodes { parcelId } } } } }"""
    first, second = county.data(document)["zoningDistricts"]["nodes"]
    async with open_recipe("relay") as watched:
        page = watched.page
        cells = page.locator("tbody td:nth-child(2)")
        await expect(cells).to_have_text([node["parcelId"] for node in first["parcels"]["nodes"][:8]])
        await page.get_by_role("combobox").select_option(second["id"])
        known = [node["parcelId"] for node in second["parcels"]["nodes"]]
        await expect(cells).to_have_text(known[:8])
        await page.get_by_role("button", name="More").click()
        await expect(cells).to_have_text(known)
