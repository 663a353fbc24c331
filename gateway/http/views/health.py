"""Whether the process lives and whether it can serve; enters a pool of its own, leaves 200 or 503."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import text

from gateway import errors, telemetry
from gateway.db.sessions import Database
from gateway.http.answers import NOT_STORED, Receive, Scope, Send, answer, refuse
from gateway.http.state import state_of

_SECONDS = 2.0  # a probe is worth no more
_KEPT = 1.0  # seconds that an answer is good
# The table of migrations says what the database has; the function that PostGIS is there.
_STATE = text("SELECT array(SELECT version_num FROM alembic_version) AS applied, PostGIS_Lib_Version()")


async def live(_: Scope, __: Receive, send: Send) -> None:
    """`/healthz`: the process answers."""
    await answer(send, 200, b'{"status":"ok"}', headers=NOT_STORED)


class Ready:
    """`/readyz`: not draining, database reachable, migrations at head, PostGIS there.

    Where the database is away and replicas answer reads, it is `reading`: to take it out would end these, too.
    It has a connection of its own, and probes that come within a second share an answer: it waits for nobody.
    """

    def __init__(self, heads: frozenset[str], *, draining: Callable[[], bool]) -> None:
        self._heads = heads
        self._draining = draining
        self._asking: asyncio.Task[None] | None = None
        self._asked = 0.0

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        state, status = state_of(scope), b"ready"  # no versions: they tell what may be open
        try:
            if self._draining():
                raise errors.Unavailable("The server is stopping: it finishes what it has and takes nothing new.")
            await self._check(state["probes"])
        except errors.GatewayError as error:
            replicas = state.get("replicas")
            if self._draining() or not isinstance(error, errors.Unavailable) or not (replicas and replicas.reading):
                await refuse(send, error, headers=NOT_STORED)
                return
            status = b"reading"
        await answer(send, 200, b'{"status":"%s"}' % status, headers=NOT_STORED)

    async def _check(self, database: Database) -> None:
        now = time.monotonic()
        if self._asking is None or (self._asking.done() and now - self._asked > _KEPT):
            self._asked = now
            self._asking = asyncio.create_task(self._ask(database))
        try:
            # A probe that leaves must not end the question of others.
            await asyncio.shield(self._asking)
        except errors.GatewayError as error:
            raise type(error)(error.message) from error  # each of those that share it has a traceback of its own

    async def _ask(self, database: Database) -> None:
        try:
            async with asyncio.timeout(_SECONDS), database.session() as session:
                row = (await session.rows(_STATE))[0]
        except TimeoutError as error:
            raise errors.Unavailable(f"The database did not answer within {_SECONDS:g} s.") from error
        except errors.GatewayError:
            raise
        except Exception as error:
            telemetry.log.warning("not ready", exc_info=error)
            raise errors.Unavailable("The database answers, but not as it should; the log says more.") from error
        if set(row.applied) != self._heads:
            raise errors.NotMigrated("The database is not at this version's migration. Run manage.py migrate.")
