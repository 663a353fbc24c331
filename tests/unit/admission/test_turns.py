import asyncio

import pytest

from gateway import errors
from gateway.admission.claims import Claim, Lane
from gateway.admission.turns import Turns


async def read(turns, client, done, *, steps=1):
    async with turns.taken(client):
        for _ in range(steps):
            await asyncio.sleep(0)
        done.append(client)


async def test_one_request_is_read_at_a_time():
    turns, inside, most = Turns(100, 5.0), 0, 0

    async def work():
        nonlocal inside, most
        async with turns.taken("a"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert most == 1


async def test_a_client_that_comes_later_is_read_before_the_rest_of_one_that_sends_many():
    turns, done = Turns(1_000, 5.0), []
    many = [asyncio.create_task(read(turns, "many", done, steps=2)) for _ in range(200)]
    await asyncio.sleep(0)
    few = asyncio.create_task(read(turns, "few", done))
    await asyncio.gather(*many, few)
    assert done.index("few") <= 2


async def test_other_work_goes_on_between_two_turns():
    turns, done, beside = Turns(1_000, 5.0), [], 0
    many = [asyncio.create_task(read(turns, "many", done, steps=0)) for _ in range(100)]
    while len(done) < 100:
        await asyncio.sleep(0)
        beside += 1
    assert beside >= 50
    await asyncio.gather(*many)


async def test_too_many_that_wait_are_told_so_and_a_turn_that_ends_by_an_error_is_free_again():
    turns, done = Turns(1, 5.0), []
    async with turns.taken("a"):
        waiting = asyncio.create_task(read(turns, "b", done))
        await asyncio.sleep(0)
        with pytest.raises(errors.Overloaded):
            await read(turns, "c", done)
    await waiting
    with pytest.raises(ValueError, match="wrong"):
        async with turns.taken("a"):
            raise ValueError("wrong")
    await asyncio.wait_for(read(turns, "c", done), 1)
    assert done == ["b", "c"]


async def test_a_claim_without_turns_waits_for_nobody():
    async with Claim("a", Lane.GRAPHQL).turn():
        pass
