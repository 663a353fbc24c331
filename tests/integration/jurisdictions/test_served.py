"""Each jurisdiction is served as the only one would be, at every door, and shows nothing of another."""

import json
import re
from base64 import b64decode, b64encode

import orjson
import pytest

from gateway.asgi import create_app
from gateway.layers import LAYERS
from gateway.models.jurisdiction import BITS
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import JSON, on, opened
from tests.fixtures.jurisdictions import CODES

CASES = sorted((ROOT / "tests" / "golden").glob("*/query.graphql"))
NUMBERS = dict(zip(CODES, range(1, 4), strict=True))
IDS = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")
# Signed, or a place in a document whose ids are longer, or a time.
LEFT_OUT = {"cursor", "startCursor", "endCursor", "url", "tileJson", "tiles", "exports", "cost", "locations"}
NUMBERED = re.compile(r"""(featureId: *(?:\{ *\w+: *)?|"id": ?"?)(\d+)""")


def with_ids(text, number):
    """A document or an answer with the ids of rows of a jurisdiction in place of those of the schema of the URL."""

    def other(match):
        try:
            name, colon, row = b64decode(match[0], validate=True).decode().partition(":")
        except ValueError:
            return match[0]
        known = colon and name in LAYERS.by_type and row.isdecimal()
        return b64encode(f"{name}:{int(row) + (number << BITS)}".encode()).decode() if known else match[0]

    numbered = NUMBERED.sub(lambda match: f"{match[1]}{int(match[2]) + (number << BITS)}", text)
    return IDS.sub(other, numbered)


def plain(value, number):
    """An answer as it would be of the schema of the URL, without what is signed or is a time."""
    if isinstance(value, dict):
        return {key: plain(item, number) for key, item in value.items() if key not in LEFT_OUT}
    if isinstance(value, list):
        return [plain(item, number) for item in value]
    if isinstance(value, str):
        return with_ids(value, -number)
    if isinstance(value, int) and value >> BITS == number and number:
        return value - (number << BITS)
    return value


async def asked(door, code, document, variables, **headers):
    path = f"/j/{code}/graphql" if code else "/graphql"
    body = orjson.dumps({"query": document, "variables": variables})
    given = JSON | {"accept": "application/graphql-response+json"} | headers
    return await door.request("POST", path, headers=given, body=body)


@pytest.fixture
async def door(settings, placed):
    async with opened(create_app(on(settings, placed))) as made:
        yield made


async def test_all_golden_cases_answer_as_of_a_single_schema(door):
    differences, compared = [], 0
    for case in CASES:
        given = case.parent / "variables.json"
        document, variables = case.read_text(), given.read_text() if given.exists() else "{}"
        alone = plain((await asked(door, "", document, json.loads(variables))).json, 0)
        for code, number in NUMBERS.items():
            own, values = with_ids(document, number), json.loads(with_ids(variables, number))
            answer = plain((await asked(door, code, own, values)).json, number)
            compared += 1
            if answer != alone:
                differences.append((case.parent.name, code, answer, alone))
    assert compared >= 120
    assert not differences, "\n".join(f"{name} {code}\n{one}\n{other}" for name, code, one, other in differences)
