"""Clients beside one another at a server in a process of its own: each has a share, whatever the others send."""

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import quote

import pytest

from tests.fixtures.sockets import wait_until
from tests.fixtures.waiting import LONG

SECONDS = 4.0  # of an attack


class Client:
    """One connection from an address of this machine."""

    def __init__(self, server, address):
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=100, source_address=(address, 0))

    def __del__(self):
        self.connection.close()

    def get(self, path, **headers):
        self.connection.request("GET", path, headers=headers)
        return self._answer()

    def ask(self, query, **headers):
        body = json.dumps({"query": query})
        self.connection.request("POST", "/graphql", body, {"content-type": "application/json", **headers})
        return self._answer()

    def _answer(self):
        answer = self.connection.getresponse()
        answer.content = answer.read()
        return answer


def code(answer):
    return json.loads(answer.content)["errors"][0]["extensions"]["code"]


@contextmanager
def attack(server, connections, send, addresses=("127.0.0.2",)):
    """`send(client, number)` over and over on each of `connections`; leaves their numbers and statuses as they come."""
    over, seen = threading.Event(), []

    def run(number):
        client = Client(server, addresses[number % len(addresses)])
        while not over.is_set():
            seen.append((number, send(client, number).status))

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(connections)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=100)


def first_refused(client, query):
    """The first answer that is no 200."""
    until = time.monotonic() + LONG
    while (answer := client.ask(query)).status == 200:
        assert time.monotonic() < until
    return answer


def beside(client, path=None, seconds=SECONDS):
    """What a polite client gets meanwhile, and the longest that it took."""
    until, statuses, longest = time.monotonic() + seconds, set(), 0.0
    while time.monotonic() < until:
        began = time.monotonic()
        answer = client.ask("{ one }") if path is None else client.get(path)
        longest = max(longest, time.monotonic() - began)
        statuses.add(answer.status)
        time.sleep(0.02)
    return statuses, longest


@pytest.fixture(scope="module")
def small(serve, served_database):
    """The small surface on a pool of six connections, of which each client may have 20 requests under way."""
    pool = {"GATEWAY_DATABASE_POOL_SIZE": "6", "GATEWAY_DATABASE_MAX_OVERFLOW": "0"}
    pool["GATEWAY_BUDGET_ANONYMOUS_REQUESTS"] = "20"
    with serve(served_database, **pool) as server:
        yield server


@pytest.mark.timed
def test_twenty_connections_of_slow_queries_leave_others_their_answers(small):
    with attack(small, 20, lambda client, _: client.ask("{ sleep(seconds: 6) }")) as seen:
        statuses, longest = beside(Client(small, "127.0.0.3"))
        assert beside(Client(small, "127.0.0.4"), "/readyz", seconds=1)[0] == {200}
        more = first_refused(Client(small, "127.0.0.2"), "{ one }")
    assert statuses == {200}
    assert longest < 3.0
    assert 200 in {status for _, status in seen}
    assert (more.status, code(more), more.getheader("ratelimit")) == (429, "RATE_LIMITED", '"requests";r=0')


@pytest.mark.timed
def test_slow_queries_from_as_many_addresses_are_few_at_a_time_once_they_are_known(small):
    addresses = [f"127.0.1.{number}" for number in range(1, 13)]
    with attack(small, 12, lambda client, _: client.ask("{ sleep(seconds: 2.5) }"), addresses) as seen:
        # Each address had its first two.
        wait_until(lambda: min(Counter(number for number, _ in seen).get(number, 0) for number in range(12)) > 1)
        statuses, longest = beside(Client(small, "127.0.0.3"), seconds=3)
        assert beside(Client(small, "127.0.0.4"), "/readyz", seconds=1)[0] == {200}
    assert statuses == {200}
    assert longest < 2.0


@pytest.mark.timed
def test_twelve_connections_of_heavy_tiles_leave_others_rows_and_tiles(gateway):
    numbers = iter(range(10**9))

    def send(client, _):
        # No two are the same, so that none is kept.
        where = {"parcelId": {"iContains": str(next(numbers))}}
        return client.get(f"/tiles/parcels,zoningDistricts/11/619/757.mvt?filter={quote(json.dumps(where))}")

    with attack(gateway, 12, send):
        rows = beside(Client(gateway, "127.0.0.3"), f"/graphql?query={quote('{ parcels(first: 1) { totalCount } }')}")
        tiles = beside(Client(gateway, "127.0.0.3"), "/tiles/parcels/14/4958/6058.mvt", seconds=1)
        assert beside(Client(gateway, "127.0.0.4"), "/readyz", seconds=1)[0] == {200}
    assert (rows[0], tiles[0]) == ({200}, {200})
    assert max(rows[1], tiles[1]) < 2.0


@pytest.fixture
def strict(serve, served_database, tmp_path):
    """The small surface where each anonymous client has a second of the database in a minute, and where it logs."""
    log = tmp_path / "log"
    budget = {"GATEWAY_BUDGET_ANONYMOUS": "100000", "GATEWAY_BUDGET_ANONYMOUS_REQUESTS": "0"}
    with serve(served_database, log=log, GATEWAY_LOG_LEVEL="warning", **budget) as server:
        server.log = log
        yield server


def test_a_client_that_has_spent_its_budget_is_told_when_to_come_again_and_others_are_served(strict):
    client = Client(strict, "127.0.0.2")
    answer = first_refused(client, "{ sleep(seconds: 0.3) }")
    assert (answer.status, code(answer)) in {(429, "RATE_LIMITED"), (200, "RATE_LIMITED")}
    answer = client.ask("{ one }")
    assert (answer.status, code(answer)) == (429, "RATE_LIMITED")
    assert 1 <= int(answer.getheader("retry-after")) <= 60
    assert answer.getheader("ratelimit-policy") == '"cost";q=100000;w=60;qu="cost"'
    assert answer.getheader("ratelimit") == f'"cost";r=0;t={answer.getheader("retry-after")}'
    assert json.loads(answer.content)["errors"][0]["extensions"]["retryable"]
    for _ in range(20):
        assert client.ask("{ one }").status == 429
    assert client.get("/readyz").status == client.get("/healthz").status == 200
    assert Client(strict, "127.0.0.3").ask("{ one }").status == 200
    metrics = client.get("/metrics").content.decode()
    assert 'gateway_refused_total{kind="anonymous",lane="graphql",reason="cost"} 2' in metrics
    lines = [line for line in strict.log.read_text().splitlines() if "refused" in line]
    assert len(lines) == 1
    assert "127.0.0.2" in lines[0]


@pytest.mark.timed
def test_what_a_client_has_left_ends_its_statement(strict):
    client = Client(strict, "127.0.0.2")
    began = time.monotonic()
    answer = client.ask("{ sleep(seconds: 9) }")
    assert time.monotonic() - began < 5
    assert code(answer) == "RATE_LIMITED"
    assert answer.status == 429
    assert answer.getheader("retry-after")


@pytest.mark.parametrize(
    ("body", "headers"),
    [("{ nothing }", {}), ("{", {}), ("{ one }", {"authorization": "Bearer wrong"})],
    ids=["refused document", "no document", "wrong key"],
)
def test_what_is_refused_is_charged_as_well(strict, body, headers):
    client = Client(strict, "127.0.0.2")
    until = time.monotonic() + LONG
    while (answer := client.ask(body + " " * 20_000, **headers)).status != 429:
        assert time.monotonic() < until
        if headers and client.ask("{ one }").status == 429:
            break
    assert answer.status != 200
