"""The interpreter in a process that serves."""

import asyncio
import gc
import statistics
import threading
import time

import pytest

from gateway.server import interpreter
from tests.fixtures.waiting import joined


@pytest.mark.memory
def test_what_lives_is_left_alone_and_cycles_are_still_collected():
    gc.unfreeze()
    gc.set_threshold(700)
    interpreter.settle()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == interpreter.THRESHOLDS
    assert gc.isenabled()


@pytest.mark.cpu
@pytest.mark.timed
async def test_the_event_loop_does_not_wait_for_milliseconds_until_a_busy_thread_gives_way():
    interpreter.settle()
    ended = threading.Event()

    def compute():
        while not ended.is_set():
            sum(range(100))

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        waits = []
        for _ in range(100):
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - began - 0.001)
    finally:
        ended.set()
        joined(thread)
    assert statistics.median(waits) < 0.003
