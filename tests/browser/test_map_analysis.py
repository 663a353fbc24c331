"""Results of analyses on the map: while they run, once they are there, and when they are not or not any more."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import expect
from pypdf import PdfReader

from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from tests.browser.test_map import barriers
from tests.browser.test_map_print import made
from tests.fixtures.browser import PHONE, press
from tests.fixtures.sources import fetch
from tests.integration.analysis.test_running import SLOW

pytestmark = pytest.mark.asyncio(loop_scope="session")

START = "mutation($analysis: AnalysisStart!) { startAnalysis(analysis: $analysis) { id } }"
LOOK = "query($id: ID!) { analysisJob(id: $id) { state result { tileJson } } }"
USES = "{ parcels { distinct(field: {column: LAND_USE}, first: 50) { values { value count } } } }"
READ_AND_ANALYZE = "read,analyze"


@pytest.fixture(scope="session")
def county(cluster, sample_template):
    """URL of a sample county of these tests' own."""
    with cluster.copy(sample_template) as url:
        yield url


@pytest.fixture(scope="session")
def office(serve, county, pages_built):
    """A gateway whose readers may analyse, as behind the proxy of a planning office."""
    with serve(county, app="gateway.asgi:application", GATEWAY_AUTH_ANONYMOUS=READ_AND_ANALYZE) as server:
        yield server


def start(site, **method):
    return site.data(START, analysis={"parcels": {"method": method}})["startAnalysis"]["id"]


def panel(page):
    return page.locator("section.analysis")


async def test_show_the_land_uses_that_i_had_dissolved(office, county, open_page):
    await fetch(county, SLOW.format(1))
    job = start(office, dissolve={"by": "LAND_USE"})
    async with open_page(f"{office.url}/?{urlencode({'analysis': job})}") as watched:
        page = watched.page
        await expect(panel(page).get_by_role("status")).to_contain_text(re.compile("Analysing [0-9,]+ parcels, about"))
        await expect(panel(page).get_by_role("progressbar", name="Progress of the analysis")).to_be_visible()
        await fetch(county, SLOW.format(0))
        await expect(panel(page).get_by_role("heading", level=2)).to_have_text("Dissolved groups of parcels")
        await expect(panel(page).get_by_role("status")).to_contain_text("Kept until")
        assert await watched.drawn("over-analysis") > 0
        uses = office.data(USES)["parcels"]["distinct"]["values"]
        colours = panel(page).get_by_role("list", name="Colours of the analysis").get_by_role("listitem")
        told = sorted((each["count"], each["value"]) for each in uses)[::-1][:12]
        await expect(colours).to_have_count(len(told))
        listed = [await each.locator("b, small").all_text_contents() for each in await colours.all()]
        assert {(name, count.replace(",", "")) for name, count in listed} == {(name, str(n)) for n, name in told}
        fills = [await each.locator("rect").get_attribute("fill") for each in (await colours.all())[:9]]
        assert len(set(fills)) == min(9, len(told))
        assert await barriers(page) == []
        await watched.shot("map-analysis")
        await page.get_by_role("button", name="Print").click()
        printed = PdfReader(await (await made(page, "PDF", "sheet-analysis")).path()).pages[0].extract_text()
        assert "Analysis" in printed
        assert all(value in printed for _, value in told[:3])
        await page.get_by_role("button", name="Close the print").click()
        await page.evaluate("void map.jumpTo({ zoom: 17 })")
        await press(panel(page).get_by_role("button", name="Zoom to the result"))
        await page.wait_for_function("() => map.getZoom() < 16 && !map.isMoving()")
        async with page.expect_download() as begun:
            await panel(page).get_by_role("link", name="GeoJSON").click()
        assert len(json.loads((await (await begun.value).path()).read_text())["features"]) == len(uses)
        await press(panel(page).get_by_role("button", name="Close the analysis"))
        await expect(panel(page)).to_have_count(0)
        assert "analysis=" not in page.url
        await page.wait_for_function("() => map.getLayer('over-analysis') === undefined")
        await page.go_back()
        await expect(panel(page).get_by_role("heading", level=2)).to_have_text("Dissolved groups of parcels")


async def test_send_clusters_to_someone_who_may_not_analyse(serve, county, pages_built, open_page, settings):
    database = Database(settings.database, county)
    key = await api_keys.create(database, "analyst", [Scope.READ, Scope.ANALYZE], None)
    await database.dispose()
    with serve(county, app="gateway.asgi:application") as server:
        told = {"content-type": "application/json", "authorization": f"Bearer {key}"}

        def ask(document, **variables):
            body = json.dumps({"query": document, "variables": variables}).encode()
            with urlopen(Request(f"{server.url}/graphql", body, told), timeout=60) as answer:
                return json.load(answer)["data"]

        method = {"clusterKMeans": {"clusters": 5}}
        job = ask(START, analysis={"parcels": {"method": method}})["startAnalysis"]["id"]
        while (found := ask(LOOK, id=job)["analysisJob"])["state"] != "COMPLETE":
            assert found["state"] in {"WAITING", "RUNNING"}
        async with open_page(f"{server.url}/?analysis={job}") as watched:
            await expect(panel(watched.page).get_by_role("alert")).to_contain_text("analyze")
        signed = parse_qs(urlsplit(found["result"]["tileJson"]).query)["signed"][0]
        query = urlencode({"analysis": job, "signed": signed})
        async with open_page(f"{server.url}/?{query}", color_scheme="dark", **PHONE) as watched:
            page = watched.page
            await expect(panel(page).get_by_role("heading", name="5 in view")).to_be_visible()
            assert await watched.drawn("over-analysis") > 0
            for control in await panel(page).locator("button, .actions a, input").all():
                assert (await control.bounding_box())["height"] >= 44
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert await barriers(page) == []
            await watched.shot("map-analysis-phone-dark")


async def test_an_analysis_that_is_not_there_or_not_any_more_is_told(office, county, open_page):
    async with open_page(f"{office.url}/?analysis=nothing") as watched:
        await expect(panel(watched.page).get_by_role("alert")).to_contain_text("There is no such analysis")
    job = start(office, union=True)
    async with open_page(f"{office.url}/?analysis={job}") as watched:
        page = watched.page
        await expect(panel(page).get_by_role("status")).to_contain_text("Kept until")
        await fetch(county, "UPDATE analysis_jobs SET expires_at = now() + interval '25 seconds' WHERE id = $1", job)
        await page.reload()
        await expect(panel(page).get_by_role("heading", name="1 in view")).to_be_visible()
        await expect(panel(page).get_by_role("alert")).to_contain_text("This analysis has expired")
        await page.wait_for_function("() => !map.getLayer('over-analysis')")
        watched.problems.clear()  # tiles that were asked for as it expired
