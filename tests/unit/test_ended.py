"""Requests that ended: their lines and metrics are written together, each as of its own moment."""

import asyncio

import pytest
import structlog
from prometheus_client import REGISTRY

from gateway import telemetry
from gateway.telemetry.ended import Ended, Requests
from tests.fixtures.waiting import eventually


def ended(name, *, status=200, left=False, method="POST", trace=None):
    return Ended(name, trace, 1.5, 0.25, method, "/graphql", status, 7, "198.51.100.7", left)


@pytest.fixture
def lines():
    with structlog.testing.capture_logs() as captured:
        yield captured


def count(method, status):
    return REGISTRY.get_sample_value("gateway_requests_total", {"method": method, "status": str(status)}) or 0


async def test_a_line_waits_for_a_moment_and_no_longer(lines):
    requests = Requests()
    requests.add(ended("a"))
    requests.add(ended("b"))
    assert not lines
    await eventually(lambda: len(lines) >= 2)
    assert [line["request_id"] for line in lines] == ["a", "b"]


async def test_many_lines_do_not_wait(lines):
    requests = Requests()
    for number in range(64):
        requests.add(ended(str(number)))
    assert [line["request_id"] for line in lines] == [str(number) for number in range(64)]


async def test_lines_are_written_again_in_another_event_loop(lines):
    requests = Requests()
    other = asyncio.new_event_loop()
    await asyncio.to_thread(other.run_until_complete, _add(requests, "left behind"))
    other.close()
    requests.add(ended("b"))
    await eventually(lambda: len(lines) >= 2)
    assert [line["request_id"] for line in lines] == ["left behind", "b"]


async def _add(requests, name):
    requests.add(ended(name))


async def test_a_line_tells_the_time_and_the_ids_of_its_own_request(lines):
    requests = Requests()
    token = telemetry.request.set("another")
    requests.add(ended("mine", trace="f" * 32))
    requests.write()
    telemetry.request.reset(token)
    event = telemetry._stamped(None, "info", dict(lines[0]))
    assert (event["request_id"], event["trace_id"]) == ("mine", "f" * 32)
    assert event["timestamp"].startswith("1970-01-01T00:00:01.5")
    assert "at" not in event


async def test_a_client_that_left_is_told_by_the_log_and_what_was_sent_by_the_count(lines):
    before = count("POST", 200), count("POST", 499), count("OTHER", 200)
    requests = Requests()
    requests.add(ended("left in the middle", left=True))
    requests.add(ended("left before", status=0))
    requests.add(ended("of a strange method", method="BREW"))
    requests.write()
    assert [line["status"] for line in lines] == [499, 499, 200]
    assert (count("POST", 200), count("POST", 499), count("OTHER", 200)) == tuple(each + 1 for each in before)
