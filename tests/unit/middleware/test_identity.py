"""Which credential a request has: one, none, or a refusal; what looks like one is never passed over."""

import time

import orjson
import pytest

from gateway.admission.budgets import Budgets
from gateway.http.middleware.identity import Identity
from gateway.identity import Backends
from gateway.settings import AuthSettings, BudgetSettings
from tests.unit.identity.test_tokens import SECRET, signed

TOKEN = signed().encode()
OTHER = signed(sub="other").encode()
LONG = b"x" * 9_000


async def seen(*headers):
    """The name of the principal, or the message of the refusal."""
    found, sent = [], []

    async def app(scope, *_):
        found.append(scope["state"]["principal"].name)

    async def send(message):
        sent.append(message)

    backends, budgets = Backends(AuthSettings(jwt_secret=SECRET)), Budgets(BudgetSettings())
    door = Identity(app, backends=backends, budgets=budgets, most_wrong=0)
    state = {"database": None, "client": "203.0.113.7"}
    await door({"type": "http", "headers": list(headers), "state": state}, None, send)
    if found:
        return found[0]
    assert sent[0]["status"] == 401
    return orjson.loads(sent[1]["body"])["errors"][0]["message"]


AUTHORIZATION, KEY = b"authorization", b"x-api-key"
BEARER = (AUTHORIZATION, b"Bearer " + TOKEN)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], "anonymous"),
        ([(AUTHORIZATION, b"Basic YTpi")], "anonymous"),
        ([BEARER], "clerk"),
        ([(AUTHORIZATION, b"bEARER\t" + TOKEN)], "clerk"),
        ([(KEY, TOKEN)], "clerk"),
        ([(AUTHORIZATION, b"Basic YTpi"), (KEY, TOKEN)], "clerk"),
        ([BEARER, (KEY, TOKEN)], "clerk"),
        ([(AUTHORIZATION, b"Bearer")], "is empty"),
        ([(AUTHORIZATION, b"Bearer  ")], "is empty"),
        ([(KEY, b"")], "is empty"),
        ([(AUTHORIZATION, b"Bearer: " + TOKEN)], "can't be read"),
        ([BEARER, BEARER], "twice"),
        ([(AUTHORIZATION, b"Basic YTpi"), BEARER], "twice"),
        ([(KEY, TOKEN), (KEY, OTHER)], "twice"),
        ([BEARER, (KEY, OTHER)], "two credentials"),
        ([BEARER, (KEY, b"")], "two credentials"),
        ([(AUTHORIZATION, b"Bearer " + LONG)], "has 9000 bytes"),
        ([(KEY, LONG)], "has 9000 bytes"),
        ([(KEY, b"\xff")], "no API key and no token has"),
    ],
)
async def test_a_request_has_one_credential_or_none_or_is_refused(headers, expected):
    assert expected in await seen(*headers)


@pytest.mark.timed
async def test_a_header_of_blanks_is_read_in_no_time():
    begun = time.thread_time()
    await seen((AUTHORIZATION, b"Bearer a" + b" " * 60_000 + b"b"))
    assert time.thread_time() - begun < 0.5  # seconds, if each blank is looked at with all that follow it
