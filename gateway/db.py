"""Floor 1. Sessions; enters statements, leaves rows.

One request holds one connection, taken at its first statement. Dataloaders start their batches as tasks of their
own, and an AsyncSession refuses two statements at once, so `RequestSession` takes them one at a time, and its close
first cancels what still runs.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy import Executable, Row
from sqlalchemy.engine import Result
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from gateway import errors, faults, transactions
from gateway.engine import create_engine
from gateway.errors import Unavailable, UnknownOutcome
from gateway.lent import Lent
from gateway.settings import DatabaseSettings

T = TypeVar("T")


class RequestSession:
    """The one connection of a request and its AsyncSession, both made lazily; statements run one after another.

    Each read is on its own: no BEGIN or ROLLBACK round trips (isolation level AUTOCOMMIT). One whose connection
    breaks is sent once more on another: it changed nothing. Writes are in explicit transactions.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lent: Lent | None = None
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._retried = False
        self._writing = False
        self._closed = False

    @property
    def opened(self) -> bool:
        """Whether there is a connection to give back."""
        return self._lent is not None

    @property
    def writing(self) -> Self:
        """The session that writes: this one."""
        return self

    async def _once(self, work: Callable[[Lent], Awaitable[T]]) -> T:
        """Do `work` when nothing else runs."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            async with self._lock:
                if self._closed:
                    raise asyncio.CancelledError
                return await self._work(work)
        except Exception as error:
            if (known := faults.classify(error)) is not None:
                raise known from error
            raise
        finally:
            self._running.discard(task)

    async def _work(self, work: Callable[[Lent], Awaitable[T]]) -> T:
        if self._lent is not None and self._lent.broken:
            await self._give_back()  # told to whoever met it
        if self._writing and self._lent is None:
            raise Unavailable("The connection was lost, and with it the change. Try again.")
        if self._lent is None:
            self._lent = await Lent.take(self._engine)
        try:
            return await work(self._lent)
        except asyncio.CancelledError:
            # Lost with the statement, which may still run: no other request may have this connection.
            await self._discard()
            raise

    async def _step(self, step: Callable[[AsyncConnection, AsyncSession], Awaitable[None]]) -> None:
        """Take a step of a transaction."""
        await self._once(lambda lent: step(lent.connection, lent.session))

    async def _read(self, work: Callable[[Lent], Awaitable[T]]) -> T:
        """Do `work`, and once more where the connection broke."""
        try:
            return await self._once(work)
        except Unavailable:
            if self._retried or self._writing:
                raise
            self._retried = True
            async with self._lock:
                await self._discard()
            return await self._once(work)

    async def _discard(self) -> None:
        """Throw the connection away."""
        if self._lent is not None:
            await self._lent.discard()
        await self._give_back()

    async def _give_back(self) -> None:
        lent, self._lent = self._lent, None
        if lent is not None:
            await lent.give_back()

    def seal(self) -> bool:
        """Send nothing more, even for tasks that are yet to start; tells whether there is something to close."""
        self._closed = True
        return self.opened or bool(self._running)

    async def close(self) -> None:
        """Cancel what still runs, wait for it, and give the connection back."""
        self.seal()
        for task in self._running - {asyncio.current_task()}:
            task.cancel()
        async with self._lock:
            await self._give_back()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(self, isolation: str = "READ COMMITTED", *, timeout_ms: int = 0) -> AsyncIterator[None]:
        """What is sent in the block is one transaction: committed at its end, or rolled back where it raises.

        `timeout_ms` is the statement_timeout of the block; 0 leaves that of the session. Raises UnknownOutcome where
        the connection breaks during the commit.
        """
        await self._step(partial(transactions.begin, isolation=isolation, timeout_ms=timeout_ms))
        self._writing = True
        try:
            yield
            await self._commit()
        except BaseException:
            await asyncio.shield(self._roll_back())
            raise
        finally:
            self._writing = False

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of a transaction: where the block raises, what it sent is undone, and the transaction goes on."""
        await self._step(transactions.savepoint)
        try:
            yield
        except errors.GatewayError:
            await self._step(transactions.back_to_savepoint)
            raise
        await self._step(transactions.release_savepoint)

    async def _commit(self) -> None:
        try:
            await self._step(transactions.commit)
        except Unavailable as error:
            message = "The connection was lost during the commit. Read the rows to see whether the change was made."
            raise UnknownOutcome(message) from error

    async def _roll_back(self) -> None:
        async with self._lock:
            if self._lent is not None:
                await self._lent.session.rollback()
                await self._give_back()

    async def add(self, *rows: object) -> None:
        """Insert rows of ORM models, and flush, so that a constraint speaks of them and of nothing later."""

        async def run(lent: Lent) -> None:
            lent.session.add_all(rows)
            await lent.session.flush()

        await self._once(run)

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Run `statement` and fetch all its rows."""

        async def run(lent: Lent) -> Sequence[Row[Any]]:
            result: Result[Any] = await lent.session.execute(statement, parameters)
            return result.all()

        return await self._read(run)

    async def entities(self, statement: Executable, _model: type[T] | None = None) -> Sequence[T]:
        """Run a select of one ORM entity and fetch all of them."""

        async def run(lent: Lent) -> Sequence[T]:
            # What a transaction changed, it reads anew.
            anew = {"populate_existing": self._writing}
            return (await lent.session.scalars(statement, execution_options=anew)).all()

        return await self._read(run)

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""

        async def run(lent: Lent) -> Any:
            return await lent.session.scalar(statement)

        return await self._read(run)

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Run SQL text that was compiled before on the session's connection, past SQLAlchemy's own compiler."""

        async def run(lent: Lent) -> Sequence[Any]:
            found: Sequence[Any] = await lent.driver(text, parameters).fetch(text, *parameters)
            return found

        return await self._read(run)

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

        async def run(lent: Lent) -> None:
            driver = lent.driver(text, parameters)
            try:
                await driver.copy_from_query(text, *parameters, output=passed, **options)
            except BaseException:
                # Whatever stopped it, the rest of the stream may still be on its way.
                await lent.discard()
                raise

        await self._read(run)


class Database:
    """The engine of one process and the sessions it gives out."""

    def __init__(self, settings: DatabaseSettings, url: str, *, timeout_ms: int | None = None) -> None:
        self.engine = create_engine(settings, url, timeout_ms=timeout_ms)
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def session(self) -> RequestSession:
        """A session for one request."""
        return RequestSession(self._autocommit)

    def forget(self) -> None:
        """Drop the connections without closing them, in a child process: they are the parent's."""
        self.engine.sync_engine.dispose(close=False)

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
