"""The jurisdictions of a server; enters a code, leaves what answers requests about that one and no other.

Each is opened at its first request, and shares the pools, the schema of GraphQL, budgets and turns with all others.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from contextvars import Context
from math import inf
from time import monotonic
from typing import Any, Final

from gateway import errors, telemetry
from gateway.db.changes import Changes
from gateway.db.replicas import Replicas
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import Known, applied, known
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
        one = await self._look(code)
        task = self._opened.get(one)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            # A task and a context of its own: the request that asks first may leave, and others wait for it, too.
            task = self._opened[one] = asyncio.create_task(self._open(one), context=Context())
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
        for one in self._opened.keys() - self._known.values():
            await self._end(one)

    async def _open(self, one: Known) -> State:
        databases = {name: each.within(one.path) for name, each in self._databases.items()}
        if await applied(databases["database"]) != self._heads:
            message = "The jurisdiction is not at this version's migration. Run manage.py migrate."
            raise errors.NotMigrated(message)
        made, app = self._make(one)
        reads = routes(databases, self._replicas)
        parts = [code for code, _ in one.parts if code != OWN]
        changes = self._changes.together(parts) if one.parts else self._changes.of(one.code)
        tiles = Tiles(made.access.layers, made.settings, reads["reads"], changes, made.operations.estimates)
        async with AsyncExitStack() as stack:
            for runner in made.runners.values():
                runner.open(databases, self._draining)
                stack.push_async_callback(runner.close)
            paths = [path for _, path in one.parts]
            known = learning(made.settings, made.access, made.operations, databases["bulk"], paths)
            await stack.enter_async_context(known)
            self._closing[one] = stack.pop_all()
        telemetry.log.info("jurisdiction opened", code=one.code)
        own = {"app": app, "backends": made.backends, "tiles": tiles, "runner": made.runners.get("bulk")}
        return {**databases, **reads, **own}

    async def _end(self, one: Known) -> None:
        task = self._opened.pop(one)
        task.cancel()
        await asyncio.wait({task})
        if (stack := self._closing.pop(one, None)) is not None:
            await stack.aclose()
