"""What one client may still spend; enters units of cost, leaves whether there are some left.

A token bucket that fills all the time. A client may come as long as there is something in it: what its work then costs
may leave it in debt, and it waits until that is paid.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

UNITS = 100_000.0  # of cost in a second of the database: a unit is 10 microseconds
_AGAIN = 0.01  # of a budget, which is there when a client is told to come again


@dataclass(frozen=True, slots=True)
class Quota:
    """What a kind of client may spend in `window` seconds, and have under way; infinite where there is no limit."""

    kind: str
    units: float
    requests: float
    window: int

    @property
    def policy(self) -> str:
        """RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10)."""
        cost = [f'"cost";q={self.units:.0f};w={self.window};qu="cost"'] if self.units < inf else []
        running = [f'"requests";q={self.requests:.0f};qu="concurrent-requests"'] if self.requests < inf else []
        return ", ".join([*cost, *running])


class Account:
    """The bucket of one client, and what it has under way."""

    __slots__ = ("at", "beyond", "excess", "key", "level", "quota", "rate", "running")

    def __init__(self, key: str, quota: Quota, lanes: int) -> None:
        self.key = key
        self.quota = quota
        self.rate = quota.units / quota.window if quota.units < inf else 0.0
        self.level = quota.units
        self.at = time.monotonic()
        self.beyond = 0.0  # what a store has for it besides
        self.running = 0
        self.excess = [0.0] * lanes  # of each lane: units by which its last work was more than it seemed

    def fill(self) -> None:
        """Put in what came since the last time."""
        now = time.monotonic()
        level = self.level + (now - self.at) * self.rate
        self.level = min(self.quota.units, level)
        self.at = now

    @property
    def left(self) -> float:
        """Units that it may still spend."""
        return self.level + self.beyond

    @property
    def again(self) -> int:
        """Seconds until it may spend again."""
        return max(1, ceil((self.quota.units * _AGAIN - self.level) / self.rate)) if self.rate else 1

    def headers(self, policy: str) -> Sequence[tuple[bytes, bytes]]:
        """What to tell a client that is refused by a policy."""
        reset = f";t={self.again}" if policy == "cost" else ""
        return (
            (b"ratelimit-policy", self.quota.policy.encode()),
            (b"ratelimit", f'"{policy}";r=0{reset}'.encode()),
        )
