"""Floor 1. What the pool lends to a request; enters an engine, leaves the driver's connection or a session over it.

Prepared statements need the driver alone. SQLAlchemy's connection and session over it were a quarter of a small
read in cProfile, so they are made when a statement asks for them.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

from sqlalchemy import Connection, PoolProxiedConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.util.concurrency import greenlet_spawn


class Lent:
    """A connection out of the pool until `give_back`."""

    def __init__(self, engine: AsyncEngine, pooled: PoolProxiedConnection) -> None:
        self._engine = engine
        self.pooled = pooled

    @classmethod
    async def take(cls, engine: AsyncEngine) -> Self:
        """Take one, or wait for one."""
        return cls(engine, await greenlet_spawn(engine.sync_engine.raw_connection))

    @cached_property
    def connection(self) -> AsyncConnection:
        """The same connection for SQLAlchemy, set up as its engine says."""
        engine = self._engine.sync_engine
        return AsyncConnection(self._engine, Connection(engine, self.pooled))

    @cached_property
    def session(self) -> AsyncSession:
        """A session bound to the connection."""
        return AsyncSession(self.connection, autoflush=False, expire_on_commit=False)

    @property
    def broken(self) -> bool:
        """Whether SQLAlchemy found it broken; whoever met that was told."""
        return "connection" in self.__dict__ and self.connection.invalidated

    def driver(self, text: str, parameters: Sequence[Any]) -> Any:
        """The driver's connection to send `text`; whoever listens to statements (tests, tracing) hears of it, too."""
        if self._engine.sync_engine.dispatch.before_cursor_execute:
            heard: Any = self.connection.sync_connection
            heard.dispatch.before_cursor_execute(heard, None, text, tuple(parameters), None, False)
        return self.pooled.driver_connection

    async def discard(self) -> None:
        """Throw it away: no other request may have it."""
        if "connection" in self.__dict__:
            if not self.connection.closed:
                await self.connection.invalidate()
        elif self.pooled.is_valid:
            await greenlet_spawn(self.pooled.invalidate)

    async def give_back(self) -> None:
        """Return it to the pool."""
        await greenlet_spawn(self._close)

    def _close(self) -> None:
        if "session" in self.__dict__:
            self.session.sync_session.close()
        if "connection" in self.__dict__:
            assert self.connection.sync_connection is not None  # it was made with one
            self.connection.sync_connection.close()
        else:
            self.pooled.close()
