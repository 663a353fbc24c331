"""Addresses that send credentials that do not hold; enters each of these, leaves who is slowed down.

A token bucket of each address: what is wrong takes a token. An address without one is not looked up anything.
"""

from math import ceil, inf
from typing import Final

from cachetools import LRUCache

from gateway.admission.accounts import Account, Quota
from gateway.errors import RateLimited

_SECONDS: Final = 60
_KEPT: Final = 20_000  # addresses


class WrongCredentials:
    """Counts for this worker; `most` may be wrong in a minute, any number where it is 0."""

    def __init__(self, most: int) -> None:
        self._quota = Quota("wrong credentials", most or inf, inf, _SECONDS)
        self._accounts: LRUCache[str, Account] = LRUCache(_KEPT)

    def slows(self, client: str) -> bool:
        """Whether an address has no token left."""
        account = self._accounts.get(client)
        if account is None:
            return False
        account.fill()
        return account.level < 1.0

    def note(self, client: str) -> None:
        """One more that did not hold."""
        account = self._accounts.get(client)
        if account is None:
            account = self._accounts[client] = Account(client, self._quota, 0)
        account.level -= 1.0

    def refusal(self, client: str) -> RateLimited:
        """What an address that is slowed down is told."""
        account = self._accounts[client]
        after = max(1, ceil((1.0 - account.level) / account.rate))
        message = f"Too many credentials from your address do not hold. Try again in {after} s, with one that does."
        return RateLimited(message, after)
