"""The whole gateway on Cambridge; enters documents and variables, leaves answers."""

from functools import cache

import pytest

from gateway.asgi import assemble
from gateway.execution.context import contexts
from gateway.identity import named
from gateway.layers import LAYERS
from gateway.settings import Settings
from schema.operations import Operations
from tests.fixtures.door import opened
from tests.fixtures.principals import ACCESS
from tests.fixtures.schema import SURFACE


@cache
def operations():
    """Made once: building the schema takes longer than most tests."""
    return Operations(SURFACE, Settings(), LAYERS)


@pytest.fixture
async def city(settings, cambridge, monkeypatch):
    """The gateway's door, on Cambridge. Tests count the connections of requests, so a task of the server takes none."""

    async def no_names(_):
        return {}

    monkeypatch.setattr(named, "names", no_names)
    given = settings.model_copy(update={"database": settings.database.model_copy(update={"url": cambridge})})
    async with opened(assemble(given, operations(), contexts(ACCESS, given, b"key"))) as door:
        yield door


@pytest.fixture
def ask(city):
    """`await ask(document, name=value)`: the data of an answer without errors."""

    async def run(document, **variables):
        answer = await city.post(document, variables)
        assert "errors" not in answer.json, answer.json["errors"]
        return answer.json["data"]

    return run


@pytest.fixture
def refused(city):
    """`await refused(document, name=value)`: the first error of an answer, which must not be INTERNAL."""

    async def run(document, **variables):
        answer = await city.post(document, variables)
        error = answer.json["errors"][0]
        assert answer.status < 500, error
        assert error["extensions"]["code"] != "INTERNAL", error
        return error

    return run
