"""Turns at the connections of a pool; enters claims, leaves each its slot in a fair order.

Each client has a clock, which its work moves on by what that cost. The client whose clock is behind is next, as in
start-time fair queueing: who sends much waits for itself. Of one client small work goes first, and what waits is passed
by no more work than it is itself.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from typing import Final

from gateway import errors, telemetry
from gateway.admission.accounts import UNITS
from gateway.admission.claims import Claim, Lane

_LEAST: Final = 50.0  # units by which each claim moves a clock on
_KEPT: Final = 4_096  # clients whose clocks are kept while they have no work


@dataclass(frozen=True, slots=True)
class Rules:
    """`lanes` has the most slots of a lane, `levels` costs and the most slots of work from each to the next.

    `waiting` is in all, `spare` slots are for the gateway's own work, and work side by side shares `cores`.
    """

    lanes: Mapping[Lane, int] = field(default_factory=dict)
    spare: int = 0
    levels: Sequence[tuple[float, int]] = ()
    cores: int = 4
    waiting: int = 1_000
    seconds: float = 5.0
    refusal: type[errors.ServiceError] = errors.Overloaded
    message: str = "More is asked of the database than it can do now. Try again shortly."


class _Turn(asyncio.Future[None]):
    """A claim that waits; done when it has its slot."""

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self.claim = claim
        self.rank = (0.0, 0)  # among those of its client

    def __lt__(self, other: "_Turn") -> bool:
        return self.rank < other.rank


class _Client:
    """What one client has, and what it waits for, by lane and weight."""

    __slots__ = ("clock", "held", "queues", "waiting")

    def __init__(self) -> None:
        self.clock = 0.0
        self.held = 0
        self.waiting = 0
        self.queues: dict[tuple[Lane, int], list[_Turn]] = {}

    @property
    def idle(self) -> bool:
        return not self.held and not self.waiting


class Slots:
    """`capacity` slots; a client may have so many that one more client could have as many."""

    def __init__(self, capacity: int, rules: Rules) -> None:
        self.waiting = 0
        self.free = capacity
        self._capacity = capacity
        self._spare = min(rules.spare, capacity - 1)
        self._rules = rules
        self._light = min((above for above, _ in rules.levels), default=inf)  # what costs no more is of level 0
        self._most = [rules.lanes.get(lane, capacity) for lane in Lane]
        self._lanes = [0 for _ in Lane]
        self._leveled = [[0 for _ in Lane] for _ in rules.levels]  # slots taken by work of each
        self._clients: dict[str, _Client] = {}
        self._queued: dict[str, _Client] = {}
        self._active = 0  # clients with work
        self._clock = 0.0  # of the client that was given a slot last
        self._numbers = count()

    @property
    def taken(self) -> int:
        """Slots that are not free."""
        return self._capacity - self.free

    def enter(self, claim: Claim) -> bool:
        """Take a slot at once, where nobody waits and one is free for such a claim."""
        claim.level = self.level(claim.cost)
        if self.waiting or not self._open(claim.lane, claim.level):
            return False
        client = self._client(claim.client)
        if not self._below_share(client, claim.lane):
            return False
        self._give(client, claim)
        return True

    async def wait(self, claim: Claim) -> None:
        """Wait for a slot; raises the refusal of the rules where too many wait, or where that takes too long."""
        turn = self._queue(claim)
        self._next()
        if turn.done():
            return
        began = time.perf_counter()
        timer = asyncio.get_running_loop().call_later(self._rules.seconds, self._refuse, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._drop(turn)
            elif turn.exception() is None:
                self.leave(claim)  # it was given in the same moment
            raise
        finally:
            timer.cancel()
            telemetry.slots_waited.observe(time.perf_counter() - began)

    def hasten(self, claim: Claim, client: str) -> None:
        """Let a claim that waits take the turn of another client that wants the same, where that comes sooner."""
        first, other = self._queued.get(claim.client), self._client(client)
        queue = first.queues.get((claim.lane, claim.level), ()) if first else ()
        turn = next((turn for turn in queue if turn.claim is claim), None)
        if first is not None and turn is not None and other.clock < first.clock:
            self._drop(turn)
            claim.client = client
            self._put(turn, other)
            self._next()

    def level(self, cost: float) -> int:
        """How many of the costs of the rules work is above."""
        return 0 if cost <= self._light else sum(cost > above for above, _ in self._rules.levels)

    def reprice(self, key: str, cost: float) -> None:
        """Let what waits of a client pass for work of that cost.

        What is lighter than it seemed waited by a rule for heavy work, not for others' turns: so it has none ahead of
        theirs.
        """
        client = self._queued.get(key)
        if client is None:
            return
        level, before = self.level(cost), client.queues
        if level < max(each for _, each in before):
            client.clock = max(client.clock, self._clock + _LEAST)
        client.queues = {}
        for (lane, _), queue in before.items():
            for turn in queue:
                turn.claim.level = level
            client.queues.setdefault((lane, level), []).extend(queue)
        for queue in client.queues.values():
            heapify(queue)
        self._next()

    def leave(self, claim: Claim) -> None:
        """Give the slot of a claim back, to who is next."""
        seconds = time.perf_counter() - claim.since
        taken, cores = self.taken, self._rules.cores
        claim.worked(seconds if taken <= cores else seconds * cores / taken)
        client = self._clients[claim.client]
        # What it was instead of what it seemed.
        client.clock += max(seconds * UNITS, _LEAST) - (max(_LEAST, claim.cost))
        client.held -= 1
        self.free += 1
        self._lanes[claim.lane] -= 1
        if claim.level:
            self._leveled[claim.level - 1][claim.lane] -= 1
        if not client.held and not client.waiting:
            self._active -= 1
        if self.waiting:
            self._next()

    def _open(self, lane: Lane, level: int) -> bool:
        """Whether work of a kind may begin, whose ever it is."""
        if self.free <= self._spare:
            return lane is Lane.OWN and self.free > 0
        if level and not self._open_to_heavy(lane, level):
            return False
        return self._lanes[lane] < self._most[lane]

    def _open_to_heavy(self, lane: Lane, level: int) -> bool:
        """Heavy work leaves one slot of its lane to other work."""
        if sum(self._leveled[level - 1]) >= self._rules.levels[level - 1][1]:
            return False
        return sum(taken[lane] for taken in self._leveled) < max(1, self._most[lane] - 1)

    def _below_share(self, client: _Client, lane: Lane) -> bool:
        if not client.held or lane is Lane.OWN:
            return True
        return client.held < self._capacity // (self._active + 1)

    def _client(self, key: str) -> _Client:
        client = self._clients.get(key)
        if client is None:
            if len(self._clients) > _KEPT:
                self._clients = {key: each for key, each in self._clients.items() if not each.idle}
            client = self._clients[key] = _Client()
        if client.clock < self._clock and client.idle:
            client.clock = self._clock
        return client

    def _give(self, client: _Client, claim: Claim) -> None:
        if not client.held and not client.waiting:
            self._active += 1
        self._clock = max(self._clock, client.clock)
        client.clock += max(_LEAST, claim.cost)
        client.held += 1
        self.free -= 1
        self._lanes[claim.lane] += 1
        if claim.level:
            self._leveled[claim.level - 1][claim.lane] += 1
        claim.since = time.perf_counter()

    def _rest(self, client: _Client) -> None:
        self._active -= client.idle

    def _queue(self, claim: Claim) -> _Turn:
        client = self._client(claim.client)
        if self.waiting >= self._rules.waiting:
            self._make_room(client)
        turn = _Turn(claim)
        self._put(turn, client)
        return turn

    def _put(self, turn: _Turn, client: _Client) -> None:
        claim = turn.claim
        if not client.held and not client.waiting:
            self._active += 1
        turn.rank = (client.clock + claim.cost, next(self._numbers))
        heappush(client.queues.setdefault((claim.lane, claim.level), []), turn)
        client.waiting += 1
        self.waiting += 1
        telemetry.slots_waiting.inc()
        self._queued[claim.client] = client

    def _make_room(self, client: _Client) -> None:
        """Send the least urgent away of the client that has most in the queue, which may be the one that comes."""
        longest = max(self._queued.values(), key=lambda each: each.waiting)
        if longest.waiting <= client.waiting + 1:
            raise self._refusal()
        self._refuse(max(turn for queue in longest.queues.values() for turn in queue))

    def _refuse(self, turn: _Turn) -> None:
        if not turn.done():
            turn.set_exception(self._refusal())
            self._drop(turn)

    def _refusal(self) -> errors.ServiceError:
        return self._rules.refusal(self._rules.message)

    def _drop(self, turn: _Turn) -> None:
        """Take a turn out of its queue, unless that was done."""
        claim = turn.claim
        client, kind = self._clients[claim.client], (claim.lane, claim.level)
        if turn in (queue := client.queues.get(kind, [])):
            queue.remove(turn)
            heapify(queue)
            self._left_queue(client, claim)
            self._rest(client)

    def _left_queue(self, client: _Client, claim: Claim) -> None:
        if not client.queues[claim.lane, claim.level]:
            del client.queues[claim.lane, claim.level]
        client.waiting -= 1
        self.waiting -= 1
        telemetry.slots_waiting.dec()
        if not client.waiting:
            del self._queued[claim.client]

    def _next(self) -> None:
        """Give free slots to those that wait, for as long as there is one for any of them."""
        while self.free and (first := self._first()) is not None:
            client, queue = first
            turn = heappop(queue)
            if not turn.cancelled():
                self._give(client, turn.claim)
                turn.set_result(None)
            self._left_queue(client, turn.claim)
            self._rest(client)

    def _first(self) -> tuple[_Client, list[_Turn]] | None:
        """The client whose clock is farthest behind of those that may go on, and its queue of the smallest work."""
        kinds = {kind for client in self._queued.values() for kind in client.queues}
        opened = {kind for kind in kinds if self._open(*kind)}
        best: tuple[float, tuple[float, int]] | None = None
        first = None
        for client in self._queued.values() if opened else ():
            for kind, queue in client.queues.items():
                if kind in opened and self._below_share(client, kind[0]):
                    rank = (client.clock, queue[0].rank)
                    if best is None or rank < best:
                        best, first = rank, (client, queue)
        return first
