"""Turns in the rounds of the event loop; enters work of clients, leaves a few pieces done in each, in a fair order.

To accept a connection and to read a request take the loop a fifth of a millisecond each. Where clients open
hundreds of connections at a time, that is done for few in a round, one of each client after another: who opens one
waits for the few before it and not for hundreds.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 4  # pieces of work in a round


class Rounds(Generic[T]):
    """Work that waits for its round, by client; `do` does a piece of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, do: Callable[[T], None]) -> None:
        self._loop = loop
        self._do = do
        self._done = 0  # in this round
        self._waiting: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()

    def come(self, client: str, work: T) -> None:
        """Do a piece of work now, or in a later round."""
        if self._done < _MOST and not self._waiting:
            self._count()
            self._do(work)
        else:
            self._waiting.setdefault(client, OrderedDict())[work] = None

    def leave(self, client: str, work: T) -> None:
        """Forget work that need not be done any more."""
        waiting = self._waiting.get(client)
        if waiting is not None:
            waiting.pop(work, None)
            if not waiting:
                del self._waiting[client]

    def waits(self, client: str) -> int:
        """How much work of a client waits."""
        return len(self._waiting.get(client, ()))

    def drain(self) -> list[T]:
        """Take out all that waits."""
        left = [work for each in self._waiting.values() for work in each]
        self._waiting.clear()
        return left

    def _count(self) -> None:
        if not self._done:
            self._loop.call_soon(self._next)
        self._done += 1

    def _next(self) -> None:
        """Begin a round."""
        self._done = 0
        while self._waiting and self._done < _MOST:
            client, waiting = self._waiting.popitem(last=False)
            work, _ = waiting.popitem(last=False)
            if waiting:
                self._waiting[client] = waiting  # behind the others
            self._count()
            self._do(work)
