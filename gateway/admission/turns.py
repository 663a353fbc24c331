"""Turns at the event loop of a worker: few requests begin in a round of the loop, and clients take turns at that.

To read a request, to plan it and to send its first statement takes the loop up to milliseconds, in which nobody else
is served. Without turns a client that sends hundreds of requests at a time has hundreds of them begin before the one
of another client.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from functools import partial
from types import coroutine
from typing import Any, Final, TypeVar, cast

from gateway.admission.claims import Claim, Lane
from gateway.admission.round import Round
from gateway.admission.slots import Rules, Slots

T = TypeVar("T")

_STEPS: Final = 4  # turns in a round
_FREE: Final = 8  # requests that begin in a round without a turn
_ROUND: Final = 0.002  # seconds within which these begin
_SHORT: Final = 0.002  # seconds: steps that take less count as this, else who asks for a little of all would wait
# Of clients whose steps take so long so many begin in a round. Each is twice the one before, since the machine may be
# slow: whose steps are half as long as those of others does not wait for them, however long that is.
_LEVELS: Final = ((0.0015, 2), (0.003, 1), (0.006, 1), (0.012, 1))
_LONGEST: Final = 0.016  # that a step counts as: one in which garbage was collected says nothing of the client
_LAST: Final = 7  # steps of a client that count: the median of these
_CLIENTS: Final = 4_096


class Turns:
    """Few turns at a time; raises Overloaded where too many wait, or where that takes too long."""

    def __init__(self, waiting: int, seconds: float) -> None:
        self._steps = Slots(_STEPS, Rules(waiting=waiting, seconds=seconds, levels=_LEVELS))
        self._threads = Slots(1, Rules(waiting=waiting, seconds=seconds))
        self._round = Round(_FREE, _ROUND)
        self._took: dict[str, deque[float]] = {}  # seconds of the processor of each client's last steps

    def free(self) -> bool:
        """Whether work may begin at once without a turn: the first of a round, where nobody waits or has a turn."""
        return self._steps.free == _STEPS and not self._steps.waiting and self._round.room()

    async def begin(self, client: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, whose first step, until it waits for something, has a turn of its client, where it needs one."""
        if self.free():
            return await work()
        claim = await _entered(self._steps, client, self._usual(client))
        return await _begun(work().__await__(), partial(self._done, claim, time.thread_time()))

    def _done(self, claim: Claim, begun: float) -> None:
        """Let the next begin in another round; a long step leaves as much time to what is under way."""
        took = min(time.thread_time() - begun, _LONGEST)
        self._note(claim.client, took)
        loop = asyncio.get_running_loop()
        if took < _SHORT:
            loop.call_soon(self._leave, claim, _SHORT)
        else:
            loop.call_later(took, self._leave, claim, took)

    def _usual(self, client: str) -> float:
        """What a step of a client takes; of few that are known rather the shorter."""
        took = self._took.get(client)
        return sorted(took)[(len(took) - 1) // 2] if took else 0.0

    def _note(self, client: str, took: float) -> None:
        """Note a step of a client; where its steps become longer or shorter, so does what waits of it."""
        if len(self._took) > _CLIENTS:
            self._took.clear()
        before = self._steps.level(self._usual(client))
        self._took.setdefault(client, deque(maxlen=_LAST)).append(took)
        usual = self._usual(client)
        if self._steps.level(usual) != before:
            self._steps.reprice(client, usual)

    def _leave(self, claim: Claim, took: float) -> None:
        claim.since = time.perf_counter() - took
        self._steps.leave(claim)

    @asynccontextmanager
    async def aside(self, client: str) -> AsyncIterator[None]:
        """Have a turn at work in a thread while the block runs."""
        claim = await _entered(self._threads, client)
        try:
            yield
        finally:
            self._threads.leave(claim)


async def _entered(slots: Slots, client: str, seconds: float = 0.0) -> Claim:
    claim = Claim(client, Lane.GRAPHQL, cost=seconds)
    if not slots.enter(claim):
        await slots.wait(claim)
    return claim


@coroutine
def _begun(work: Generator[Any, Any, T], done: Callable[[], None]) -> Generator[Any, Any, T]:
    """Go on with `work`, and call `done` after its first step."""
    try:
        waits_for = work.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    finally:
        done()
    while True:
        try:
            yield waits_for
        except BaseException as error:  # noqa: BLE001 - it is for the work
            try:
                waits_for = work.throw(error)
            except StopIteration as end:
                return cast("T", end.value)
        else:
            return (yield from work)
