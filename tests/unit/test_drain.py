"""What a process does between the signal and its end."""

import asyncio
import signal
import threading

import pytest

from gateway.server.drain import Drain
from tests.fixtures.waiting import eventually, joined


@pytest.fixture
def passed():
    """The signals that reach the server's own handler."""
    seen = []
    before = {
        number: signal.signal(number, lambda got, _: seen.append(got)) for number in (signal.SIGTERM, signal.SIGINT)
    }
    yield seen
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_the_flag_is_up_before_the_server_hears_of_sigterm(passed):
    drain = Drain(1)
    with drain.watch():
        assert not drain.begun()
        signal.raise_signal(signal.SIGTERM)
        assert drain.begun()
        await asyncio.sleep(0.01)
        assert passed == []
        await eventually(lambda: passed)
        assert passed == [signal.SIGTERM]


async def test_ctrl_c_waits_for_no_balancer(passed):
    drain = Drain(60)
    with drain.watch():
        signal.raise_signal(signal.SIGINT)
        await eventually(lambda: passed, seconds=30)
    assert drain.begun()
    assert passed == [signal.SIGINT]


async def test_the_servers_handlers_are_back_afterwards(passed):
    before = signal.getsignal(signal.SIGTERM)
    with Drain(0).watch():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_thread_leaves_signals_alone(passed):
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def run():
        with Drain(0).watch():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    joined(thread)
    assert seen == [before]
