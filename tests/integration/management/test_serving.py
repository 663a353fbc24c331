"""`manage.py serve` and `demo` as a user starts and stops them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.fixtures.cluster import ROOT
from tests.fixtures.server import free_port
from tests.fixtures.sockets import wait_until
from tests.fixtures.waiting import LONG, ended


@pytest.fixture
def manage(tmp_path):
    """Start a command as a terminal does, with a private database of its own; Ctrl-C is SIGINT to its group."""
    started = []

    def start(*arguments, **settings):
        process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", *arguments],
            env={**os.environ, "GATEWAY_DATA_DIR": str(tmp_path), **settings},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=LONG)


def stop(process, number=signal.SIGINT):
    os.killpg(process.pid, number)
    ended(process)


def answers(port, path="/healthz", process=None, seconds=3 * LONG):
    until = time.monotonic() + seconds
    while True:
        try:
            return urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read()
        except OSError:
            assert process is None or process.poll() is None, process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.1)


def graphql(port, query):
    headers = {"content-type": "application/json"}
    request = Request(f"http://127.0.0.1:{port}/graphql", json.dumps({"query": query}).encode(), headers)
    return json.loads(urlopen(request, timeout=LONG).read())


def database_runs(directory):
    return (directory / "postgres" / "data" / "postmaster.pid").exists()


def test_demo_fills_an_empty_database_once_and_ctrl_c_stops_all_of_it(manage, tmp_path):
    port = str(free_port())
    first = manage("demo", "--port", port, "--parcels", "200")
    answers(port, "/readyz", first)
    question = (
        "{ parcels(first: 2) { edges { node { parcelId geometry zoningDistricts { edges { node { zoneCode } } } } } } }"
    )
    answer = graphql(port, question)
    assert "errors" not in answer
    assert len(answer["data"]["parcels"]["edges"]) == 2
    stop(first)
    said = first.stdout.read()
    assert "for 30 days of development: send it as 'Authorization: Bearer gwk_" in said.replace("\n", " ")
    assert f"http://127.0.0.1:{port}/graphql" in said
    assert question in said.replace("\n", " ")
    assert not database_runs(tmp_path)

    second = manage("demo", "--port", port, "--parcels", "300")
    answers(port, "/readyz", second)
    assert graphql(port, "{ parcels { totalCount } }")["data"] == {"parcels": {"totalCount": 200}}
    stop(second, signal.SIGTERM)
    assert not database_runs(tmp_path)


def test_development_that_others_may_reach_is_warned_of(manage, served_database):
    given = {"GATEWAY_DATABASE_URL": served_database, "GATEWAY_METRICS_PORT": "0"}
    for environment, warned in (("development", True), ("production", False)):
        port = str(free_port())
        serving = manage("serve", "--host", "0.0.0.0", "--port", port, GATEWAY_ENVIRONMENT=environment, **given)
        answers(port, process=serving)
        stop(serving)
        assert serving.stderr.read().startswith("Warning: 0.0.0.0 may be open to others") == warned


def test_demo_refuses_production_and_writes_nothing(manage, tmp_path):
    process = manage("demo", "--port", str(free_port()), GATEWAY_ENVIRONMENT="production")
    assert process.wait(LONG) == 1
    assert process.stderr.read().startswith("SETUP demo is for development: ")
    assert list(Path(tmp_path).iterdir()) == []


def test_serve_with_two_workers_stops_them_and_the_database(manage, tmp_path):
    port = str(free_port())
    serving = manage("serve", "--port", port, "--workers", "2")
    answers(port, process=serving)
    assert database_runs(tmp_path)
    stop(serving)
    assert not database_runs(tmp_path)
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)


def test_two_workers_share_counters_in_production_and_a_metrics_port_in_use_is_said(manage, tmp_path, served_database):
    port, own = str(free_port()), str(free_port())
    given = {"GATEWAY_ENVIRONMENT": "production", "GATEWAY_METRICS_PORT": own, "GATEWAY_DATABASE_URL": served_database}
    serving = manage("serve", "--port", port, "--workers", "2", **given)
    answers(port, process=serving)
    for _ in range(20):
        answers(port)
    counted = rb'gateway_requests_total{method="GET",status="200"} (2[1-9])'
    wait_until(lambda: re.search(counted, answers(own, "/metrics")))  # they are written down soon after, not at once
    second = manage("serve", "--port", str(free_port()), **given)
    assert second.wait(LONG) == 1
    assert (
        second.stderr.read() == f"SETUP Port {own} of 127.0.0.1 is in use: set GATEWAY_METRICS_PORT to another one.\n"
    )
    stop(serving)


def test_a_port_in_use_is_said_before_the_database_starts(manage, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = manage("demo", "--port", str(port))
        assert process.wait(LONG) == 1
    assert process.stderr.read() == (
        f"SETUP Port {port} of 127.0.0.1 is in use: choose another one, as in 'make run PORT={port + 1}' "
        f"or 'manage.py serve --port {port + 1}'.\n"
    )
    assert list(Path(tmp_path).iterdir()) == []
