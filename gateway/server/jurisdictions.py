"""The jurisdictions of a server; enters a code, leaves what answers requests about that one and no other.

Each is opened at its first request, and shares the pools, the schema of GraphQL, budgets and turns with all others. One
that has a database of its own has pools of its own.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from contextvars import Context
from math import inf
from time import monotonic
from typing import Any, Final

from gateway import errors, telemetry
from gateway.db.changes import Told
from gateway.db.paths import OWN as PATH_OF_OWN
from gateway.execution.jurisdictions import Known, applied, codes_of, known, some
from gateway.feeds.drawing import Tiles
from gateway.http.answers import Application
from gateway.identity.principal import OWN
from gateway.models.jurisdiction import ALL
from gateway.server.learning import learning
from gateway.server.places import Place, place
from gateway.server.reading import routes
from gateway.server.serving import Serving
from gateway.settings import Settings
from gateway.settings.jurisdictions import apart_of, settings_of

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

    _place: Place
    _draining: Callable[[], bool]

    def __init__(self, settings: Settings, make: Make, heads: frozenset[str]) -> None:
        """`heads` are the migrations that a schema must have to be served."""
        self._settings = settings
        self._apart = {each: Known(0, each, each, PATH_OF_OWN, apart=True) for each in apart_of(settings)}
        self._places: dict[str, Place] = {}  # of those, by code
        self._stack = AsyncExitStack()
        self._make = make
        self._heads = heads
        self._known: Mapping[str, Known] = {}
        self._read = -inf
        self._reading = asyncio.Lock()
        self._opening = asyncio.Semaphore()  # a set of some
        self._waiting = 0
        self._opened: dict[Known, asyncio.Task[State]] = {}
        self._closing: dict[Known, AsyncExitStack] = {}

    def open(self, shared: Place, draining: Callable[[], bool]) -> None:
        """Take the database that all have in common but those that have one of their own."""
        self._place, self._draining = shared, draining
        self._places.clear()

    def give_up(self) -> None:
        """Let nothing wait for a database any more: the process ends."""
        for each in self._places.values():
            each.outage.give_up()

    async def find(self, code: str) -> State:
        """The state of requests about a jurisdiction.

        Raises UnknownJurisdiction where there is none, NotMigrated where its schema is of another version,
        JurisdictionApart where several are meant, and one of them has a database of its own.
        """
        if (codes := codes_of(code)) is None:
            return await self._state(self._apart.get(code) or await self._look(code))
        for each in codes:
            if each in self._apart:
                message = f"{each} has a database of its own, so it is not read together with others. Ask /j/{each}/."
                raise errors.JurisdictionApart(message)
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
        await self._stack.aclose()

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
            self._known = await known(self._place.databases["database"])
        except errors.GatewayError:
            if code not in self._known:
                raise  # the others are served on, by replicas
        self._read = monotonic()
        for one in [each for each in self._opened if not self._stands(each)]:
            await self._end(one)

    def _stands(self, one: Known) -> bool:
        """Whether what was opened is still there, and the same."""
        every = self._known.get(ALL)
        if one.apart:
            return True
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
        here = await self._opened_apart(one.code) if one.apart else self._place
        async with AsyncExitStack() as stack:
            state = await self._serve(one, here, stack)
            self._closing[one] = stack.pop_all()
        telemetry.log.info("jurisdiction opened", code=one.code)
        return state

    async def _opened_apart(self, code: str) -> Place:
        """The database that is a jurisdiction's own; it stays open while it is away, so that all know it is."""
        if code not in self._places:
            settings = settings_of(self._settings, code)
            opening = place(settings, str(settings.database.url), code)
            self._places[code] = await self._stack.enter_async_context(opening)
        return self._places[code]

    async def _serve(self, one: Known, here: Place, stack: AsyncExitStack) -> State:
        databases = {name: each.within(one.path) for name, each in here.databases.items()}
        if await applied(databases["database"]) != self._heads:
            message = "The jurisdiction is not at this version's migration. Run manage.py migrate."
            raise errors.NotMigrated(message)
        made, app = self._make(one)
        reads = routes(databases, here.replicas)
        tiles = Tiles(made.access.layers, made.settings, reads["reads"], _told(one, here), made.operations.estimates)
        for runner in made.runners.values():
            runner.open(databases, self._draining)
            stack.push_async_callback(runner.close)
        paths = [path for _, path in one.parts]
        known = learning(made.settings, made.access, made.operations, databases["bulk"], paths)
        await stack.enter_async_context(known)
        if made.budgets is not None:
            stack.push_async_callback(made.budgets.close)
        own = {"app": app, "backends": made.backends, "tiles": tiles, "runner": made.runners.get("bulk")}
        own |= {"code": one.code, "parts": [code for code, _ in one.parts], "replicas": here.replicas}
        return {**databases, **reads, **own, **({"budgets": made.budgets} if made.budgets else {})}

    async def _end(self, one: Known) -> None:
        task = self._opened.pop(one, None)
        if task is None:
            return  # another request ends it
        task.cancel()
        await asyncio.wait({task})
        if (stack := self._closing.pop(one, None)) is not None:
            await stack.aclose()


def _told(one: Known, here: Place) -> Told:
    """What tells of changes of its rows."""
    codes = [code for code, _ in one.parts]
    if codes:
        return here.changes.together([code for code in codes if code != OWN], own=OWN in codes)
    return here.changes if one.apart else here.changes.of(one.code)
