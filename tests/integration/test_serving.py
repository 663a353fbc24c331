"""A server's life: two workers, a worker that dies, slow clients, and an end that finishes what it has."""

import json
import os
import signal
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson
import pytest

from tests.fixtures.server import free_port
from tests.fixtures.sockets import wait_until
from tests.fixtures.waiting import LONG, joined


def ask(server, query, timeout=100):
    request = Request(f"{server.url}/graphql", orjson.dumps({"query": query}), {"Content-Type": "application/json"})
    with urlopen(request, timeout=timeout) as answer:
        return orjson.loads(answer.read())


def status(server, path):
    try:
        with urlopen(f"{server.url}{path}", timeout=100) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


class Asking(threading.Thread):
    """One request in flight."""

    def __init__(self, server, query):
        super().__init__()
        self.given = (server, query)
        self.answer = None
        self.start()

    def run(self):
        self.answer = ask(*self.given)


def test_sigterm_finishes_all_requests_in_flight_and_says_so_first(serve, served_database, cluster):
    patient = {"GATEWAY_HTTP_DRAIN_SECONDS": "5", "GATEWAY_DATABASE_READ_TIMEOUT_MS": "60000"}
    with serve(served_database, **patient) as server:
        flying = [Asking(server, "{ sleep(seconds: 8) }") for _ in range(6)]
        running = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{server.name}' AND state = 'active'"
        wait_until(lambda: cluster.execute(running)[0][0] == 6)
        assert status(server, "/readyz") == 200
        server.process.terminate()
        wait_until(lambda: status(server, "/readyz") == 503)
        assert status(server, "/healthz") == 200
        joined(*flying)
        assert [request.answer["data"] for request in flying] == [{"sleep": "slept"}] * 6
        server.end()
        left = f"SELECT FROM pg_stat_activity WHERE application_name = '{server.name}'"
        wait_until(lambda: not cluster.execute(left))


def _workers(server):
    pid = server.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _python(pids):
    return {pid for pid in pids if b"spawn_main" in _command(pid)}


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:  # it ended since it was listed
        return b""


def test_two_workers_serve_and_one_that_is_killed_is_replaced(serve, served_database):
    with serve(served_database, "--workers", "2") as server:
        until = time.monotonic() + 3 * LONG
        while len(before := _python(_workers(server))) < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert all(ask(server, "{ one }")["data"] == {"one": 1} for _ in range(20))
        killed = min(before)
        os.kill(int(killed), signal.SIGKILL)
        while len(after := _python(_workers(server)) - {killed}) < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert after - before
        assert ask(server, "{ one }")["data"] == {"one": 1}


def test_what_killed_workers_had_in_use_leaves_the_metrics_and_what_they_counted_stays(
    serve, served_database, tmp_path
):
    with serve(served_database, "--workers", "2", PROMETHEUS_MULTIPROC_DIR=str(tmp_path)) as server:
        ask(server, "{ one }")
        flying = [threading.Thread(target=_left, args=(server,)) for _ in range(3)]
        for request in flying:
            request.start()
        until = time.monotonic() + 3 * LONG
        while server.metric("gateway_pool_in_use") < 3:
            assert time.monotonic() < until
            time.sleep(0.05)
        counted = server.metric("gateway_pool_connects_total")
        for pid in _python(_workers(server)):
            os.kill(int(pid), signal.SIGKILL)
        joined(*flying)
        server.wait()
        while server.metric("gateway_pool_in_use") > 0:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert server.metric("gateway_tasks") > 0
        assert server.metric("gateway_pool_connects_total") >= counted


def test_metrics_on_a_port_of_their_own_outlive_the_worker_that_serves_them(serve, served_database, tmp_path):
    own = {"GATEWAY_METRICS_PORT": str(free_port()), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with serve(served_database, "--workers", "2", **own) as server:
        assert status(server, "/metrics") == 404
        until = time.monotonic() + 3 * LONG
        while len(workers := _python(_workers(server))) < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
        ask(server, "{ one }")
        holder = _listener(workers, int(own["GATEWAY_METRICS_PORT"]), until)
        counted = server.metric("gateway_pool_connects_total")
        os.kill(int(holder), signal.SIGKILL)
        assert _listener(workers - {holder}, int(own["GATEWAY_METRICS_PORT"]), until) != holder
        assert server.metric("gateway_pool_connects_total") >= counted
        assert server.metric("gateway_tasks") > 0


def _listener(workers, port, until):
    """The worker that listens on a port, once there is one."""
    while time.monotonic() < until:
        for worker in workers:
            with suppress(OSError):
                sockets = {str(file.readlink()) for file in Path(f"/proc/{worker}/fd").iterdir()}
                tables = Path(f"/proc/{worker}/net/tcp").read_text().splitlines()[1:]
                rows = [line.split() for line in tables]
                if any(row[1].endswith(f":{port:04X}") and f"socket:[{row[9]}]" in sockets for row in rows):
                    return worker
        time.sleep(0.05)
    raise AssertionError(f"no worker listens on port {port}")


def _left(server):
    with suppress(OSError, HTTPException):
        ask(server, "{ sleep(seconds: 30) }")


@pytest.fixture(scope="module")
def impatient(serve, served_database):
    """A server that waits three seconds for heads and bodies."""
    with serve(served_database, GATEWAY_LIMITS_BODY_SECONDS="3", GATEWAY_HTTP_KEEP_ALIVE_SECONDS="60") as server:
        yield server


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (
            b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
            b" 408 ",
        ),
        (b"GET /healthz HTT", b""),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ", b""),
        (b"", b""),
    ],
    ids=["slow body", "slow request line", "slow header", "silence"],
)
@pytest.mark.timed
def test_slow_clients_are_sent_away(impatient, sent, seen):
    with impatient.connect() as connection:
        began = time.monotonic()
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65_536):
            received += part
        assert time.monotonic() - began < 9  # 10 unless it is set
        assert (seen in received.split(b"\r\n")[0]) if seen else received == b""


def test_a_client_that_waits_between_requests_is_no_slow_client(impatient):
    with impatient.connect() as connection, connection.makefile("rb") as answers:
        for _ in range(2):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b" 200 " in answers.readline()
            size = 0
            while (line := answers.readline().lower()) != b"\r\n":
                if line.startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            assert answers.read(size) == b'{"status":"ok"}'
            time.sleep(4)


HUGE = b"a" * 1_000_000
QUERY = b"GET /graphql?query=%b HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + HUGE + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"\r\n".join(b"X-%d: a" % number for number in range(10_000)),
        QUERY % HUGE[:65_520],
        QUERY % HUGE[:65_540],
        QUERY % HUGE[:200_000],
        QUERY % HUGE,
        b"GET /" + HUGE[:66_000] + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["header", "headers", "65.52", "65.54", "200", "1000", "path"],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_head_above_the_limit_is_refused_by_name_however_it_comes(impatient, sent, at_once):
    with impatient.connect() as connection:
        for start in range(0, len(sent), len(sent) if at_once else 16_384):
            connection.sendall(sent[start : start + (len(sent) if at_once else 16_384)])
        received = b""
        while part := connection.recv(65_536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    (error,) = json.loads(body)["errors"]
    assert error["extensions"]["code"] == "HEAD_TOO_LARGE"
