"""The budgets of all clients; enters whose request it is, leaves its account or a refusal."""

from collections import OrderedDict
from collections.abc import Collection
from math import inf
from typing import Final

from gateway import errors
from gateway.admission.accounts import Account, Quota
from gateway.admission.claims import Claim, Lane
from gateway.admission.refusals import Refusals
from gateway.admission.turns import Turns
from gateway.settings import BudgetSettings

REQUEST: Final = 20.0  # units of each request: what it costs besides the database
REFUSED: Final = 100.0  # of one that is refused as it stands
REFUSED_BYTE: Final = 0.1  # and of each of its bytes
WRONG_KEY: Final = 1_000.0
EXPORTED_BYTE: Final = 0.001
RECEIVED_BYTE: Final = 0.0001
_TURN_SECONDS: Final = 5.0  # that a request waits to be read
_KEPT: Final = 20_000  # accounts
_AT_ONCE: Final = 8  # of them are looked at when one more comes

_BY_SCOPE: Final = ("admin", "bulk", "write", "read")


class Budgets:
    """The accounts of this worker; those of clients that do nothing are forgotten first."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._quotas = {kind: _quota(settings, kind) for kind in ("anonymous", *_BY_SCOPE)}
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._store = None
        self.refusals = Refusals()
        self.turns = Turns(settings.waiting, _TURN_SECONDS)
        if settings.enabled and settings.store is not None:
            from gateway.admission.store import Store  # noqa: PLC0415 - what few need takes long to import

            self._store = Store(settings.store.get_secret_value())

    def account(self, key: str, scopes: Collection[str], *, anonymous: bool) -> Account:
        """The account of a client."""
        account = self._accounts.get(key)
        if account is not None:
            return account
        kind = "anonymous" if anonymous else next((scope for scope in _BY_SCOPE if scope in scopes), "read")
        account = self._accounts[key] = Account(key, self._quotas[kind], len(Lane))
        if self._store is not None and account.rate:
            account.level = 0.0
        self._forget()
        return account

    def _forget(self) -> None:
        """Drop accounts that are too many, but those of requests under way."""
        for _ in range(min(_AT_ONCE, len(self._accounts) - _KEPT)):
            key, oldest = self._accounts.popitem(last=False)
            if oldest.running:
                self._accounts[key] = oldest

    def passes(self, account: Account) -> bool:
        """Charge what each request costs, where the client is within its budgets as far as is known here."""
        if self._store is None:
            account.fill()
        if account.level <= 0.0 or account.running >= account.quota.requests:
            return False
        account.level -= REQUEST
        return True

    async def check(self, account: Account, lane: Lane) -> None:
        """The same, with what the store has; raises RateLimited where the client is over a budget."""
        quota = account.quota
        if account.running >= quota.requests:
            self._refuse(account, lane, "requests", f"{account.running} requests of yours are under way.")
        if self._store is not None:
            await self._store.fill(account)
        if account.level <= 0.0:
            self._refuse(account, lane, "cost", f"You have spent {quota.units:.0f} units in {quota.window} s.")
        account.level -= REQUEST

    def wrong_key(self, client: str) -> None:
        """Charge an address for a credential that does not hold."""
        self.account(client, (), anonymous=True).level -= WRONG_KEY

    def _refuse(self, account: Account, lane: Lane, policy: str, why: str) -> None:
        self.refusals.note(account.key, lane.label, account.quota.kind, policy)
        after = account.again if policy == "cost" else 1
        message = f"{why} Try again in {after} s, and ask for less or one after another."
        raise errors.RateLimited(message, after, account.headers(policy))

    async def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            await self._store.close()


def refused(claim: Claim, size: int) -> None:
    """Charge a request that is refused as it stands, of `size` bytes."""
    _charge(claim, REFUSED + size * REFUSED_BYTE)


def exported(claim: Claim, size: int) -> None:
    """Charge bytes of an export."""
    _charge(claim, size * EXPORTED_BYTE)


def received(claim: Claim, size: int) -> None:
    """Charge what came of a body of a bulk load, unpacked."""
    _charge(claim, size * RECEIVED_BYTE)


def _charge(claim: Claim, units: float) -> None:
    if claim.account is not None:
        claim.account.level -= units


def _quota(settings: BudgetSettings, kind: str) -> Quota:
    units, requests = (getattr(settings, name) if settings.enabled else 0 for name in (kind, f"{kind}_requests"))
    return Quota(kind, float(units or inf), requests or inf, settings.window_seconds)
