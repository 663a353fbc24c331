"""Floor 5. Whether the process lives and whether it can serve; enters the request's session, leaves 200 or 503."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from sqlalchemy import text

from gateway import errors, telemetry
from gateway.answers import Receive, Scope, Send, answer, refuse
from gateway.db import RequestSession

_NOT_STORED = ((b"cache-control", b"no-store"),)
_SECONDS = 2.0  # a probe is worth no more
# The table of migrations says what the database has; the function that PostGIS is there.
_STATE = text("SELECT array(SELECT version_num FROM alembic_version) AS applied, PostGIS_Lib_Version() AS postgis")


async def live(_: Scope, __: Receive, send: Send) -> None:
    """`/healthz`: the process answers."""
    await answer(send, 200, b'{"status":"ok"}', headers=_NOT_STORED)


class Ready:
    """`/readyz`: not draining, database reachable, migrations at head, PostGIS there."""

    def __init__(self, heads: frozenset[str], *, draining: Callable[[], bool]) -> None:
        self._heads = heads
        self._draining = draining

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        try:
            state = await self._check(scope["state"]["session"])
        except errors.GatewayError as error:
            await refuse(send, error, headers=_NOT_STORED)
            return
        await answer(send, 200, orjson.dumps({"status": "ready", **state}), headers=_NOT_STORED)

    async def _check(self, session: RequestSession) -> dict[str, Any]:
        if self._draining():
            raise errors.Unavailable("The server is stopping: it finishes what it has and takes nothing new.")
        try:
            async with asyncio.timeout(_SECONDS):
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
        return {"migrations": sorted(row.applied), "postgis": row.postgis}
