"""Answers that nobody reads, on a real server: what they may hold, and for how long; and slow readers beside them."""

import json
import time

import pytest

from tests.fixtures.sockets import answer, get, hang_up, is_open, post, resident, rest, wait_until
from tests.fixtures.waiting import LONG

MB = 2**20
SECONDS = 2
LARGE = 6_000_000
BIG = post(f"{{ maybe(sql: \"SELECT repeat('x', {LARGE})\") }}")


@pytest.fixture(scope="module")
def server(serve, served_database):
    with serve(served_database, GATEWAY_HTTP_LEAST_RATE_SECONDS=str(SECONDS)) as found:
        yield found


def unread(dialled, server, count, sent=BIG, address="127.0.0.1"):
    """Connections that ask and don't read."""
    return [dialled(server, address, sent=sent, buffer=4096) for _ in range(count)]


def read_steadily(connection, rate, seconds, least=0):
    """Read that many bytes a second for a while, and until that many came."""
    until, came = time.monotonic() + seconds, 0
    while time.monotonic() < until or came < least:
        came += len(connection.recv(rate // 10))
        time.sleep(0.1)


def test_sixty_large_answers_that_nobody_reads_are_cut_off_and_hold_little_memory(dialled, server):
    dialled(server, sent=get("/healthz")).close()
    before, top = resident(server), 0
    many = unread(dialled, server, 60)
    began = time.monotonic()
    while any(map(is_open, many)):
        top = max(top, resident(server) - before)
        assert time.monotonic() - began < LONG
        time.sleep(0.05)
    assert top < 150 * MB
    ended = 'gateway_connections_ended_total{reason="%s"}'
    assert (
        sum(server.metric(ended % reason) for reason in ("unread", "unsent", "client_unsent")) > 20
    )  # others were refused


@pytest.mark.parametrize("lines", [(), ("Connection: close",)])
def test_an_answer_that_is_read_slowly_but_steadily_comes_whole(dialled, server, lines):
    slow = dialled(server, sent=post(f"{{ maybe(sql: \"SELECT repeat('x', {3 * MB})\") }}", *lines), buffer=4096)
    read_steadily(slow, 200_000, 2.5 * SECONDS, 150_000)
    received, reset = rest(slow)
    assert not reset
    assert received.endswith(b"}")


@pytest.mark.parametrize("lines", [(), ("Connection: close",)])
def test_an_answer_that_is_read_no_more_is_cut_off(dialled, server, lines):
    stopped = dialled(server, sent=BIG.replace(b"\r\n\r\n", "\r\n".join(["", *lines, "", ""]).encode()), buffer=4096)
    read_steadily(stopped, 200_000, SECONDS)
    read = time.monotonic()
    stopped.recv(1)
    wait_until(lambda: not is_open(stopped))
    assert time.monotonic() - read > SECONDS / 2


def test_no_request_begins_before_the_answer_to_the_last_was_read(dialled, server):
    answered = 'gateway_requests_total{method="POST",status="200"}'
    before = server.metric(answered)
    (held,) = unread(dialled, server, 1, BIG * 3)
    wait_until(lambda: server.metric(answered) > before)
    time.sleep(0.5)
    assert server.metric(answered) == before + 1
    for _ in range(3):
        status, _, body = answer(held)
        assert (status, len(json.loads(body)["data"]["maybe"])) == (200, LARGE)
    wait_until(lambda: server.metric(answered) == before + 3)


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"GATEWAY_HTTP_UNSENT_BYTES": str(20 * MB)}, "unsent"),
        ({"GATEWAY_HTTP_CLIENT_UNSENT_BYTES": str(20 * MB)}, "client_unsent"),
    ],
    ids=["in all", "of a client"],
)
def test_past_the_bound_of_bytes_the_slowest_readers_are_cut_off_first(dialled, serve, served_database, bounds, reason):
    with serve(served_database, GATEWAY_HTTP_LEAST_RATE_SECONDS="30", **bounds) as server:
        steady = dialled(server, sent=BIG)
        read_steadily(steady, 400_000, 2.5)
        many = []
        for _ in range(10):
            many += unread(dialled, server, 1)
            read_steadily(steady, 400_000, 0.3)
        wait_until(lambda: sum(map(is_open, many)) <= 2, 20)  # before any of them has read nothing for too long
        assert server.metric(f'gateway_connections_ended_total{{reason="{reason}"}}') >= 8
        hang_up(*many)
        received, reset = rest(steady)
        assert not reset
        assert received.endswith(b"}")


def test_one_answer_may_be_larger_than_the_bound(dialled, serve, served_database):
    with serve(served_database, GATEWAY_HTTP_CLIENT_UNSENT_BYTES=str(MB), GATEWAY_HTTP_UNSENT_BYTES=str(MB)) as server:
        one = dialled(server, sent=BIG, buffer=4096)
        time.sleep(1)
        assert answer(one)[0] == 200
