"""Equal work is done once; it ends when nobody waits for it, and not before."""

import asyncio

import pytest

from gateway.feeds.flights import Flights
from tests.fixtures.waiting import LONG


class Work:
    def __init__(self):
        self.begun = 0
        self.cancelled = 0
        self.there = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self):
        self.begun += 1
        self.there.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # a connection takes a moment to close
            self.cancelled += 1
            raise
        return self.begun


async def started(count, flights, work, key="tile"):
    tasks = [asyncio.create_task(flights.join(key, work)) for _ in range(count)]
    await asyncio.wait_for(work.there.wait(), LONG)
    return tasks


async def test_those_who_ask_at_once_share_one_answer():
    flights, work = Flights(), Work()
    tasks = await started(5, flights, work)
    work.go.set()
    assert await asyncio.gather(*tasks) == [1] * 5
    assert (work.begun, len(flights)) == (1, 0)


async def test_who_asks_later_has_it_done_anew():
    flights, work = Flights(), Work()
    work.go.set()
    assert [await flights.join("tile", work), await flights.join("tile", work)] == [1, 2]


async def test_other_keys_are_other_work():
    flights, work = Flights(), Work()
    work.go.set()
    await asyncio.gather(flights.join(1, work), flights.join(2, work))
    assert work.begun == 2


async def test_one_who_leaves_stops_nothing_for_the_others():
    flights, work = Flights(), Work()
    first, second = await started(2, flights, work)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.go.set()
    assert await second == 1
    assert work.cancelled == 0


async def test_the_last_who_leaves_cancels_the_work_and_waits_for_its_end():
    flights, work = Flights(), Work()
    tasks = await started(3, flights, work)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (work.cancelled, len(flights)) == (1, 0)


async def test_nobody_joins_work_that_is_being_cancelled():
    flights, work = Flights(), Work()
    (task,) = await started(1, flights, work)
    task.cancel()
    await asyncio.sleep(0)
    work.go.set()
    assert await flights.join("tile", work) == 2
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_all_hear_of_a_failure():
    flights = Flights()

    async def fail():
        await asyncio.sleep(0)
        raise ValueError

    found = await asyncio.gather(*(flights.join("tile", fail) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in found] == [ValueError] * 3
    assert len(flights) == 0
