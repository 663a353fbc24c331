"""The sign of life of a process; enters an engine, leaves a lock that others see while this process lives.

The lock ends with the connection, and that with the process, whatever ends it: so nobody has to judge by the clock.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import Executable, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.db.driver import broken
from gateway.db.rows import AnyRow
from gateway.sql import citus, jobs

_REST: Final = 10.0  # seconds without need after which the lock is let go


async def gone(fetch: Callable[[Executable], Awaitable[Sequence[AnyRow]]]) -> jobs.Gone:
    """The processes of jobs that have ended, of jobs on a node of a cluster; None of all others."""
    if not (await fetch(citus.JOBS_DISTRIBUTED))[0][0]:
        return None
    at_work = {row[0] for row in await fetch(jobs.runners())}
    return at_work - {row[0] for row in await fetch(jobs.held())}


class Guard:
    """The lock of this process, taken when it is needed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.number = secrets.randbelow(2**31)
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._needed_at = 0.0

    @property
    def held(self) -> bool:
        """Whether the lock is taken."""
        return self._connection is not None

    async def ready(self) -> None:
        """Take the lock, if it is not taken; it stays for some seconds at least."""
        async with self._turn:
            self._needed_at = time.monotonic()
            if self._connection is not None and broken(self._connection):
                await self._drop()
            if self._connection is None:
                await self._take()

    async def look(self, *, needed: bool) -> None:
        """Let the lock go if it is not needed; take it again where its connection broke."""
        async with self._turn:
            if self._connection is None:
                return
            if not needed and time.monotonic() - self._needed_at > _REST:
                await self._drop()
                return
            try:
                await self._connection.execute(select(1))
            except (DBAPIError, OSError):
                await self._drop()
                await self._take()

    async def close(self) -> None:
        """Let the lock go."""
        async with self._turn:
            await self._drop()

    async def _take(self) -> None:
        connection = await self._engine.connect()
        try:
            await connection.execute(select(func.set_config("idle_in_transaction_session_timeout", "0", True)))
            await connection.execute(jobs.hold(self.number))
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        self._connection = connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError, OSError):
                await connection.close()
