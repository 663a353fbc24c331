"""Misspelt addresses of a real city find their parcels among the first ten hits."""

from random import Random

import orjson
import pytest

from benchmarks.misspelling import misspelt
from gateway.asgi import create_app
from tests.fixtures.door import on, opened

SEED = 7
MANY = 500  # addresses, each with one error and with two
LEAST = 0.95
SEARCH = """query ($text: String!) { search(text: $text, first: 10, layers: [PARCELS]) {
    node { ... on Parcel { address } } } }"""


@pytest.fixture
async def city(settings, cambridge):
    """The gateway on Cambridge."""
    async with opened(create_app(on(settings, cambridge))) as door:
        yield door


async def test_addresses_with_one_or_two_errors_are_found(city):
    lines = (await city.request("GET", "/export/parcels.geojsonl?properties=address")).body.splitlines()
    addresses = {orjson.loads(line)["properties"]["address"] for line in lines} - {None}
    assert len(addresses) > 10_000
    chance = Random(SEED)
    chosen = chance.sample(sorted(addresses), MANY)
    found = {}
    for errors in (1, 2):
        asked = [(address, misspelt(address, errors, chance)) for address in chosen]
        found[errors] = [text for address, text in asked if address in await _found(city, text)]
    recall = {errors: len(texts) / MANY for errors, texts in found.items()}
    print(f"recall at 10, by errors: {recall}")  # noqa: T201
    assert min(recall.values()) >= LEAST


async def _found(city, text):
    answer = await city.post(SEARCH, {"text": text})
    assert "errors" not in answer.json, answer.json["errors"]
    return {hit["node"]["address"] for hit in answer.json["data"]["search"]}
