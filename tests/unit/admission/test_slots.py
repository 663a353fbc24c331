"""Turns at the slots of a pool: fair among clients, small work first within one, none lost however waiting ends."""

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import errors
from gateway.admission.accounts import Account, Quota
from gateway.admission.claims import Claim, Lane, own
from gateway.admission.slots import Rules, Slots
from tests.fixtures.examples import examples

READS, TILES = Lane.GRAPHQL, Lane.TILES


def claim(client="a", cost=10.0, lane=READS):
    return Claim(client, lane, cost=cost)


async def take(slots, wanted):
    if not slots.enter(wanted):
        await slots.wait(wanted)
    return wanted


async def waiting(slots, *claims):
    tasks = [asyncio.create_task(take(slots, each)) for each in claims]
    await asyncio.sleep(0)
    return tasks


def have(tasks):
    return [task.result().client for task in tasks if task.done()]


async def test_a_client_leaves_as_much_as_it_has_for_one_more():
    slots = Slots(12, Rules())
    assert [slots.enter(claim()) for _ in range(7)] == [True] * 6 + [False]
    assert [slots.enter(claim("b")) for _ in range(5)] == [True] * 4 + [False]


async def test_the_gateways_own_work_finds_a_slot_that_no_client_has():
    slots = Slots(4, Rules(spare=1))
    for name in "abcdefgh":
        slots.enter(claim(name))
    assert slots.free == 1
    assert slots.enter(own())


async def test_no_lane_takes_more_than_it_may():
    slots = Slots(10, Rules(lanes={TILES: 2}))
    assert [slots.enter(claim(name, lane=TILES)) for name in "abc"] == [True, True, False]
    assert slots.enter(claim("a"))


async def test_heavy_work_of_any_lane_is_few_at_a_time_and_light_work_passes_it():
    slots = Slots(10, Rules(levels=((100, 1),)))
    assert slots.enter(claim("a", 101))
    heavy = await waiting(slots, claim("b", 101, TILES))
    light = await waiting(slots, claim("b", 100))
    assert (have(heavy), have(light)) == ([], ["b"])


async def test_a_client_that_has_had_less_goes_first():
    slots = Slots(1, Rules())
    first = await take(slots, claim("many", 1000))
    many = await waiting(slots, *(claim("many", 1000) for _ in range(3)))
    few = await waiting(slots, claim("few", 1000))
    slots.leave(first)
    await asyncio.sleep(0)
    assert (have(few), have(many)) == (["few"], [])


async def test_a_client_pays_for_what_its_work_took_and_not_for_what_it_seemed():
    slots = Slots(1, Rules())
    cheap = await take(slots, claim("liar", 1))
    cheap.since -= 1.0  # it took a second: 100,000 units
    slots.leave(cheap)
    first = await take(slots, claim("x", 200_000))
    liar = await waiting(slots, claim("liar", 1))
    honest = await waiting(slots, claim("honest", 1_000))
    first.since -= 2
    slots.leave(first)
    await asyncio.sleep(0)
    assert (have(honest), have(liar)) == (["honest"], [])


async def test_work_side_by_side_is_charged_its_part_of_the_time():
    slots, found = Slots(16, Rules(cores=2)), Account("a", Quota("read", 1e6, 100, 60), len(Lane))
    for name in "bcdefgh":
        slots.enter(claim(name))
    mine = Claim("a", READS, found)
    assert slots.enter(mine)
    mine.since -= 1
    slots.leave(mine)
    assert found.level == pytest.approx(1e6 - 25_000, rel=0.01)


async def test_small_work_of_a_client_goes_first_but_not_for_ever():
    slots = Slots(1, Rules())
    order = []
    now = await take(slots, claim())

    async def run(cost, name):
        wanted = await take(slots, claim("a", cost))
        order.append(name)
        wanted.since = time.perf_counter() - cost / 100_000
        slots.leave(wanted)

    tasks = [asyncio.create_task(run(1_000, "large"))]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(run(400, number)) for number in range(2)]
    await asyncio.sleep(0)
    slots.leave(now)
    for number in range(2, 8):
        tasks.append(asyncio.create_task(run(400, number)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order[0] == 0
    assert order.index("large") < 5


async def test_who_waits_too_long_is_refused_and_leaves_no_trace():
    slots = Slots(1, Rules(seconds=0.01, refusal=errors.ExportLimit))
    first = await take(slots, claim())
    with pytest.raises(errors.ExportLimit):
        await take(slots, claim("b"))
    assert slots.waiting == 0
    slots.leave(first)
    assert slots.enter(claim("c"))


async def test_in_a_full_queue_the_client_that_has_most_there_gives_way():
    slots = Slots(1, Rules(waiting=4))
    first = await take(slots, claim())
    many = await waiting(slots, *(claim("many") for _ in range(4)))
    with pytest.raises(errors.Overloaded):
        await take(slots, claim("many"))
    few = await waiting(slots, claim("few"))
    await asyncio.sleep(0)
    assert sum(task.done() for task in many) == 1
    slots.leave(first)
    await asyncio.sleep(0)
    assert have(few) + have([task for task in many if not (task.done() and task.exception())]) != []
    assert slots.waiting == 3


async def test_work_that_two_clients_wait_for_takes_the_turn_that_comes_sooner():
    slots = Slots(1, Rules())
    first = await take(slots, claim("many", 1000))
    shared = claim("many", 1000)
    many = await waiting(slots, claim("many", 1000), shared)
    other = await waiting(slots, claim("other", 900))
    slots.hasten(shared, "few")
    slots.hasten(shared, "many")
    slots.hasten(first, "few")  # has its slot
    slots.leave(first)
    await asyncio.sleep(0)
    assert [task.done() for task in (*many, *other)] == [False, False, True]
    slots.leave(other[0].result())
    await asyncio.sleep(0)
    assert [task.done() for task in many] == [False, True]
    slots.leave(shared)
    await asyncio.sleep(0)
    slots.leave(many[0].result())
    assert (slots.free, slots.waiting, slots._active) == (1, 0, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "come", "leave", "cancel", "both", "turn", "hasten", "reprice"]),
        st.sampled_from("abcde"),
        st.sampled_from([READS, READS, TILES, Lane.OWN]),
        st.sampled_from([0, 10, 99, 101, 5_000]),
        st.integers(0, 50),
    ),
    max_size=120,
)


@given(STEPS, st.integers(1, 6))
@settings(max_examples=examples(40, 3000), deadline=None)
def test_no_slot_is_lost_no_limit_is_passed_and_nobody_starves(steps, capacity):
    asyncio.run(_walk(steps, capacity))


async def _walk(steps, capacity):
    rules = Rules(lanes={TILES: 2}, levels=((50, 2), (100, 1)), waiting=20, seconds=60)
    slots, tasks, came = Slots(capacity, rules), [], []

    def held():
        return [found for task in tasks if (found := _result(task)) is not None]

    for step, client, lane, cost, which in steps:
        have = held()
        if step == "come":
            came.append(claim(client, cost, lane))
            tasks.append(asyncio.create_task(take(slots, came[-1])))
        elif step == "turn":
            await asyncio.sleep(0)
        elif step == "hasten":
            slots.hasten(came[which % len(came)] if came else claim(), client)
        elif step == "reprice":
            slots.reprice(client, cost)
        elif step in {"leave", "both"} and have:
            gone = have[which % len(have)]
            tasks = [task for task in tasks if _result(task) is not gone]
            slots.leave(gone)
        if step in {"cancel", "both"} and tasks:
            tasks[which % len(tasks)].cancel()
        _within(slots, capacity, rules)
    await _emptied(slots, tasks)
    assert all(task.done() for task in tasks)
    assert (slots.free, slots.waiting, slots._active, slots._leveled) == (capacity, 0, 0, [[0] * len(Lane)] * 2)
    assert set(slots._lanes) == {0}
    assert all(client.idle and not client.queues for client in slots._clients.values())


async def _emptied(slots, tasks):
    """Every slot is given back, so each that waits gets one in the end."""
    given = set()
    while True:
        for _ in range(3):
            await asyncio.sleep(0)
        have = [found for task in tasks if (found := _result(task)) is not None and found not in given]
        if not have:
            return
        given.add(have[0])
        slots.leave(have[0])


def _result(task):
    return task.result() if task.done() and not task.cancelled() and not task.exception() else None


def _within(slots, capacity, rules):
    assert 0 <= slots.free <= capacity
    assert slots._lanes[TILES] <= 2
    assert all(sum(taken) <= most for taken, (_, most) in zip(slots._leveled, rules.levels, strict=True))
    assert slots.waiting <= rules.waiting
    assert slots._active == sum(not client.idle for client in slots._clients.values())


async def test_heavy_work_leaves_a_slot_of_its_lane_to_other_work():
    slots = Slots(10, Rules(lanes={Lane.TILES: 2}, levels=((100, 5),)))
    assert slots.enter(Claim("a", Lane.TILES, cost=1_000))
    assert not slots.enter(Claim("b", Lane.TILES, cost=1_000))
    assert slots.enter(Claim("c", Lane.TILES, cost=10))
    assert slots.enter(Claim("d", Lane.GRAPHQL, cost=1_000))


async def test_work_of_one_level_waits_for_none_of_another():
    slots = Slots(10, Rules(levels=((100, 1), (200, 2))))
    assert slots.enter(claim("a", 150))
    assert not slots.enter(claim("b", 150))
    assert [slots.enter(claim("c", 250)) for _ in range(3)] == [True, True, False]


async def test_work_that_is_no_longer_heavy_goes_before_nobody_who_came_meanwhile():
    slots = Slots(2, Rules(levels=((100.0, 1),)))
    assert slots.enter(Claim("first", Lane.GRAPHQL, cost=200.0))
    heavy = Claim("held back", Lane.GRAPHQL, cost=200.0)
    assert not slots.enter(heavy)
    held = asyncio.create_task(slots.wait(heavy))
    await asyncio.sleep(0)
    for _ in range(10):
        claim = Claim("light", Lane.GRAPHQL, cost=50.0)
        await slots.wait(claim)
        slots.leave(claim)
    await slots.wait(busy := Claim("light", Lane.GRAPHQL, cost=50.0))
    new = asyncio.create_task(slots.wait(Claim("new", Lane.GRAPHQL, cost=50.0)))
    await asyncio.sleep(0)
    slots.reprice("held back", 50.0)
    slots.leave(busy)
    await asyncio.sleep(0)
    assert (new.done(), held.done(), heavy.level) == (True, False, 0)
    held.cancel()
