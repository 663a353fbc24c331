"""Turns in the rounds of the event loop; enters work of clients, leaves a little of it done in each, in a fair order.

To accept a connection and to read a request take the loop a fifth of a millisecond each. Where clients open
hundreds of connections at a time, that is done for few in a round, one of each client after another, and first for
clients that did not wait before: who opens one does not wait for hundreds, nor for one of each other client.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from gateway.admission.round import Round

T = TypeVar("T")

_TIME: Final = 0.0005  # seconds of a round


class Rounds(Generic[T]):
    """Work that waits for its round, by client; `do` does a piece of it, `most` are done in a round.

    Rounds in which work waits are `rest` seconds apart: the loop's time between them is that of others.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, do: Callable[[T], None], most: int, rest: float = 0.0) -> None:
        self._loop = loop
        self._do = do
        self._round = Round(most, _TIME)
        self._rest = rest
        self._due = False  # whether the next round is told
        self._old_next = False  # whether those that wait longer are next, however many more come
        self._waiting: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()
        self._new: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()  # of which nothing was done since they came

    def come(self, client: str, work: T) -> None:
        """Do a piece of work now, or in a later round."""
        if not self._waiting and not self._new and self._round.room():
            self._do(work)
            return
        clients = self._waiting if client in self._waiting else self._new
        clients.setdefault(client, OrderedDict())[work] = None
        self._go_on()

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

    def _go_on(self) -> None:
        if self._due:
            return
        self._due = True
        if self._rest:
            self._loop.call_later(self._rest, self._next)
        else:
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        """Do what this round has time for."""
        self._due = False
        while (self._waiting or self._new) and self._round.room():
            clients = self._waiting if self._waiting and (self._old_next or not self._new) else self._new
            self._old_next = clients is self._new
            client, waiting = clients.popitem(last=False)
            work, _ = waiting.popitem(last=False)
            if waiting:
                self._waiting[client] = waiting  # behind the others
            self._do(work)
        if self._waiting or self._new:
            self._go_on()
