"""Turns in the rounds of the event loop; enters work of clients, leaves a few pieces done in each, in a fair order.

To accept a connection and to read a request take the loop a fifth of a millisecond each. Where clients open
hundreds of connections at a time, that is done for few in a round, one of each client after another, and first for
clients that did not wait before: who opens one does not wait for hundreds, nor for one of each other client.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MOST: Final = 2  # pieces of work in a round


class Rounds(Generic[T]):
    """Work that waits for its round, by client; `do` does a piece of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, do: Callable[[T], None]) -> None:
        self._loop = loop
        self._do = do
        self._done = 0  # in this round
        self._waiting: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()
        self._new: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()  # of which nothing was done since they came

    def come(self, client: str, work: T) -> None:
        """Do a piece of work now, or in a later round."""
        if self._done < _MOST and not self._waiting and not self._new:
            self._count()
            self._do(work)
        elif (waiting := self._waiting.get(client)) is not None:
            waiting[work] = None
        else:
            self._new.setdefault(client, OrderedDict())[work] = None

    def leave(self, client: str, work: T) -> None:
        """Forget work that need not be done any more."""
        for clients in (self._new, self._waiting):
            waiting = clients.get(client)
            if waiting is not None:
                waiting.pop(work, None)
                if not waiting:
                    del clients[client]

    def waits(self, client: str) -> int:
        """How much work of a client waits."""
        return sum(len(clients[client]) for clients in (self._new, self._waiting) if client in clients)

    def drain(self) -> list[T]:
        """Take out all that waits."""
        left = [work for clients in (self._new, self._waiting) for each in clients.values() for work in each]
        self._new.clear()
        self._waiting.clear()
        return left

    def _count(self) -> None:
        if not self._done:
            self._loop.call_soon(self._next)
        self._done += 1

    def _next(self) -> None:
        """Begin a round."""
        self._done = 0
        while (self._waiting or self._new) and self._done < _MOST:
            last = self._done == _MOST - 1  # it is for those that wait longer, however many come anew
            clients = self._new if self._new and not (last and self._waiting) else self._waiting
            client, waiting = clients.popitem(last=False)
            work, _ = waiting.popitem(last=False)
            if waiting:
                self._waiting[client] = waiting  # behind the others
            self._count()
            self._do(work)
