"""The bounds of connections, on a real server: crowds, silence, pipelines, and a polite client beside them."""

import json
import time
from contextlib import suppress

import pytest

from tests.fixtures.server import free_port
from tests.fixtures.sockets import answer, dial, get, hang_up, is_open, post, read_answer, resident, rest, wait_until
from tests.fixtures.waiting import LONG

CROWD, POLITE, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"
BOUNDS = {
    "GATEWAY_HTTP_TRUSTED_PROXIES": "",
    "GATEWAY_HTTP_CONNECTIONS": "8",
    "GATEWAY_HTTP_CLIENT_CONNECTIONS": "5",
    "GATEWAY_HTTP_KEEP_ALIVE_SECONDS": "8",
    "GATEWAY_LIMITS_BODY_SECONDS": "3",
    "GATEWAY_LIMITS_REQUEST_SECONDS": "90",
    "GATEWAY_DATABASE_READ_TIMEOUT_MS": "90000",
}
HEALTH = get("/healthz")
SLEEP = post("{ sleep(seconds: 60) }")
REASONS = ("client_full", "full", "silent", "slow_head", "pipelined", "bad_request")


@pytest.fixture(scope="module")
def server(serve, served_database):
    with serve(served_database, **BOUNDS, GATEWAY_METRICS_PORT=str(free_port())) as found:
        yield found


@pytest.fixture
def crowd(server, dialled):
    """Make many connections; the server has seen all that were before."""
    wait_until(lambda: server.metric("gateway_connections") == 0)
    return lambda count, address=CROWD, sent=b"": [dialled(server, address, sent=sent) for _ in range(count)]


@pytest.fixture
def running(cluster):
    """How many statements of a server PostgreSQL runs."""
    theirs = "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND state = 'active'"
    return lambda server: cluster.execute(theirs.format(server.name))[0][0]


@pytest.fixture
def busy(server, crowd, running):
    """Make connections with a request under way."""

    def made(count, address=CROWD):
        goal = running(server) + count
        crowd(count, address, SLEEP)
        wait_until(lambda: running(server) == goal)

    wait_until(lambda: running(server) == 0)
    return made


@pytest.fixture
def ended(server):
    """How many connections the server has ended for a reason since the test began."""

    def counted(reason):
        return server.metric(f'gateway_connections_ended_total{{reason="{reason}"}}')

    before = {reason: counted(reason) for reason in REASONS}
    return lambda reason: counted(reason) - before[reason]


def refused(connection):
    """What a connection is told that sent nothing."""
    began = time.monotonic()
    status, headers, body = answer(connection)
    assert time.monotonic() - began < 15  # and not once another one has ended
    assert headers["connection"] == "close"
    return status, headers["retry-after"], json.loads(body)["errors"][0]["extensions"]["code"]


@pytest.mark.timed
def test_an_address_with_too_many_connections_is_refused_at_once_and_others_are_served(crowd, busy, ended):
    busy(5)
    (sixth,) = crowd(1)
    assert refused(sixth) == (503, "5", "CONNECTION_LIMIT")
    assert rest(sixth)[0] == b""
    (polite,) = crowd(1, POLITE, HEALTH)
    assert answer(polite)[0] == 200
    assert ended("client_full") == 1


@pytest.mark.timed
def test_a_full_house_refuses_at_once_and_says_why_even_to_a_client_that_sends_much(crowd, busy, ended):
    busy(5)
    busy(3, POLITE)
    (late,) = crowd(1, THIRD, post("{ one }") + b"x" * 100_000)
    assert refused(late) == (503, "5", "CONNECTION_LIMIT")
    assert ended("full") == 1


def test_the_connection_that_waits_longest_makes_room(server, crowd):
    kept = crowd(5)
    for each in kept:
        each.sendall(HEALTH)
        assert answer(each)[0] == 200
    (new,) = crowd(1, CROWD, HEALTH)
    assert answer(new)[0] == 200
    assert [is_open(each) for each in kept] == [False, True, True, True, True]


def test_silent_connections_shut_nobody_out(server, crowd):
    crowd(100)
    crowd(100, THIRD)
    (polite,) = crowd(1, POLITE)
    for _ in range(3):
        polite.sendall(HEALTH)
        assert answer(polite)[0] == 200


def test_heads_that_come_slowly_shut_nobody_out(server, crowd):
    crowd(100, CROWD, b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    crowd(100, THIRD, b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    (polite,) = crowd(1, POLITE, HEALTH)
    assert answer(polite)[0] == 200


@pytest.mark.timed
def test_connections_without_a_request_are_closed_after_a_while(crowd, ended):
    began = time.monotonic()
    silent, slow, used = crowd(1)[0], crowd(1, sent=b"GET /hea")[0], crowd(1, sent=HEALTH)[0]
    assert answer(used)[0] == 200
    assert rest(silent) == rest(slow) == (b"", False)
    assert 3 <= time.monotonic() - began < 9  # 10 unless it is set
    assert rest(used) == (b"", False)
    assert time.monotonic() - began >= 8  # 5 unless it is set
    assert ended("silent") >= 1
    assert ended("slow_head") >= 1


def test_what_trickles_in_after_an_answer_keeps_no_connection(crowd):
    (early,) = crowd(1, sent=b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nx")
    began = time.monotonic()
    while is_open(early):
        with suppress(OSError):  # the server may close in between
            early.sendall(b"x")
        time.sleep(0.1)
        assert time.monotonic() - began < LONG


def test_a_few_requests_may_come_ahead_and_are_answered_in_order(server, crowd):
    queries = [post(f'{{ echo(text: "{number}") }}') for number in range(8)]
    (ahead,) = crowd(1, sent=b"".join(queries))
    with ahead.makefile("rb") as file:
        bodies = [json.loads(read_answer(file)[2]) for _ in queries]
    assert [body["data"]["echo"] for body in bodies] == [str(number) for number in range(8)]


def test_thousands_of_requests_that_come_ahead_end_their_connection_and_cost_no_memory(server, crowd, ended):
    before = resident(server)
    for _ in range(5):
        (flood,) = crowd(1, sent=SLEEP + HEALTH * 5_000)
        assert rest(flood) == (b"", True)
    assert resident(server) - before < 10 * 2**20
    assert ended("pipelined") == 5


@pytest.mark.parametrize("second", [HEALTH, SLEEP, post("{ one }", "X-Long: " + "a" * 500)[:-4]])
@pytest.mark.timed
def test_a_client_that_leaves_with_requests_ahead_has_its_statement_cancelled(server, crowd, running, second):
    wait_until(lambda: running(server) == 0)
    (leaving,) = crowd(1, sent=SLEEP + second)
    wait_until(lambda: running(server) == 1)
    leaving.shutdown(1)
    leaving.close()
    assert wait_until(lambda: running(server) == 0) < 15  # 60 if it is not cancelled


@pytest.mark.timed
def test_a_storm_of_requests_that_are_cancelled_leaves_room_and_time_for_others(server, crowd, running):
    (polite,) = crowd(1, POLITE)
    seconds = []
    for _ in range(150):
        hang_up(dial(server, CROWD, sent=SLEEP))
        began = time.monotonic()
        polite.sendall(HEALTH)
        assert answer(polite)[0] == 200
        seconds.append(time.monotonic() - began)
    assert sorted(seconds)[140] < 5  # the machine may be busy with something else now and then; a statement takes 60
    assert wait_until(lambda: running(server) == 0) < 15  # 60 if they are not cancelled
    wait_until(lambda: server.metric("gateway_pool_in_use") == 0)


def test_an_upgrade_is_answered_as_the_request_that_it_came_with(server, crowd):
    lines = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: YQ==")
    (given,) = crowd(1, sent=get("/healthz", *lines))
    assert answer(given)[0] == 200


def test_what_is_no_http_is_told_so_and_counted(crowd, ended):
    (given,) = crowd(1, sent=b"\x16\x03\x01 hello\r\n\r\n")
    assert rest(given)[0].startswith(b"HTTP/1.1 400 ")
    assert ended("bad_request") >= 1


def test_the_log_sums_refusals_up_with_the_client_that_most_are_of(serve, served_database, tmp_path, running):
    log = tmp_path / "log"
    options = BOUNDS | {"GATEWAY_LOG_LEVEL": "warning", "GATEWAY_LOG_FORMAT": "json"}
    with serve(served_database, log=log, **options) as server:
        many = [dial(server, CROWD, sent=SLEEP) for _ in range(5)]
        wait_until(lambda: running(server) == 5)
        many += [dial(server, CROWD) for _ in range(30)]
        wait_until(lambda: sum(line["count"] for line in refusals(log)) == 30)
        hang_up(*many)
    assert len(refusals(log)) < 5
    assert {(line["client"], line["of_client"] - line["count"]) for line in refusals(log)} == {(CROWD, 0)}


def refusals(log):
    """The lines of a log that say how many connections of a client were refused."""
    lines = [json.loads(line) for line in log.read_bytes().rpartition(b"\n")[0].splitlines()]
    return [line for line in lines if line["event"] == "connections ended" and line["reason"] == "client_full"]
