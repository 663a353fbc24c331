import asyncio
import time

import pytest

from gateway import errors
from gateway.admission.claims import Claim, Lane
from gateway.admission.turns import Turns


def begun(turns, client, done, *, seconds=0.0):
    async def work():
        done.append(client)
        if seconds:
            until = time.thread_time() + seconds
            while time.thread_time() < until:
                pass
        await asyncio.sleep(0)
        return client

    return asyncio.create_task(turns.begin(client, work))


async def test_few_requests_begin_in_a_round_of_the_loop():
    turns, done = Turns(1_000, 5.0), []
    tasks = [begun(turns, f"client {number}", done) for number in range(100)]
    for number in range(20):
        assert len(done) <= 4 * number + 8
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == [f"client {number}" for number in range(100)]


async def test_a_client_that_comes_later_begins_before_the_rest_of_one_that_sends_many():
    turns, done = Turns(1_000, 5.0), []
    many = [begun(turns, "many", done) for _ in range(200)]
    await asyncio.sleep(0)
    few = begun(turns, "few", done)
    await asyncio.gather(*many, few)
    assert done.index("few") <= 12


async def test_of_clients_whose_steps_are_long_one_begins_at_a_time_and_others_begin_between():
    turns, done = Turns(1_000, 5.0), []
    for _ in range(8):  # which makes long steps of them expected
        await asyncio.gather(*(begun(turns, f"long {number}", [], seconds=0.006) for number in range(4)))
    long = [begun(turns, f"long {number}", done, seconds=0.006) for number in range(4)]
    short = [begun(turns, "short", done) for _ in range(20)]
    await asyncio.gather(*long, *short)
    last = max(place for place, name in enumerate(done) if name == "short")
    assert sum(name.startswith("long") for name in done[:last]) <= 2


async def test_a_client_whose_steps_are_half_as_long_does_not_wait_for_others_though_the_machine_is_slow():
    turns, done = Turns(1_000, 5.0), []
    for _ in range(4):
        await asyncio.gather(*(begun(turns, f"long {number}", [], seconds=0.009) for number in range(4)))
        await begun(turns, "half as long", [], seconds=0.004)
    long = [begun(turns, f"long {number}", done, seconds=0.009) for number in range(4) for _ in range(5)]
    half = [begun(turns, "half as long", done, seconds=0.004) for _ in range(5)]
    await asyncio.gather(*long, *half)
    last = max(place for place, name in enumerate(done) if name == "half as long")
    assert sum(name.startswith("long") for name in done[:last]) <= 8


async def test_what_waits_of_a_client_as_long_goes_first_once_its_steps_are_short_again():
    turns, done = Turns(1_000, 5.0), []
    for _ in range(8):
        await asyncio.gather(*(begun(turns, f"long {number}", [], seconds=0.006) for number in range(4)))
    for _ in range(3):
        await asyncio.gather(*(begun(turns, "mixed", [], seconds=0.006) for _ in range(4)))
    long = [begun(turns, f"long {number}", done, seconds=0.006) for number in range(4) for _ in range(5)]
    mixed = [begun(turns, "mixed", done) for _ in range(10)]
    await asyncio.gather(*long, *mixed)
    last = max(place for place, name in enumerate(done) if name == "mixed")
    assert sum(name.startswith("long") for name in done[:last]) <= 12


async def test_what_work_raises_and_the_cancel_of_its_task_reach_it_as_without_turns():
    turns, heard = Turns(10, 5.0), []

    async def fails_at_once():
        raise ValueError("at once")

    async def fails_later():
        await asyncio.sleep(0)
        raise ValueError("later")

    async def cleans_up():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            heard.append("cancelled")
            raise

    for work in (fails_at_once, fails_later):
        with pytest.raises(ValueError, match=r"at once|later"):
            await turns.begin("a", work)
    task = asyncio.create_task(turns.begin("a", cleans_up))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard == ["cancelled"]
    assert await turns.begin("a", lambda: asyncio.sleep(0, "free again")) == "free again"


async def test_too_many_that_wait_are_told_so():
    turns, done = Turns(1, 5.0), []
    tasks = [begun(turns, f"client {number}", done) for number in range(14)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(result, errors.Overloaded) for result in results) == 1


async def test_one_piece_of_work_is_done_aside_at_a_time():
    turns, inside, most = Turns(100, 5.0), 0, 0

    async def work():
        nonlocal inside, most
        async with turns.aside("a"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert most == 1


async def test_a_claim_without_turns_waits_for_nobody():
    async with Claim("a", Lane.GRAPHQL).aside():
        pass
