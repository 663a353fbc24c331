"""The pages for browsers: from our origin alone, under a strict policy, with files that browsers may keep."""

import re
from dataclasses import replace

import pytest
from graphql import parse, validate

from gateway.asgi import create_app
from gateway.http.views import pages
from gateway.http.views.description import describe
from gateway.layers import LAYERS, Layers
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import opened
from tests.fixtures.schema import SCHEMA

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "sec-fetch-site": "none"}
EXAMPLES = sorted((ROOT / "web" / "src" / "graphiql" / "examples").glob("*.graphql"))
BUILT = '<html><head><meta name="gateway" content="" /></head></html>'


@pytest.fixture(autouse=True)
def built(tmp_path, monkeypatch):
    """Pages as a build leaves them, in a place of their own."""
    app = tmp_path / "app"
    (app / "assets").mkdir(parents=True)
    for name in ("map", "graphiql"):
        (app / f"{name}.html").write_text(BUILT)
    (app / "assets" / "map-1a2b.js").write_text("let plain = 1")
    (app / "assets" / "map-1a2b.js.gz").write_bytes(b"packed")
    (tmp_path / "plain.html").write_text((pages.STATIC / "plain.html").read_text())
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    monkeypatch.setattr(pages, "BUILT", app)
    monkeypatch.setattr("gateway.asgi.STATIC", tmp_path)
    return app


@pytest.fixture
async def door(settings):
    async with opened(create_app(unreachable(settings))) as door:
        yield door


def unreachable(settings, **groups):
    """Settings with a database that no page asks, and fields of groups changed: `http={"graphiql": False}`."""
    groups = {"database": {"url": "postgresql+asyncpg://a@/b"}} | groups
    changed = {name: getattr(settings, name).model_copy(update=fields) for name, fields in groups.items()}
    return settings.model_copy(update=changed)


def directives(page):
    policy = page.headers["content-security-policy"]
    return {name: sources.split() for name, _, sources in (part.partition(" ") for part in policy.split("; "))}


async def test_a_browser_gets_the_page_and_a_client_gets_an_answer(door):
    page = await door.request("GET", "/graphql", headers=BROWSER)
    assert (page.status, page.media) == (200, "text/html")
    answer = await door.request("GET", "/graphql?query={__typename}")
    assert answer.json["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("path", ["/", "/graphql"])
async def test_no_policy_lets_inline_scripts_run_or_another_origin_be_asked(door, path):
    found = directives(await door.request("GET", path, headers=BROWSER))
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == found["worker-src"] == found["connect-src"] == ["'self'"]
    assert not [source for sources in found.values() for source in sources if "//" in source]
    assert found["style-src"] == (["'self'"] if path == "/" else ["'self'", "'unsafe-inline'"])


async def test_a_basemap_opens_the_policy_to_its_origin_alone(settings):
    tiles = "https://tiles.example.org/{z}/{x}/{y}.png"
    async with opened(create_app(unreachable(settings, map={"basemap": tiles}))) as door:
        page = await door.request("GET", "/", headers=BROWSER)
        assert directives(page)["connect-src"] == ["'self'", "https://tiles.example.org"]
        assert tiles in page.body.decode()
        assert directives(await door.request("GET", "/static/app/assets/map-1a2b.js")) == directives(page)


async def test_the_page_knows_the_layers_as_they_are_declared(door):
    page = (await door.request("GET", "/", headers=BROWSER)).body.decode()
    for layer in LAYERS:
        assert f"&quot;{layer.plural}&quot;" in page
    assert "<script>" not in page


async def test_the_style_of_the_map_is_fetched_while_its_script_loads(door):
    page = (await door.request("GET", "/", headers=BROWSER)).body.decode()
    early = re.findall(r'<link rel="preload" as="fetch" crossorigin href="([^"]+)" media="([^"]+)">', page)
    assert early == [
        ("/styles/zoning_districts,parcels.json?theme=light", "(prefers-color-scheme: light)"),
        ("/styles/zoning_districts,parcels.json?theme=dark", "(prefers-color-scheme: dark)"),
    ]


def test_the_map_draws_tiles_with_what_colours_them_and_all_may_see(settings):
    zones = replace(LAYERS["zoning_districts"], private=frozenset({"category"}))
    found = [layer["tiles"] for layer in describe(Layers((LAYERS["parcels"], zones)), settings)["layers"]]
    assert found == [
        "/tiles/parcels/{z}/{x}/{y}.mvt?properties=",
        "/tiles/zoning_districts/{z}/{x}/{y}.mvt?properties=zoneCode",
    ]


def test_the_map_sums_columns_that_all_may_see(settings):
    private = replace(LAYERS["parcels"], private=frozenset({"assessed_value"}))
    for layer, summed in ((LAYERS["parcels"], ["assessedValue"]), (private, [])):
        told, _ = describe(Layers((layer, LAYERS["zoning_districts"])), settings)["layers"]
        assert told["summed"] == summed


async def test_files_named_by_their_content_may_be_kept_for_ever_and_come_packed_to_who_takes_that(door):
    path = "/static/app/assets/map-1a2b.js"
    plain = await door.request("GET", path)
    assert plain.body == b"let plain = 1"
    packed = await door.request("GET", path, headers={"accept-encoding": "br, gzip"})
    assert packed.body == b"packed"
    assert packed.headers["content-encoding"] == "gzip"
    for answer in (plain, packed):
        assert answer.media == "text/javascript"
        assert "immutable" in answer.headers["cache-control"]
        assert "accept-encoding" in answer.headers["vary"]
    again = await door.request("GET", path, headers={"if-none-match": plain.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("deflate", None)],
)
async def test_files_come_in_the_smallest_coding_that_the_client_takes(door, built, accepted, coding):
    (built / "assets" / "map-1a2b.js.br").write_bytes(b"least")
    answer = await door.request("GET", "/static/app/assets/map-1a2b.js", headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.body == {"br": b"least", "gzip": b"packed", None: b"let plain = 1"}[coding]
    assert answer.media == "text/javascript"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/static/app/assets/nothing.js", 404, "NOT_FOUND"),
        ("GET", "/static/../settings.py", 404, "NOT_FOUND"),
        ("POST", "/static/app/map.html", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_what_is_no_file_and_what_does_not_read_is_refused(door, method, path, status, code):
    answer = await door.request(method, path)
    assert (answer.status, answer.code) == (status, code)


async def test_where_nothing_is_built_a_plain_page_says_how_to_build_it(door, built):
    (built / "map.html").unlink()
    page = await door.request("GET", "/", headers=BROWSER)
    assert page.status == 200
    assert "make web" in page.body.decode()


async def test_the_pages_can_be_switched_off(settings):
    off = unreachable(settings, http={"graphiql": False}, map={"enabled": False})
    async with opened(create_app(off)) as door:
        answer = await door.request("GET", "/graphql", headers=BROWSER)
        assert (answer.status, answer.code) == (400, "BAD_JSON")
        assert (await door.request("GET", "/", headers=BROWSER)).status == 404


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_of_graphiql_fit_the_schema(file):
    assert validate(SCHEMA, parse(file.read_text())) == []
