"""The gateway under a path of its own, `/gis`, behind nginx: one that passes the path on, and one that takes it."""

import asyncio
import json
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest
from playwright.async_api import expect

from tests.fixtures.server import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")

SQUARE = {"type": "Polygon", "coordinates": [[[-10, 30], [-9.999, 30], [-9.999, 30.001], [-10, 30.001], [-10, 30]]]}
LINKS = "{ parcels(first: 1) { tiles { url tileJson } exports { geojson } nodes { parcelId } } }"


@dataclass(frozen=True)
class Places:
    """Where clients find the gateway: by the public URL, and by a proxy that takes the path away."""

    public: str
    stripping: str


@pytest.fixture(scope="session")
def places(serve, cluster, sample_template, pages_built, nginx):
    port = free_port()
    public = f"http://127.0.0.1:{port}/gis"
    settings = {"GATEWAY_HTTP_PUBLIC_URL": public, "GATEWAY_AUTH_ANONYMOUS": "read,bulk"}
    with (
        cluster.copy(sample_template) as url,
        serve(url, app="gateway.asgi:application", **settings) as server,
        nginx(server.port, port) as stripping,
    ):
        yield Places(public, f"http://127.0.0.1:{stripping}/gis")


async def ask(url, body=None, **headers):
    """The header Location and the JSON of an answer."""

    def read():
        request = Request(url, body, {name.replace("_", "-"): value for name, value in headers.items()})
        with urlopen(request, timeout=60) as answer:
            return answer.headers["location"], json.load(answer)

    return await asyncio.to_thread(read)


@pytest.mark.parametrize("proxy", ["public", "stripping"])
async def test_the_map_draws_under_a_path_and_links_to_graphiql(places, open_page, proxy):
    async with open_page(f"{getattr(places, proxy)}/") as watched:
        assert await watched.drawn("parcels", "zoning_districts") > 0
        await watched.page.get_by_role("link", name="GraphiQL").click()
        await watched.page.wait_for_url(f"{getattr(places, proxy)}/graphql*")


async def test_graphiql_asks_under_a_path(places, open_page):
    async with open_page(f"{places.stripping}/graphql?query=%7B%20__typename%20%7D") as watched:
        await watched.page.get_by_role("button", name="Execute query").click()
        await expect(watched.page.locator(".result-window")).to_contain_text('"Query"')
        assert await watched.page.locator("a.home").get_attribute("href") == "/gis/"


@pytest.mark.parametrize("proxy", ["public", "stripping"])
async def test_every_url_that_is_told_leads_back(places, proxy):
    place = getattr(places, proxy)
    asked = json.dumps({"query": LINKS}).encode()
    _, answer = await ask(f"{place}/graphql", asked, content_type="application/json")
    told = answer["data"]["parcels"]
    assert told["tiles"]["url"].startswith(f"{places.public}/tiles/parcels/{{z}}")
    _, tilejson = await ask(told["tiles"]["tileJson"])
    assert tilejson["tiles"][0].startswith(f"{places.public}/tiles/parcels/{{z}}")
    assert (await ask(told["exports"]["geojson"]))[1]["type"] == "FeatureCollection"
    _, style = await ask(f"{place}/styles/parcels.json")
    source = style["sources"]["gateway"]
    for told in (*style["sources"]["parcels_labels"]["tiles"], style["glyphs"], style["sprite"]):
        assert told.startswith(f"{places.public}/")
    assert source["url"] == f"{places.public}/tiles/parcels.json"
    assert (await ask(source["url"]))[1]["tilejson"] == "3.0.0"
    assert (await ask(f"{place}/readyz"))[1]["status"] == "ready"


@pytest.mark.parametrize("proxy", ["public", "stripping"])
async def test_a_bulk_load_is_found_again_at_its_location(places, proxy):
    place = getattr(places, proxy)
    feature = {"type": "Feature", "properties": {"parcel_id": proxy}, "geometry": SQUARE}
    headers = {"content_type": "application/geo+json-seq", "prefer": "wait=30"}
    location, job = await ask(f"{place}/bulk/parcels", json.dumps(feature).encode(), **headers)
    assert location == f"/gis/jobs/{job['id']}"
    _, found = await ask(place.removesuffix("/gis") + location)
    assert found["counts"]["inserted"] == 1
