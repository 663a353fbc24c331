"""The jurisdictions of a server; enters a code, leaves what answers requests about that one and no other.

Each is opened at its first request, and shares the pools, the schema of GraphQL, budgets and turns with all others.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from contextvars import Context
from math import inf
from time import monotonic
from typing import Any, Final

from gateway import errors, telemetry
from gateway.db.changes import Changes
from gateway.db.replicas import Replicas
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import Known, applied, codes_of, known, some
from gateway.feeds.drawing import Tiles
from gateway.http.answers import Application
from gateway.identity.principal import OWN
from gateway.models.jurisdiction import ALL
from gateway.server.learning import learning
from gateway.server.reading import routes
from gateway.server.serving import Serving

# Seconds after which the list is read again, and after which it is for a code that is not in it.
_PAUSE: Final = 5.0
_SOON: Final = 1.0
# Clients may name any set of them. So many are kept open, they are opened one after another with a pause of so many
# seconds, since that takes 0.1 s of a processor, and for so many others at a time.
_SETS: Final = 32
_BETWEEN: Final = 0.1
_WAITING: Final = 16

Make = Callable[[Known], tuple[Serving, Application]]
State = Mapping[str, Any]


class Jurisdictions:
    """Those that this process has been asked for, between `open` and `close`."""

    _databases: Mapping[str, Database]
    _replicas: Replicas
    _changes: Changes
    _draining: Callable[[], bool]

    def __init__(self, make: Make, heads: frozenset[str]) -> None:
        """`heads` are the migrations that a schema must have to be served."""
        self._make = make
        self._heads = heads
        self._known: Mapping[str, Known] = {}
        self._read = -inf
        self._reading = asyncio.Lock()
        self._opening = asyncio.Semaphore()  # a set of some
        self._waiting = 0
        self._opened: dict[Known, asyncio.Task[State]] = {}
        self._closing: dict[Known, AsyncExitStack] = {}

    def open(
        self, databases: Mapping[str, Database], replicas: Replicas, changes: Changes, draining: Callable[[], bool]
    ) -> None:
        """Take the pools, and what else all have in common."""
        self._databases, self._replicas, self._changes, self._draining = databases, replicas, changes, draining

    async def find(self, code: str) -> State:
        """The state of requests about a jurisdiction.

        Raises UnknownJurisdiction where there is none, NotMigrated where its schema is of another version.
        """
        if (codes := codes_of(code)) is None:
            return await self._state(await self._look(code))
        for each in codes:
            if each != OWN:
                await self._look(each)
        return await self.some(codes)

    async def some(self, codes: Collection[str]) -> State:
        """The state of requests about those of all that have these codes."""
        return await self._state(some(await self._look(ALL), codes))

    async def _state(self, one: Known) -> State:
        task = self._opened.pop(one, None)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            # A task and a context of its own: the request that asks first may leave, and others wait for it, too.
            opening = self._open(one) if codes_of(one.code) is None else self._in_turn(one)
            task = asyncio.create_task(opening, context=Context())
        self._opened[one] = task  # behind all that were asked for before
        sets = [each for each, opened in self._opened.items() if codes_of(each.code) and opened.done()]
        for each in sets[:-_SETS]:
            await self._end(each)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End what runs for them."""
        for one in list(self._opened):
            await self._end(one)

    async def _look(self, code: str) -> Known:
        async with self._reading:
            if monotonic() - self._read > (_PAUSE if code in self._known else _SOON):
                await self._read_again(code)
        if code not in self._known and code == ALL and self._known:
            raise errors.NotMigrated("Not all jurisdictions are at this version. Run manage.py migrate.")
        if code not in self._known:
            raise errors.UnknownJurisdiction(f"There is no jurisdiction {code[:80]!r} here: see the path, /j/{{code}}/")
        return self._known[code]

    async def _read_again(self, code: str) -> None:
        try:
            self._known = await known(self._databases["database"])
        except errors.GatewayError:
            if code not in self._known:
                raise  # the others are served on, by replicas
        self._read = monotonic()
        for one in [each for each in self._opened if not self._stands(each)]:
            await self._end(one)

    def _stands(self, one: Known) -> bool:
        """Whether what was opened is still there, and the same."""
        every = self._known.get(ALL)
        if every is None or codes_of(one.code) is None:
            return one in self._known.values()
        there = any(code in dict(every.parts) for code, _ in one.parts)
        return there and one == some(every, dict(one.parts))

    async def _in_turn(self, one: Known) -> State:
        if self._waiting >= _WAITING:
            message = "More sets of jurisdictions are asked for than can be opened. Try again shortly."
            raise errors.Overloaded(message)
        self._waiting += 1
        try:
            await self._opening.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._open(one)
        finally:
            asyncio.get_running_loop().call_later(_BETWEEN, self._opening.release)

    async def _open(self, one: Known) -> State:
        databases = {name: each.within(one.path) for name, each in self._databases.items()}
        if await applied(databases["database"]) != self._heads:
            message = "The jurisdiction is not at this version's migration. Run manage.py migrate."
            raise errors.NotMigrated(message)
        made, app = self._make(one)
        reads = routes(databases, self._replicas)
        codes = [code for code, _ in one.parts]
        others = [code for code in codes if code != OWN]
        changes = self._changes.together(others, own=OWN in codes) if codes else self._changes.of(one.code)
        tiles = Tiles(made.access.layers, made.settings, reads["reads"], changes, made.operations.estimates)
        async with AsyncExitStack() as stack:
            for runner in made.runners.values():
                runner.open(databases, self._draining)
                stack.push_async_callback(runner.close)
            paths = [path for _, path in one.parts]
            known = learning(made.settings, made.access, made.operations, databases["bulk"], paths)
            await stack.enter_async_context(known)
            if made.budgets is not None:
                stack.push_async_callback(made.budgets.close)
            self._closing[one] = stack.pop_all()
        telemetry.log.info("jurisdiction opened", code=one.code)
        own = {"app": app, "backends": made.backends, "tiles": tiles, "runner": made.runners.get("bulk")}
        own |= {"code": one.code, "parts": codes, **({"budgets": made.budgets} if made.budgets else {})}
        return {**databases, **reads, **own}

    async def _end(self, one: Known) -> None:
        task = self._opened.pop(one, None)
        if task is None:
            return  # another request ends it
        task.cancel()
        await asyncio.wait({task})
        if (stack := self._closing.pop(one, None)) is not None:
            await stack.aclose()
