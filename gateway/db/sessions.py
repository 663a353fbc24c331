"""Sessions; enters statements, leaves rows.

One request holds one connection, taken at its first statement. Dataloaders start their batches as tasks of their own,
and a connection refuses two statements at once, so `RequestSession` takes them one at a time, and its close first
cancels what still runs.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from functools import partial
from typing import Any, Final, Protocol, Self, TypeVar

from sqlalchemy import Executable, Row
from sqlalchemy.engine import Result

from gateway import errors
from gateway.admission.claims import Claim
from gateway.admission.slots import Rules
from gateway.db import transactions
from gateway.db.driver import Lease, copying, fetching, fetching_widely
from gateway.db.engine import create_engine, local_settings, set_in_transactions
from gateway.db.held import Held
from gateway.db.leases import Leases
from gateway.db.outages import Outage
from gateway.db.paths import OPTION, OWN
from gateway.db.transactions import NOBODY, UNKNOWN, Author
from gateway.errors import Unavailable, UnknownOutcome
from gateway.settings import DatabaseSettings

T = TypeVar("T")

_CLOSING: Final = 2.0  # seconds that the connections of a pool may take to close


class ReadSession(Held):
    """The one connection of a request, taken lazily; its statements run one after another.

    Each read is on its own: no BEGIN or ROLLBACK round trips (isolation level AUTOCOMMIT). One whose connection
    breaks is sent again on another, once the database is back: it changed nothing. Writes are in explicit transactions.
    """

    def __init__(
        self,
        leases: Leases,
        outage: Outage,
        turns: asyncio.Semaphore,
        claim: Claim | None = None,
        local: str = "",
        *,
        path: str = OWN,
    ) -> None:
        """`local` is a statement of `local_settings`, for what takes longer than other reads; `path` a search_path."""
        super().__init__(leases, outage, turns, claim, path)
        self._local = local

    async def rows(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Run `statement` and fetch all its rows."""

        async def run(lease: Lease) -> Sequence[Row[Any]]:
            result: Result[Any] = await lease.session.execute(statement, parameters)
            return result.all()

        return await self._once(run)

    async def entities(self, statement: Executable, _model: type[T] | None = None) -> Sequence[T]:
        """Run a select of one ORM entity and fetch all of them."""

        async def run(lease: Lease) -> Sequence[T]:
            # What a transaction changed, it reads again.
            options = {"populate_existing": self._writing}
            return (await lease.session.scalars(statement, execution_options=options)).all()

        return await self._once(run)

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""

        async def run(lease: Lease) -> Any:
            return await lease.session.scalar(statement)

        return await self._once(run)

    def fetch(self, text: str, parameters: Sequence[Any]) -> Coroutine[Any, Any, Sequence[Any]]:
        """Run SQL text that was compiled before on the session's connection, past SQLAlchemy's own compiler."""
        return self._once(fetching(text, parameters))

    def fetch_widely(self, text: str, parameters: Sequence[Any]) -> Coroutine[Any, Any, Sequence[Any]]:
        """As `fetch`, of a statement about many rows: with more than one processor where nobody else asks for one."""

        def run(lease: Lease) -> Awaitable[Sequence[Any]]:
            workers = 0 if self._writing else self._leases.spare_workers
            return (fetching_widely(text, parameters, workers) if workers else fetching(text, parameters))(lease)

        return self._once(run)

    async def copy(
        self,
        text: str,
        parameters: Sequence[object],
        write: Callable[[bytes], Awaitable[None]],
        options: Mapping[str, object],
    ) -> None:
        """Run SQL text as COPY ... TO STDOUT and pass what comes to `write`; where that is slow, so is the server.

        `options` are those of asyncpg's copy_from_query. The statement is not sent again after its first bytes.
        """

        async def passed(data: bytes) -> None:
            self._begun = True
            await write(data)

        self._begun = False
        await self._once(copying(text, parameters, passed, options, self._local))


class RequestSession(ReadSession):
    """The session of a request, which may write: in explicit transactions, or by a statement that is one of its own."""

    @property
    def writing(self) -> Self:
        """The session that writes: this one."""
        return self

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
            if self._lease.broken or not await transactions.rolled_back(self._lease):
                await self._discard()
            await self._give_back()

    async def mark(self) -> None:
        """Note how far the log is, for what was done beside this session; only where there are replicas."""

    async def add(self, *rows: object) -> None:
        """Insert rows of ORM models, and flush, so that a constraint speaks of them and of nothing later."""

        async def run(lease: Lease) -> None:
            lease.session.add_all(rows)
            await lease.session.flush()

        await self._once(run)

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


class Opens(Protocol):
    """What opens sessions: a database, or one with its replicas."""

    def session(self, claim: Claim | None = None) -> RequestSession:
        """A session for one request."""

    def hasten(self, claim: Claim, client: str) -> None:
        """Let a claim that waits take the turn of another client that wants the same, where that comes sooner."""


class Database:
    """One pool of connections: `autocommit` is the engine of requests, `engine` that of commands, in transactions.

    Pools of one server share its `outage`; a command has none, and waits for no database that is away.
    """

    def __init__(
        self,
        settings: DatabaseSettings,
        url: str,
        *,
        timeout_ms: int | None = None,
        outage: Outage | None = None,
        rules: Rules | None = None,
    ) -> None:
        """`rules` say who gets a connection where not all can."""
        limit = settings.read_timeout_ms if timeout_ms is None else timeout_ms
        self.outage = outage or Outage(settings, waits=False)
        connect = self.outage.connect
        self.autocommit = create_engine(settings, url, timeout_ms=limit, autocommit=True, connect=connect)
        self.engine = self.autocommit.execution_options(isolation_level="READ COMMITTED")
        self.pooler = settings.pooler
        self.local = local_settings(settings, timeout_ms=limit)
        set_in_transactions(self.engine, self.local)
        self.leases = Leases(self.autocommit, settings, rules)
        self.turns = asyncio.Semaphore(settings.pool_size)
        self.path = OWN
        self.jurisdiction: str | None = None  # which one the schema of the URL is, where it is one's own database

    def within(self, path: str) -> "Database":
        """The same pool, whose sessions and connections find the tables of a search_path.

        Raises SetupError behind a pooler in transaction mode, which keeps none.
        """
        if self.local:
            message = "A pooler in transaction mode keeps no search_path, by which a jurisdiction's tables are found."
            raise errors.SetupError(f"{message} Name the database itself in GATEWAY_DATABASE_URL.")
        made = copy(self)
        made.path = path
        made.autocommit = self.autocommit.execution_options(**{OPTION: path})
        made.engine = self.engine.execution_options(**{OPTION: path})
        return made

    def session(self, claim: Claim | None = None) -> RequestSession:
        """A session for one request, or for the gateway's own work."""
        return RequestSession(self.leases, self.outage, self.turns, claim, self.local, path=self.path)

    def hasten(self, claim: Claim, client: str) -> None:
        """Let a claim that waits take the turn of another client that wants the same, where that comes sooner."""
        self.leases.hasten(claim, client)

    @property
    def in_use(self) -> int:
        """How many connections sessions have."""
        return self.leases.taken

    def forget(self) -> None:
        """Drop the connections without closing them, in a child process: they are the parent's."""
        self.leases.forget()
        self.engine.sync_engine.dispose(close=False)

    async def dispose(self) -> None:
        """Close every connection; those of a server that says nothing end with the process."""
        await self.outage.close()
        try:
            async with asyncio.timeout(_CLOSING):
                await self.leases.close()
                await self.engine.dispose()
        except TimeoutError:
            self.engine.sync_engine.dispose(close=False)
