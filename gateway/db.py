"""Floor 1. Sessions; enters statements, leaves rows.

One request holds one AsyncSession, opened at its first statement. Dataloaders start their batches as tasks of their
own, and an AsyncSession refuses two statements at once, so `RequestSession` takes them one at a time, and its close
first cancels what still runs.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import Any, Self, TypeVar

from sqlalchemy import Executable, Row
from sqlalchemy.engine import Result
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gateway import errors, faults, transactions
from gateway.driver import broken, copying, fetching
from gateway.engine import create_engine, local_settings, set_in_transactions
from gateway.errors import Unavailable, UnknownOutcome
from gateway.leases import Lease, Leases
from gateway.settings import DatabaseSettings
from gateway.transactions import NOBODY, UNKNOWN, Author

T = TypeVar("T")


class RequestSession:
    """The one AsyncSession of a request on its one connection, opened lazily; its statements run one after another.

    Each read is on its own: no BEGIN or ROLLBACK round trips (isolation level AUTOCOMMIT). One whose connection
    breaks is sent once more on another: it changed nothing. Writes are in explicit transactions.
    """

    def __init__(self, leases: Leases, local: str = "") -> None:
        """`local` is a statement of `local_settings`, for what takes longer than other reads."""
        self._leases = leases
        self._local = local
        self._lease: Lease | None = None
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._retried = False
        self._writing = False
        self._closed = False

    @property
    def opened(self) -> bool:
        """Whether there is a connection to give back."""
        return self._lease is not None

    @property
    def settled(self) -> bool:
        """Whether nothing runs and nothing is in a transaction: to give the connection back takes no round trip."""
        return not self._running and not self._writing and not self._lock.locked()

    @property
    def writing(self) -> Self:
        """The session that writes: this one."""
        return self

    async def _once(self, work: Callable[[AsyncConnection, AsyncSession], Awaitable[T]], *, changes: bool = False) -> T:
        """Do `work`, which may be one that `changes` rows, when nothing else runs."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            async with self._lock:
                if self._closed:
                    raise asyncio.CancelledError
                return await self._work(work)
        except Exception as error:
            if faults.outdated(error):
                self._leases.renew()
            known = faults.classify(error) or (faults.refused(error) if changes or self._writing else None)
            if known is not None:
                raise known from error
            raise
        finally:
            self._running.discard(task)

    async def _work(self, work: Callable[[AsyncConnection, AsyncSession], Awaitable[T]]) -> T:
        if self._lease is not None and broken(self._lease.connection):
            await self._discard()  # told to whoever met it
        if self._writing and self._lease is None:
            raise Unavailable("The connection was lost, and with it the change. Try again.")
        if self._lease is None:
            self._lease = await self._leases.take()
        try:
            return await work(self._lease.connection, self._lease.session)
        except asyncio.CancelledError:
            # The statement may still run: no other request may have this connection until it has ended.
            if self._writing:
                await self._discard()
            elif self._lease is not None:
                lease, self._lease = self._lease, None
                self._leases.settle(lease)
            raise

    async def _read(self, work: Callable[[AsyncConnection, AsyncSession], Awaitable[T]]) -> T:
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
        if self._lease is not None and not self._lease.connection.closed:
            await self._lease.connection.invalidate()
        await self._give_back()

    async def _give_back(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._leases.give_back(lease)

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

    async def release(self) -> None:
        """Give the connection back for a while, between transactions; the next statement takes another one."""
        async with self._lock:
            await self._give_back()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(
        self, isolation: str = "READ COMMITTED", *, timeout_ms: int = 0, author: Author = NOBODY
    ) -> AsyncIterator[None]:
        """What is sent in the block is one transaction: committed at its end, or rolled back where it raises.

        `timeout_ms` is the statement_timeout of the block; 0 leaves that of the session. The `author` is written into
        the history of each row that the block changes. Raises UnknownOutcome where the connection breaks during the
        commit.
        """
        try:
            await self._once(partial(transactions.begin, isolation=isolation, timeout_ms=timeout_ms, author=author))
            self._writing = True
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
        await self._once(transactions.savepoint)
        try:
            yield
        except errors.GatewayError:
            await self._once(transactions.back_to_savepoint)
            raise
        await self._once(transactions.release_savepoint)

    async def _commit(self) -> None:
        try:
            await self._once(transactions.commit)
        except Unavailable as error:
            raise UnknownOutcome(UNKNOWN) from error

    async def _roll_back(self) -> None:
        async with self._lock:
            if self._lease is None:
                return
            connection = self._lease.connection
            if broken(connection) or not await transactions.rolled_back(connection):
                await self._discard()
            await self._give_back()

    async def add(self, *rows: object) -> None:
        """Insert rows of ORM models, and flush, so that a constraint speaks of them and of nothing later."""

        async def run(_: AsyncConnection, session: AsyncSession) -> None:
            session.add_all(rows)
            await session.flush()

        await self._once(run)

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Run `statement` and fetch all its rows."""

        async def run(_: AsyncConnection, session: AsyncSession) -> Sequence[Row[Any]]:
            result: Result[Any] = await session.execute(statement, parameters)
            return result.all()

        return await self._read(run)

    async def entities(self, statement: Executable, _model: type[T] | None = None) -> Sequence[T]:
        """Run a select of one ORM entity and fetch all of them."""

        async def run(_: AsyncConnection, session: AsyncSession) -> Sequence[T]:
            # What a transaction changed, it reads anew.
            return (await session.scalars(statement, execution_options={"populate_existing": self._writing})).all()

        return await self._read(run)

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""

        async def run(_: AsyncConnection, session: AsyncSession) -> Any:
            return await session.scalar(statement)

        return await self._read(run)

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Run SQL text that was compiled before on the session's connection, past SQLAlchemy's own compiler."""
        return await self._read(fetching(text, parameters))

    async def fetch_once(self, text: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """As `fetch`, of a statement that changes rows and is a transaction of its own: it is sent once at most.

        Raises UnknownOutcome where the connection breaks after it was sent.
        """
        try:
            return await self._once(fetching(text, parameters), changes=True)
        except Unavailable as error:
            if self._lease is None:
                raise  # for want of a connection: nothing was sent
            raise UnknownOutcome(UNKNOWN) from error

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

        await self._read(copying(text, parameters, passed, options, self._local))


class Database:
    """One pool of connections: `autocommit` is the engine of requests, `engine` that of commands, in transactions."""

    def __init__(self, settings: DatabaseSettings, url: str, *, timeout_ms: int | None = None) -> None:
        limit = settings.read_timeout_ms if timeout_ms is None else timeout_ms
        self.autocommit = create_engine(settings, url, timeout_ms=limit, autocommit=True)
        self.engine = self.autocommit.execution_options(isolation_level="READ COMMITTED")
        self._local = local_settings(settings, timeout_ms=limit)
        set_in_transactions(self.engine, self._local)
        untested = settings.pool_ping_idle if settings.pool_pre_ping else inf
        self.leases = Leases(self.autocommit, untested=untested)

    def session(self) -> RequestSession:
        """A session for one request."""
        return RequestSession(self.leases, self._local)

    @property
    def in_use(self) -> int:
        """How many connections sessions have."""
        return self.leases.taken

    def forget(self) -> None:
        """Drop the connections without closing them, in a child process: they are the parent's."""
        self.leases.forget()
        self.engine.sync_engine.dispose(close=False)

    async def dispose(self) -> None:
        """Close every connection."""
        await self.leases.close()
        await self.engine.dispose()
