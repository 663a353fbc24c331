"""A jurisdiction may have limits, budgets and trusted documents of its own, which hold there and nowhere else."""

import json
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from gateway.asgi import create_app
from gateway.db.sessions import Database
from gateway.execution import trusted
from gateway.execution.jurisdictions import within
from gateway.models import TrustedDocument
from gateway.models.jurisdiction import ALL
from gateway.settings import Settings
from tests.fixtures.door import on, opened
from tests.integration.jurisdictions.conftest import get

ROWS = f"graphql?query={quote('{ parcels(first: 50) { totalCount } }')}"
OWN = {"alpha": {"limits": {"page": 10}}, "beta": {"budget": {"anonymous": 100}}}


@pytest.fixture
async def door(settings, two, monkeypatch):
    monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps(OWN))
    given = on(settings, two).model_copy(update={"jurisdictions": Settings().jurisdictions})
    async with opened(create_app(given)) as made:
        yield made


async def test_a_limit_holds_in_its_jurisdiction_alone(door):
    refused = await get(door, f"/j/alpha/{ROWS}")
    assert (refused.status, refused.code) == (200, "BAD_PAGE")
    assert refused.json["errors"][0]["extensions"]["limit"] == 10
    for path in ("", "/j/beta", f"/j/{ALL}"):
        assert (await get(door, f"{path}/{ROWS}")).json["data"] == {"parcels": {"totalCount": 0}}


async def test_a_budget_is_spent_in_its_jurisdiction_alone(door):
    answers = [await get(door, f"/j/beta/{ROWS}") for _ in range(6)]
    assert answers[0].status == 200
    assert (answers[-1].status, answers[-1].code) == (429, "RATE_LIMITED")
    assert '"cost";q=100;' in answers[-1].headers["ratelimit-policy"]
    for path in ("", "/j/alpha", f"/j/{ALL}"):
        assert (await get(door, f"{path}/graphql?query={quote('{ parcels { totalCount } }')}")).status == 200
    assert (await get(door, f"/j/beta/{ROWS}")).status == 429


async def test_a_document_that_one_trusts_is_run_there_alone(settings, two):
    text = "query Count { parcels { totalCount } }"
    database = Database(settings.database, two)
    row = TrustedDocument(hash=trusted.sha256(text), name="Count", document=text, ids=["count"], cost=1)
    await trusted.trust(await within(database, "alpha"), [row], replace=False)
    await database.dispose()
    given = on(settings, two).model_copy(update={"documents": "trusted"})
    async with opened(create_app(given)) as made:
        for path, runs in (("", False), ("/j/alpha", True), ("/j/beta", False), (f"/j/{ALL}", False)):
            for asked in (f"query={quote(text)}", "documentId=count"):
                answer = await get(made, f"{path}/graphql?{asked}")
                assert (answer.json.get("data") == {"parcels": {"totalCount": 0}}) is runs, (path, answer.body)


def test_all_together_have_what_the_server_has(monkeypatch):
    monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps({ALL: {"limits": {"page": 5}}}))
    with pytest.raises(ValidationError, match="all together have those of the server"):
        Settings()


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"limits": {"page": 0}}, "alpha.limits.page: Input should be greater than or equal to 1"),
        ({"limits": {"pages": 5}}, "alpha.limits has 'pages', which is none of"),
        ({"limits": {"head_bytes": 5000}}, "alpha.limits has 'head_bytes', which is none of"),
        ({"budget": {"store": 1}}, "alpha.budget has 'store', which is none of"),
        ({"tiles": {"features": 1}}, "alpha has 'tiles', which is none of limits, budget, auth"),
    ],
)
def test_what_no_jurisdiction_can_have_of_its_own_is_refused_at_start(monkeypatch, own, said):
    monkeypatch.setenv("GATEWAY_JURISDICTIONS", json.dumps({"alpha": own}))
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert said in refused.value.errors()[0]["msg"]
