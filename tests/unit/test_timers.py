"""Timers that share one of the loop, and limits of time that are made of them."""

import asyncio

import pytest

from gateway.http.timers import Limit, Timers, limits
from tests.fixtures.waiting import LONG


async def test_what_is_stopped_is_not_called_and_the_others_are_in_their_order():
    called = []
    timers = Timers(0.01, called.append)
    for each in "abc":
        timers.start(each)
    timers.stop("b")
    await asyncio.sleep(0.005)
    timers.start("d")
    async with asyncio.timeout(LONG):
        while "d" not in called:  # noqa: ASYNC110 - the timers call nothing else
            await asyncio.sleep(0.005)
    assert called == ["a", "c", "d"]


async def test_one_that_is_due_may_start_and_stop_others():
    called = []

    def due(each):
        called.append(each)
        timers.stop("b")
        if each == "a":
            timers.start("c")

    timers = Timers(0.005, due)
    timers.start("a")
    timers.start("b")
    await asyncio.sleep(0.03)
    async with asyncio.timeout(LONG):
        while "c" not in called:  # noqa: ASYNC110 - the timers call nothing but `due`
            await asyncio.sleep(0.005)
    assert called == ["a", "c"]


def test_timers_serve_one_loop_after_another():
    called = []
    timers = Timers(0.001, called.append)

    async def use(name, seconds):
        timers.start(name)
        await asyncio.sleep(seconds)

    asyncio.run(use("left", 0))
    asyncio.run(use("kept", 0.02))
    assert "kept" in called


async def test_a_block_that_takes_too_long_is_cancelled_and_raises_timeout_error():
    with pytest.raises(TimeoutError), Limit(limits(0.005)):
        await asyncio.sleep(5)
    assert not asyncio.current_task().cancelling()


@pytest.mark.parametrize("over", [False, True])
async def test_a_cancel_from_elsewhere_stays_one_also_where_the_limit_is_over_as_well(over):
    limit = Limit(limits(5))

    async def work():
        with limit:
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    if over:
        limit.expire()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelling() == 1
