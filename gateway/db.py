"""Floor 1. Sessions; enters statements, leaves rows.

One request holds one AsyncSession, opened at its first statement. Dataloaders start their batches as tasks of their
own, and an AsyncSession refuses two statements at once, so `RequestSession` takes them one at a time, and its close
first cancels what still runs. Statements that were compiled before go past the AsyncSession, on a connection of the
same pool: a request holds one connection at a time, be it the session's or that one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.engine import Result
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from gateway import faults
from gateway.engine import create_engine
from gateway.errors import Unavailable
from gateway.settings import DatabaseSettings

T = TypeVar("T")


class RequestSession:
    """The one AsyncSession of a request, opened lazily; its statements run one after another."""

    def __init__(self, factory: async_sessionmaker[AsyncSession]) -> None:
        self._factory = factory
        self._session: AsyncSession | None = None
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def opened(self) -> bool:
        """Whether a statement was ever sent."""
        return self._session is not None

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work` when nothing else runs."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            async with self._lock:
                if self._closed:
                    raise asyncio.CancelledError
                return await work()
        except Exception as error:
            if (known := faults.classify(error)) is not None:
                raise known from error
            raise
        finally:
            self._running.discard(task)

    async def _use(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Do `work` with the AsyncSession."""

        async def run() -> T:
            if self._session is None:
                self._session = self._factory()
            try:
                return await work(self._session)
            except asyncio.CancelledError:
                # The connection is lost with the statement: closed, the session takes another one for the next.
                await self._session.close()
                raise

        return await self._run(run)

    def seal(self) -> bool:
        """Send nothing more, even for tasks that are yet to start; tells whether there is something to close."""
        self._closed = True
        return self.opened

    async def close(self) -> None:
        """Cancel what still runs, wait for it, and give the connection back."""
        self.seal()
        for task in self._running - {asyncio.current_task()}:
            task.cancel()
        async with self._lock:
            await self._give_back()

    async def _give_back(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class ReadSession(RequestSession):
    """Reads, each statement on its own: no BEGIN or ROLLBACK round trips (isolation level AUTOCOMMIT).

    A read whose connection breaks is sent once more on another one: it changed nothing.
    """

    def __init__(self, factory: async_sessionmaker[AsyncSession], engine: AsyncEngine) -> None:
        super().__init__(factory)
        self._engine = engine.sync_engine
        self._held: PoolProxiedConnection | None = None
        self._retried = False

    @property
    def opened(self) -> bool:
        """Whether a statement was ever sent."""
        return self._held is not None or super().opened

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await super()._run(work)
        except Unavailable:
            if self._retried:
                raise
            self._retried = True
            async with self._lock:
                await self._discard()
            return await super()._run(work)

    async def _use(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def alone(session: AsyncSession) -> T:
            await self._release()
            return await work(session)

        return await super()._use(alone)

    async def _discard(self) -> None:
        """Throw the connection away."""
        if self._session is not None:
            await self._session.invalidate()
            self._session = None
        if self._held is not None:
            held, self._held = self._held, None
            await greenlet_spawn(held.invalidate)

    async def _give_back(self) -> None:
        await super()._give_back()
        await self._release()

    async def _release(self) -> None:
        """Give back the connection that is not the session's."""
        if self._held is not None:
            held, self._held = self._held, None
            await greenlet_spawn(held.close)

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Run `statement` and fetch all its rows."""

        async def run(session: AsyncSession) -> Sequence[Row[Any]]:
            result: Result[Any] = await session.execute(statement, parameters)
            return result.all()

        return await self._use(run)

    async def entities(self, statement: Executable, _model: type[T] | None = None) -> Sequence[T]:
        """Run a select of one ORM entity and fetch all of them."""

        async def run(session: AsyncSession) -> Sequence[T]:
            return (await session.scalars(statement)).all()

        return await self._use(run)

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Run SQL text that was compiled before, on a connection of the pool, past SQLAlchemy's session and compiler.

        To open an AsyncSession, take its connection and close it again costs three times what a short read does.
        """

        async def run() -> Sequence[Any]:
            driver = await self._driver(text, parameters)
            try:
                found: Sequence[Any] = await driver.fetch(text, *parameters)
            except asyncio.CancelledError:
                await self._discard()  # no other request may have a connection on which a statement may still run
                raise
            return found

        return await self._run(run)

    async def _driver(self, text: str, parameters: Sequence[Any]) -> Any:
        """The driver's connection, which is about to send a statement."""
        if self._held is None:
            await self._give_back()  # the session's, should it have one
            self._held = await greenlet_spawn(self._engine.raw_connection)
        self._tell(self._held, text, parameters)
        return self._held.driver_connection

    def _tell(self, held: PoolProxiedConnection, text: str, parameters: Sequence[Any]) -> None:
        """Whoever listens to statements (tests that count, tracing) hears of this one too."""
        if heard := self._engine.dispatch.before_cursor_execute:
            heard(Connection(self._engine, connection=held), None, text, tuple(parameters), None, False)

    async def copy(
        self,
        text: str,
        parameters: Sequence[Any],
        write: Callable[[bytes], Awaitable[None]],
        options: Mapping[str, Any],
    ) -> None:
        """Run SQL text as COPY ... TO STDOUT and pass what comes to `write`; where that is slow, so is the server.

        `options` are those of asyncpg's copy_from_query. The statement is not sent once more after its first bytes.
        """

        async def passed(data: bytes) -> None:
            self._retried = True
            await write(data)

        async def run() -> None:
            driver = await self._driver(text, parameters)
            try:
                await driver.copy_from_query(text, *parameters, output=passed, **options)
            except BaseException:
                await self._discard()  # whatever stopped it, the rest of the stream may still be on its way
                raise

        await self._run(run)

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""

        async def run(session: AsyncSession) -> Any:
            return await session.scalar(statement)

        return await self._use(run)


class WriteSession(RequestSession):
    """Writes in explicit transactions: `async with session.begin() as work`, flushed before the commit."""

    async def transaction(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `work` in one transaction; flush, then commit, or roll all of it back."""

        async def run(session: AsyncSession) -> T:
            async with session.begin():
                result = await work(session)
                await session.flush()
                return result

        return await self._use(run)


class Database:
    """The engine of one process and the sessions it gives out."""

    def __init__(self, settings: DatabaseSettings, url: str, *, timeout_ms: int | None = None) -> None:
        self.engine = create_engine(settings, url, timeout_ms=timeout_ms)
        reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._read = async_sessionmaker(reading, autoflush=False, expire_on_commit=False)
        self._write = async_sessionmaker(self.engine, autoflush=False, expire_on_commit=False)

    def read(self) -> ReadSession:
        """A session for one reading request."""
        return ReadSession(self._read, self.engine)

    def write(self) -> WriteSession:
        """A session for one writing request."""
        return WriteSession(self._write)

    def forget(self) -> None:
        """Drop the connections without closing them, in a child process: they are the parent's."""
        self.engine.sync_engine.dispose(close=False)

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
