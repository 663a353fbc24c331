"""Budgets in a store: several servers count together, and each for itself while the store is away."""

import asyncio
import socket
import time
from math import inf

import pytest

from gateway import telemetry
from gateway.admission import store as stores
from gateway.admission.accounts import Account, Quota
from gateway.admission.budgets import Budgets
from gateway.admission.claims import Lane
from gateway.admission.store import Store
from gateway.errors import RateLimited
from gateway.settings import BudgetSettings
from tests.fixtures.waiting import LONG
from tests.integration.admission.test_shares import Client

QUOTA = Quota("read", 100_000.0, inf, 86_400)  # no window ends during a test


def account(name="somebody"):
    found = Account(name, QUOTA, len(Lane))
    found.level = 0.0
    return found


@pytest.fixture
async def two(store, monkeypatch):
    """Two stores of one server, as two hosts have them, however long it takes to answer."""
    monkeypatch.setattr(stores, "_SECONDS", LONG)
    with store(store.port):
        made = [Store(f"{scheme}://127.0.0.1:{store.port}/1") for scheme in ("redis", "valkey")]
        yield made
        for each in made:
            await each.close()


async def test_two_hosts_spend_one_budget_a_fiftieth_at_a_time(two):
    mine, theirs = account(), account()
    await two[0].fill(mine)
    assert (mine.level, mine.left) == (2_000, 100_000)
    mine.level -= 97_000
    await two[0].fill(mine)
    assert mine.level == 2_000
    await two[1].fill(theirs)
    assert theirs.left == 1_000
    other = account("somebody else")
    await two[1].fill(other)
    assert other.level == 2_000


async def test_requests_that_come_together_take_one_part_and_the_first_that_leaves_takes_it_from_none(two):
    mine = account()
    filling = [asyncio.create_task(two[0].fill(mine)) for _ in range(50)]
    await asyncio.sleep(0)
    filling[0].cancel()
    await asyncio.gather(*filling, return_exceptions=True)
    assert (mine.level, mine.left) == (2_000, 100_000)


async def test_a_client_that_has_nothing_left_is_not_asked_for_again_at_once(two, monkeypatch):
    monkeypatch.setattr(stores, "_REFUSED", LONG)
    mine = account()
    mine.level = -99_000.0
    await two[0].fill(mine)
    await two[0].fill(other := account())
    assert other.level <= 0
    monkeypatch.setattr(two[0], "_take", None)  # which asks
    await two[0].fill(other)
    assert other.level <= 0


async def test_while_the_store_is_away_a_worker_counts_for_itself_and_says_so(store):
    failures = telemetry.store_failures._value.get()
    budgets = Budgets(BudgetSettings(store=f"redis://127.0.0.1:{store.port}", anonymous=100_000))
    mine = budgets.account("198.51.100.7", (), anonymous=True)
    mine.at -= 30
    assert not budgets.passes(mine)
    await budgets.check(mine, Lane.GRAPHQL)
    assert 49_000 < mine.level < 75_000
    assert telemetry.store_failures._value.get() == failures + 1
    mine.level = -1_000.0
    with pytest.raises(RateLimited):
        await budgets.check(mine, Lane.GRAPHQL)
    await budgets.close()


@pytest.mark.timed
async def test_a_store_that_says_nothing_is_waited_for_once():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = Store(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        await asyncio.gather(*(found.fill(account(str(number))) for number in range(20)))
        await found.fill(account())
        assert time.monotonic() - began < 8  # 10 if each waits
        await found.close()


@pytest.mark.timed
def test_servers_of_two_hosts_refuse_a_client_together(serve, served_database, store):
    url = f"redis://127.0.0.1:{store.port}/0"
    budget = {"GATEWAY_BUDGET_STORE": url, "GATEWAY_BUDGET_ANONYMOUS": "100000"}
    with store(store.port), serve(served_database, **budget) as one, serve(served_database, **budget) as other:
        client = Client(one, "127.0.0.2")
        while client.ask("{ sleep(seconds: 0.2) }").status == 200:
            pass
        # Where the window of the store has just begun, a little is there again; alone the other would answer five.
        answers = [Client(other, "127.0.0.2").ask("{ sleep(seconds: 0.2) }").status for _ in range(3)]
        assert 429 in answers
        assert Client(other, "127.0.0.3").ask("{ one }").status == 200
