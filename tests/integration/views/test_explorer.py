"""The page for browsers: from our origin alone, under a strict policy, with examples that work."""

import re

import pytest
from graphql import parse, validate

from gateway.asgi import create_app
from gateway.layers import LAYERS
from gateway.views.explorer import STATIC
from schema import build_schema
from tests.fixtures.door import opened

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "sec-fetch-site": "none"}
FILES = sorted((STATIC / "explorer").iterdir())


async def test_a_browser_gets_the_page_and_a_client_gets_an_answer(closed_door):
    page = await closed_door.request("GET", "/graphql", headers=BROWSER)
    assert (page.status, page.media) == (200, "text/html")
    answer = await closed_door.request("GET", "/graphql?query={__typename}")
    assert answer.json["data"] == {"__typename": "Query"}


async def test_the_page_runs_no_inline_script_and_asks_no_other_origin(closed_door):
    page = await closed_door.request("GET", "/graphql", headers=BROWSER)
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    text = page.body.decode()
    assert not re.search(r"<script>|\son\w+=|<style|style=", text)
    for path in re.findall(r'(?:src|href)="([^"]+)"', text):
        found = await closed_door.request("GET", path)
        assert found.status == 200, path


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_of_the_page_names_another_origin(file):
    assert not re.search(r"https?://", file.read_text())


def test_the_examples_fit_the_schema():
    schema = build_schema(LAYERS)._schema
    examples = re.findall(r"\[\n    `(.+?)`", (STATIC / "explorer" / "app.js").read_text(), flags=re.DOTALL)
    assert len(examples) >= 5
    for example in examples:
        assert validate(schema, parse(example)) == []


async def test_the_page_can_be_switched_off(settings):
    off = settings.model_copy(update={"http": settings.http.model_copy(update={"graphiql": False})})
    async with opened(
        create_app(
            off.model_copy(
                update={"database": settings.database.model_copy(update={"url": "postgresql+asyncpg://a@/b"})}
            )
        )
    ) as door:
        answer = await door.request("GET", "/graphql", headers=BROWSER)
    assert (answer.status, answer.code) == (400, "BAD_JSON")
