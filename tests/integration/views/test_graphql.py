"""What the view says when operations run, fail, or cannot run."""

import asyncio
import os
import re
import warnings

import pytest
import structlog
from graphql import get_introspection_query

from tests.fixtures.door import on, opened
from tests.fixtures.surface import application

RESPONSE = "application/graphql-response+json"


def pooled(settings, **changes):
    return settings.model_copy(update={"database": settings.database.model_copy(update=changes)})


async def test_an_answer_has_its_cost_and_the_cap(door):
    answer = await door.post("{ one }")
    assert (answer.status, answer.media) == (200, RESPONSE)
    told = answer.json
    assert told["extensions"]["cost"].pop("actual") >= 1
    assert told == {"data": {"one": 1}, "extensions": {"cost": {"estimated": 1, "cap": 200_000}}}
    cached = await door.request("GET", "/graphql?query={one}")
    assert cached.json == told  # no time, which would be another each time


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html;q=0.1, application/*"])
async def test_clients_that_take_anything_get_json(door, accept):
    answer = await door.post("{ one }", accept=accept)
    assert answer.media == "application/json"


async def test_what_a_client_takes_may_be_said_in_several_lines(door):
    answer = await door.request("GET", "/graphql?query={one}", headers={"accept": "image/png", "Accept": RESPONSE})
    assert (answer.status, answer.media) == (200, RESPONSE)


async def test_get_reads_with_variables(door):
    path = '/graphql?query=query(%24t:String!){echo(text:%24t)}&variables={"t":"caf%C3%A9"}'
    answer = await door.request("GET", path)
    assert answer.json["data"] == {"echo": "café"}


async def test_parameters_of_get_that_are_null_or_empty_count_as_absent(door):
    for parameters in ("variables=null&extensions=null", "variables=%20null%20", "variables=&extensions="):
        answer = await door.request("GET", f"/graphql?query={{one}}&{parameters}")
        assert (answer.status, answer.json["data"]) == (200, {"one": 1})


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize(
    ("text", "code"), [("[]", "BAD_JSON"), ("5", "BAD_JSON"), ("{", "BAD_JSON"), ('{"a":"%5Cud800"}', "BAD_TEXT")]
)
async def test_wrong_json_in_a_parameter_of_get_is_refused_by_the_name_of_the_parameter(door, name, text, code):
    answer = await door.request("GET", f"/graphql?query={{one}}&{name}={text}")
    (error,) = answer.json["errors"]
    assert (answer.status, answer.code) == (400, code)
    assert error["message"].startswith(f'"{name}" of the query string: ')
    assert "body" not in error["message"].lower()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "graphql-require-preflight": "1"},
    ],
)
async def test_get_is_read_from_clients_own_pages_and_through_cors(door, headers):
    answer = await door.request("GET", "/graphql?query={one}", headers={"accept": RESPONSE} | headers)
    assert answer.status == 200


async def test_an_error_of_one_field_leaves_the_others(door):
    answer = await door.post("{ bad one }")
    assert answer.status == 200
    assert answer.json["data"] == {"bad": None, "one": 1}
    assert answer.json["errors"] == [
        {
            "message": "Longitude 181 is outside -180 to 180.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["bad"],
            "extensions": {"code": "OUT_OF_RANGE", "argument": ["filters", "lon"]},
        }
    ]


@pytest.mark.parametrize("query", ["{ boom }", '{ maybe(sql: "SELECT * FRM secret") }'])
async def test_an_unforeseen_error_is_masked_with_an_id_that_the_log_has(door, query):
    with structlog.testing.capture_logs() as lines:
        answer = await door.post(query)
    identity = answer.json["errors"][0]["extensions"]["id"]
    assert answer.code == "INTERNAL"
    assert "secret" not in answer.body.decode()
    logged = next(line for line in lines if line.get("error_id") == identity)
    assert "secret" in str(logged["exc_info"])


async def test_no_more_errors_are_sent_than_the_limit(door):
    answer = await door.post("{ " + " ".join(f"nope{number}" for number in range(15)) + " }")
    assert len(answer.json["errors"]) == 5


async def test_a_statement_beyond_its_time_is_answered_504(serving):
    async with opened(application(pooled(serving, read_timeout_ms=100))) as door:
        answer = await door.post("{ sleep(seconds: 5) }")
    assert (answer.status, answer.code) == (504, "TIMEOUT")
    assert "data" not in answer.json


@pytest.mark.parametrize("accept", [RESPONSE, "application/json"])
async def test_a_database_that_is_not_there_is_answered_503_with_retry_after(closed_door, accept):
    answer = await closed_door.post("{ one }", accept=accept)
    assert (answer.status, answer.code) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    assert answer.json["errors"][0]["extensions"]["retryable"]


async def test_what_needs_no_database_is_answered_without_it(closed_door):
    answer = await closed_door.post('{ one echo(text: "a") maybe(sql: "SELECT 1") }')
    assert answer.status == 503  # one is required, so nothing is left
    answer = await closed_door.post('{ echo(text: "a") maybe(sql: "SELECT 1") }')
    assert (answer.status, answer.code) == (200, "UNAVAILABLE")
    assert answer.json["data"] == {"echo": "a", "maybe": None}


async def test_a_full_pool_is_answered_503_within_its_time_and_heals(serving):
    async with opened(application(pooled(serving, pool_size=1, max_overflow=0, pool_timeout=0.2))) as door:
        first = asyncio.create_task(door.post("{ sleep(seconds: 5) }"))
        while door.database.in_use == 0:
            assert not first.done()
            await asyncio.sleep(0.01)
        answer = await door.post("{ one }")
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "OVERLOADED", "1")
        assert (await first).status == 200
        assert (await door.post("{ one }")).status == 200


async def test_a_server_without_its_database_is_alive_and_not_ready(closed_door):
    assert (await closed_door.request("GET", "/healthz")).status == 200
    ready = await closed_door.request("GET", "/readyz")
    assert (ready.status, ready.code, ready.headers["retry-after"]) == (503, "UNAVAILABLE", "1")


async def test_a_database_that_was_never_migrated_is_not_ready(settings, cluster):
    async with opened(application(on(settings, cluster.url("postgres")))) as door:
        ready = await door.request("GET", "/readyz")
    assert (ready.status, ready.code) == (503, "NOT_MIGRATED")


async def test_metrics_count_requests_errors_and_connections(door):
    await door.post("{ one bad }")
    text = (await door.request("GET", "/metrics")).body.decode()
    assert 'gateway_requests_total{method="POST",status="200"}' in text
    assert 'gateway_errors_total{code="OUT_OF_RANGE"}' in text
    assert re.search(r"^gateway_pool_in_use \d", text, re.MULTILINE)  # the gateway's own tasks have some, too


async def test_introspection_and_suggestions_are_settings(settings):
    http = settings.http.model_copy(update={"introspection": False, "suggestions": False})
    closed = on(settings.model_copy(update={"http": http}), "postgresql+asyncpg://a@/b")
    async with opened(application(closed)) as door:
        answer = await door.post("{ __schema { types { name } } }")
        assert (answer.status, answer.code) == (400, "INTROSPECTION_OFF")
        assert (await door.post("{ __typename }")).status == 200
        answer = await door.post("{ on }")
        assert "Did you mean" not in answer.json["errors"][0]["message"]


async def test_standard_introspection_passes_the_limits(closed_door):
    answer = await closed_door.post(get_introspection_query(input_value_deprecation=True, specified_by_url=True))
    assert answer.json["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_a_child_process_forgets_the_connections_of_its_parent(door):
    assert (await door.post("{ one }")).status == 200
    pool = door.database.engine.pool

    def inherited():
        return pool.checkedin() + len(door.database.leases._waiting)

    assert inherited() == 1
    with warnings.catch_warnings(action="ignore"):  # newer Pythons warn of forks beside threads
        child = os.fork()
    if child == 0:
        os._exit(inherited())
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert inherited() == 1
    assert (await door.post("{ one }")).status == 200


async def test_what_get_read_is_answered_304_while_it_is_the_answer(door):
    first = await door.request("GET", "/graphql?query={one}")
    assert first.headers["cache-control"] == "private, no-cache"
    again = await door.request("GET", "/graphql?query={one}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = await door.request("GET", "/graphql?query={__typename}", headers={"if-none-match": first.headers["etag"]})
    assert other.status == 200


async def test_errors_and_posts_are_not_kept(door):
    failed = await door.request("GET", "/graphql?query={boom}")
    posted = await door.post("{ one }")
    for answer in (failed, posted):
        assert (answer.headers["cache-control"], answer.headers.get("etag")) == ("no-store", None)
