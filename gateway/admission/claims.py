"""What one request claims of the database: for which client, in which lane, and how much work it may be."""

import asyncio
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol, TypeVar

from gateway.admission.accounts import UNITS, Account
from gateway.errors import RateLimited

T = TypeVar("T")

_LEAST: Final = 0.25  # seconds that work has, however little its client has left
_FOLLOWS: Final = 0.2  # how fast a client's excess follows what its work was


class Lane(IntEnum):
    """Kinds of work of which none may take all connections."""

    OWN = 0  # what the gateway itself must know, such as whose a key is
    GRAPHQL = 1
    TILES = 2
    EXPORTS = 3
    BULK = 4
    ANALYSIS = 5

    @property
    def label(self) -> str:
        """The lane in metrics and logs."""
        return self.name.lower()


class TakesTurns(Protocol):
    """Turns at the event loop: gateway/admission/turns.py."""

    def aside(self, client: str) -> AbstractAsyncContextManager[None]:
        """Have a turn at work in a thread while the block runs."""


@dataclass(slots=True, eq=False)
class Claim:
    """`cost` is what the work is thought to cost, in units; work is ended after `seconds`, where that is set.

    A claim has one slot at a time: `level` and `since` are of that. `after` is the position in the log of the database
    that reads must have seen, 0 for any.
    """

    client: str
    lane: Lane
    account: Account | None = None
    cost: float = 0.0
    seconds: float | None = None
    level: int = 0
    since: float = 0.0
    turns: TakesTurns | None = None
    after: int = 0
    _estimate: float = 0.0

    def price(self, units: float, longest: float = 0.0) -> None:
        """Charge what the work is thought to cost until it is known, by how estimates of this client came out so far.

        Where the client has less left than `longest` seconds of work, the work is ended when that is spent.
        """
        account = self.account
        if account is None:
            self.cost = units
            return
        self._estimate = units or 1.0
        self.cost = units + account.excess[self.lane]
        if account.left < longest * UNITS:
            self.seconds = account.left / UNITS
        account.level -= self.cost

    def aside(self) -> AbstractAsyncContextManager[None]:
        """A turn at work in a thread, for what the client sent that takes many milliseconds."""
        return nullcontext() if self.turns is None else self.turns.aside(self.client)

    def worked(self, seconds: float) -> None:
        """Charge the time of a slot, but for exports, which have one while their clients read: bytes of them cost."""
        account = self.account
        if account is None or self.lane is Lane.EXPORTS:
            return
        actual = seconds * UNITS
        account.level -= actual
        if self._estimate:
            more = actual - self._estimate if actual > self._estimate else 0.0
            account.excess[self.lane] += _FOLLOWS * (more - account.excess[self.lane])

    def settle(self) -> None:
        """Take the estimate back: the work has been charged."""
        if self._estimate and self.account is not None:
            self.account.level += self.cost
            self._estimate = 0.0


def ended(claim: Claim, work: Awaitable[T]) -> Awaitable[T]:
    """The same work, ended when what the client has left is spent; then it raises RateLimited."""
    return work if claim.seconds is None or claim.account is None else _ended(claim.seconds, claim.account, work)


async def _ended(seconds: float, account: Account, work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(max(seconds, _LEAST)) as timer:
            return await work
    except TimeoutError as error:
        if not timer.expired():
            raise
        after = account.again
        message = f"What you had left ended this after {seconds:.2f} s. Ask for less, or try again in {after} s."
        raise RateLimited(message, after, account.headers("cost")) from error


OWN: Final = "the gateway"


def own() -> Claim:
    """The claim of the gateway's own small statements."""
    return Claim(OWN, Lane.OWN)
