"""Floor 1. Engine and sessions; enters settings and statements, leaves rows.

One request holds one AsyncSession, opened at its first statement. Dataloaders start their batches as tasks of their
own, and an AsyncSession refuses two statements at once, so `RequestSession` takes them one at a time, and its close
first cancels what still runs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self, TypeVar
from uuid import uuid4

from sqlalchemy import AsyncAdaptedQueuePool, Executable, NullPool, Row, event
from sqlalchemy.engine import Result
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gateway import faults, telemetry
from gateway.errors import Unavailable
from gateway.settings import DatabaseSettings

T = TypeVar("T")

_IDLE_SINCE = "idle_since"


def connection_settings(settings: DatabaseSettings, *, timeout_ms: int) -> Mapping[str, str]:
    """What each connection sets on the server when it opens."""
    return {
        "application_name": settings.application_name,
        "statement_timeout": str(timeout_ms),
        "lock_timeout": str(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(settings.idle_in_transaction_timeout_ms),
        "client_connection_check_interval": str(settings.client_check_interval_ms),
        "work_mem": settings.work_mem,
        "random_page_cost": str(settings.random_page_cost),
        "effective_cache_size": settings.effective_cache_size,
        "timezone": "UTC",  # PostgreSQL itself writes the times of exports
        "jit": "off",
    }


def create_engine(settings: DatabaseSettings, url: str, *, timeout_ms: int | None = None) -> AsyncEngine:
    """Make the engine. It connects at the first statement, so it may be made while the database is down."""
    timeout = settings.read_timeout_ms if timeout_ms is None else timeout_ms
    connect_args: dict[str, Any] = {"timeout": settings.connect_timeout}
    options: dict[str, Any]
    if settings.pooler == "pgbouncer":
        # In transaction mode the next statement may meet another server connection, which knows no prepared statement
        # of ours, and startup parameters are refused: set them on the role.
        connect_args |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
        }
        options = {"poolclass": NullPool}
    else:
        connect_args["server_settings"] = connection_settings(settings, timeout_ms=timeout)
        options = {
            "poolclass": AsyncAdaptedQueuePool,
            "pool_size": settings.pool_size,
            "max_overflow": settings.max_overflow,
            "pool_timeout": settings.pool_timeout,
            "pool_recycle": settings.pool_recycle,
        }
    engine = create_async_engine(url, connect_args=connect_args, hide_parameters=True, **options)
    if settings.pool_pre_ping:
        _test_idle_connections(engine, settings.pool_ping_idle)
    # After the test: a connection that fails it does not leave the pool.
    _count_pool_events(engine)
    return engine


def _test_idle_connections(engine: AsyncEngine, idle: float) -> None:
    """Replace broken connections as they leave the pool, without a round trip for those that were just in use.

    SQLAlchemy's own pre-ping is three round trips with asyncpg (BEGIN, an empty statement, ROLLBACK): more than a short
    read itself. A connection that the server closed is known to be closed, so only one that lay idle is asked.
    """

    def leaves(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
        since = record.info.pop(_IDLE_SINCE, None)
        if since is not None and not _alive(connection, time.monotonic() - since >= idle):
            raise InvalidatePoolError

    def comes_back(_: object, record: ConnectionPoolEntry) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()

    event.listen(engine.sync_engine.pool, "checkout", leaves)
    event.listen(engine.sync_engine.pool, "checkin", comes_back)


def _alive(connection: Any, ask: bool) -> bool:  # noqa: FBT001
    if connection.driver_connection.is_closed():
        return False
    try:
        if ask:
            connection.ping()
    except connection.dbapi.Error:
        return False
    return True


def _count_pool_events(engine: AsyncEngine) -> None:
    pool = engine.sync_engine.pool

    def checked_out(*_: object) -> None:
        telemetry.pool_checkouts.inc()
        telemetry.pool_in_use.inc()

    def checked_in(*_: object) -> None:
        telemetry.pool_checkins.inc()
        telemetry.pool_in_use.dec()

    event.listen(pool, "connect", lambda *_: telemetry.pool_connects.inc())
    event.listen(pool, "invalidate", lambda *_: telemetry.pool_invalidations.inc())
    event.listen(pool, "checkout", checked_out)
    event.listen(pool, "checkin", checked_in)


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

    async def _use(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            async with self._lock:
                if self._closed:
                    raise asyncio.CancelledError
                if self._session is None:
                    self._session = self._factory()
                return await self._kept(work, self._session)
        except Exception as error:
            if (known := faults.classify(error)) is not None:
                raise known from error
            raise
        finally:
            self._running.discard(task)

    async def _kept(self, work: Callable[[AsyncSession], Awaitable[T]], session: AsyncSession) -> T:
        try:
            return await work(session)
        except asyncio.CancelledError:
            # The connection is lost with the statement: closed, the session takes another one for the next.
            await session.close()
            raise

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

    _retried = False

    async def _use(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        try:
            return await super()._use(work)
        except Unavailable:
            if self._retried:
                raise
            self._retried = True
            await self._reopen()
            return await super()._use(work)

    async def _reopen(self) -> None:
        async with self._lock:
            if self._session is not None:
                await self._session.invalidate()
                self._session = None

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
        """Run SQL text that was compiled before, on the session's connection, past SQLAlchemy's own compilation."""

        async def run(session: AsyncSession) -> Sequence[Any]:
            connection = await session.connection()
            driver: Any = (await connection.get_raw_connection()).driver_connection
            # Whoever listens to statements (tests that count, tracing) hears of this one too.
            heard: Any = connection.sync_connection
            heard.dispatch.before_cursor_execute(heard, None, text, tuple(parameters), None, False)
            try:
                found: Sequence[Any] = await driver.fetch(text, *parameters)
            except asyncio.CancelledError:
                # SQLAlchemy does not see this statement: it must not give the connection to another request.
                await connection.invalidate()
                raise
            return found

        return await self._use(run)

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

        async def run(session: AsyncSession) -> None:
            connection = await session.connection()
            driver: Any = (await connection.get_raw_connection()).driver_connection
            heard: Any = connection.sync_connection
            heard.dispatch.before_cursor_execute(heard, None, text, tuple(parameters), None, False)
            try:
                await driver.copy_from_query(text, *parameters, output=passed, **options)
            except BaseException:
                # Whatever stopped it, the rest of the stream may still be on its way.
                await connection.invalidate()
                raise

        await self._use(run)

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
        return ReadSession(self._read)

    def write(self) -> WriteSession:
        """A session for one writing request."""
        return WriteSession(self._write)

    def forget(self) -> None:
        """Drop the connections without closing them, in a child process: they are the parent's."""
        self.engine.sync_engine.dispose(close=False)

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
