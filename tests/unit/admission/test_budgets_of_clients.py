"""Budgets: what a client may spend, what it is charged, and when it may come again."""

import pytest
import structlog

from gateway.admission import budgets as module
from gateway.admission.budgets import REFUSED, REQUEST, Budgets, exported, refused
from gateway.admission.claims import Claim, Lane, own
from gateway.admission.refusals import Refusals
from gateway.errors import RateLimited
from gateway.settings import BudgetSettings

READS = Lane.GRAPHQL


def made(**given):
    return Budgets(BudgetSettings(anonymous=600_000, **given))


def account(budgets, key="198.51.100.7", scopes=(), *, anonymous=True):
    return budgets.account(key, scopes, anonymous=anonymous)


@pytest.mark.parametrize(
    ("scopes", "kind"),
    [
        ((), "read"),
        (("read",), "read"),
        (("read", "write"), "write"),
        (("write", "bulk"), "bulk"),
        (("admin",), "admin"),
    ],
)
def test_the_highest_scope_of_a_principal_tells_its_budget(scopes, kind):
    assert account(made(), "principal x", scopes, anonymous=False).quota.kind == kind


async def test_a_budget_fills_all_the_time_and_no_further_than_it_is_large():
    budgets = made()
    found = account(budgets)
    found.level, found.at = 0.0, found.at - 1.0
    assert budgets.passes(found)
    assert found.level == pytest.approx(10_000 - REQUEST, rel=0.01)
    found.at -= 1e6
    assert budgets.passes(found)
    assert found.level == 600_000 - REQUEST


async def test_debt_is_paid_before_the_next_request_and_the_client_is_told_when_that_is():
    budgets = made()
    found = account(budgets)
    found.level = -100_000.0
    assert not budgets.passes(found)
    with pytest.raises(RateLimited) as refusal:
        await budgets.check(found, READS)
    assert refusal.value.retry_after == 11  # ten seconds of debt, and a hundredth of the budget
    found.at -= refusal.value.retry_after
    assert budgets.passes(found)


async def test_with_budgets_off_or_without_a_limit_nobody_is_refused():
    for budgets in (made(enabled=False), Budgets(BudgetSettings(anonymous=0, anonymous_requests=0))):
        found = account(budgets)
        found.running = 10**6
        found.level -= 1e12
        assert budgets.passes(found)
        assert budgets.passes(found)
        assert found.quota.policy == ""
        assert found.again == 1


def test_work_is_charged_by_its_time_and_its_estimate_only_until_it_is_known():
    found = account(made())
    claim = Claim("a", READS, found)
    claim.price(50_000.0, 10.0)
    assert found.level == 550_000
    assert claim.seconds == 6.0  # what was left
    claim.worked(0.1)
    claim.settle()
    claim.settle()
    assert found.level == 590_000


def test_a_client_whose_work_takes_longer_than_it_seems_is_taken_to_send_heavy_work():
    found = account(made())
    for _ in range(10):
        claim = Claim("a", READS, found)
        claim.price(10.0)
        claim.worked(0.5)
        claim.settle()
    claim.price(10.0)
    assert claim.cost > 20_000
    tile = Claim("a", Lane.TILES, found)
    tile.price(10.0)
    assert tile.cost == 10


def test_work_that_takes_a_little_longer_than_it_seems_is_not_heavy_by_that():
    found = account(made())
    for _ in range(50):
        claim = Claim("a", READS, found)
        claim.price(10.0)
        claim.worked(0.03)
        claim.settle()
    claim.price(20_000.0)
    assert claim.cost < 25_000


def test_refusals_and_exports_are_charged_by_their_bytes_and_an_export_not_by_its_time():
    found = account(made())
    claim = Claim("a", Lane.EXPORTS, found)
    claim.worked(100.0)
    assert found.level == 600_000
    exported(claim, 1_000_000)
    assert found.level == 599_000
    refused(claim, 1_000)
    assert found.level == 599_000 - REFUSED - 100
    refused(own(), 1_000)


def test_the_oldest_accounts_are_forgotten_but_not_those_of_requests_under_way(monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 3)
    budgets = made()
    running = account(budgets, "running")
    running.running = 1
    for number in range(20):
        account(budgets, str(number))
    assert account(budgets, "running") is running
    assert len(budgets._accounts) <= 4


def test_an_attack_is_counted_whole_and_logged_once_a_minute_for_each_client_and_a_thousand_at_most():
    with structlog.testing.capture_logs() as lines:
        refusals = Refusals()
        for _ in range(50):
            refusals.note("198.51.100.7", "tiles", "anonymous", "cost")
        for number in range(2_000):
            refusals.note(f"2001:db8:{number:x}::/64", "tiles", "anonymous", "cost")
        assert len(lines) == 1_000
        assert lines[0]["client"] == "198.51.100.7"
        since, times = refusals._told["198.51.100.7"]
        assert times == 49
        refusals._told["198.51.100.7"] = since - 60, times
        refusals.note("198.51.100.7", "tiles", "anonymous", "cost")
    assert lines[-1]["times"] == 50
