"""Work in rounds of the loop: few of it in each, one client after another, and none that was taken back."""

import asyncio
import time
from collections import Counter

from gateway.server.rounds import Rounds


async def passed(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def test_few_pieces_of_work_are_done_in_a_round():
    done = []
    rounds = Rounds(asyncio.get_running_loop(), done.append, most=2)
    for number in range(40):
        rounds.come("a", number)
    for number in range(1, 21):
        assert len(done) <= 2 * number
        await asyncio.sleep(0)
    assert done == list(range(40))


async def test_a_client_that_comes_later_is_served_before_the_rest_of_one_that_has_many():
    done = []
    rounds = Rounds(asyncio.get_running_loop(), done.append, most=2)
    for number in range(400):
        rounds.come("many", ("many", number))
    rounds.come("few", ("few", 0))
    await passed(200)
    assert done.index(("few", 0)) <= 4


async def test_a_client_that_did_not_wait_before_goes_first_and_holds_back_none_for_long():
    done = []
    rounds = Rounds(asyncio.get_running_loop(), done.append, most=2)
    for client in range(10):
        for number in range(40):
            rounds.come(f"old {client}", ("old", client, number))
    await passed(20)
    before = len(done)
    for client in range(200):
        rounds.come(f"new {client}", ("new", client))
    await passed(100)
    assert done.index(("new", 0)) <= before + 1
    assert Counter(kind for kind, *_ in done[before : before + 100]) == {"old": 50, "new": 50}


async def test_rounds_that_rest_leave_the_time_between_them_to_others():
    done = {}
    ended = asyncio.Event()

    def do(number):
        done[number] = time.monotonic()
        if number == 9:
            ended.set()

    rounds = Rounds(asyncio.get_running_loop(), do, most=2, rest=0.01)
    for number in range(10):
        rounds.come("a", number)
    await ended.wait()
    assert list(done) == list(range(10))
    assert all(done[number] - done[number - 1] > 0.009 for number in (2, 4, 6, 8))


async def test_clients_take_turns():
    done = []
    rounds = Rounds(asyncio.get_running_loop(), done.append, most=2)
    for number in range(2):
        rounds.come("first", number)  # fills the round
    for client in "abc":
        for number in range(10):
            rounds.come(client, f"{client}{number}")
    await passed(200)
    served = Counter(str(each)[0] for each in done[2:17])
    assert set("abc") == set(served)
    assert max(served.values()) - min(served.values()) <= 2


async def test_work_that_is_taken_back_is_not_done():
    done = []
    rounds = Rounds(asyncio.get_running_loop(), done.append, most=2)
    for number in range(20):
        rounds.come("a", number)
    rounds.leave("a", 10)
    rounds.leave("a", 10)
    rounds.leave("b", 1)
    assert rounds.waits("a") == 17
    await passed(200)
    assert 10 not in done
    assert rounds.drain() == []
