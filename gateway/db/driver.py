"""The driver behind a connection; enters SQLAlchemy's connection and SQL text, leaves asyncpg's connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asyncpg import PostgresError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gateway.admission.claims import Claim


@dataclass(slots=True)
class Lease:
    """A connection that a request has; when it left the pool, and when it was given back."""

    connection: AsyncConnection
    since: float
    claim: Claim
    given: float = 0.0
    behind: Any = None  # the driver's connection
    path: str = ""  # the search_path that it was given, of gateway/db/paths.py
    _session: AsyncSession | None = None

    def __post_init__(self) -> None:
        heard: Any = self.connection.sync_connection
        self.behind = heard.connection.driver_connection

    @property
    def broken(self) -> bool:
        """Whether nothing can be sent any more."""
        heard: Any = self.connection.sync_connection
        return bool(heard.invalidated or self.behind.is_closed())

    @property
    def session(self) -> AsyncSession:
        """The request's session, made when it is needed: prepared statements pass it by, at a third of the cost."""
        if self._session is None:
            self._session = AsyncSession(self.connection, autoflush=False, expire_on_commit=False)
        return self._session

    @property
    def idle(self) -> bool:
        """Whether it may wait for another request; that it broke meanwhile is seen by the next one."""
        heard = self.connection.sync_connection
        return not (heard is None or heard.closed or heard.invalidated or heard.in_transaction())

    @property
    def plain(self) -> bool:
        """Whether no session was made, so that there is none to close."""
        return self._session is None

    async def end(self) -> None:
        """Close the session, if there is one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def driver(lease: Lease, text: str, parameters: Sequence[Any] = ()) -> Any:
    """The driver's connection; whoever listens to statements (tests that count, tracing) hears of this one, too."""
    heard: Any = lease.connection.sync_connection
    if listeners := heard.engine.dispatch.before_cursor_execute:  # that of a connection is made again
        listeners(heard, None, text, tuple(parameters), None, False)
    return lease.behind


def fetching(text: str, parameters: Sequence[Any]) -> Callable[[Lease], Awaitable[Sequence[Any]]]:
    """What fetches all rows of a statement from a connection."""

    def fetch(lease: Lease) -> Any:
        return driver(lease, text, parameters).fetch(text, *parameters)

    return fetch


def fetching_widely(text: str, parameters: Sequence[Any], workers: int) -> Callable[[Lease], Awaitable[Sequence[Any]]]:
    """The same, for which PostgreSQL may take so many processes beside the session's own.

    Its text differs from that of others: a plan that a connection keeps is one with the processes it was made with.
    """
    text = f"/* {workers} more */ {text}"

    async def fetch(lease: Lease) -> Sequence[Any]:
        behind = driver(lease, text, parameters)
        await behind.execute(f"BEGIN READ ONLY; SET LOCAL max_parallel_workers_per_gather = {workers}")
        try:
            rows: Sequence[Any] = await behind.fetch(text, *parameters)
        except PostgresError:
            await behind.execute("ROLLBACK")
            raise  # whatever else ends it leaves the connection in a transaction: it is not used again
        await behind.execute("COMMIT")
        return rows

    return fetch


def copying(
    text: str,
    parameters: Sequence[Any],
    write: Callable[[bytes], Awaitable[None]],
    options: Mapping[str, Any],
    local: str,
) -> Callable[[Lease], Awaitable[None]]:
    """What runs a statement as COPY ... TO STDOUT; with `local`, in a transaction that begins with that."""

    async def copy(lease: Lease) -> None:
        behind = driver(lease, text, parameters)
        try:
            if local:
                await behind.execute(f"BEGIN READ ONLY; {local}")
            await behind.copy_from_query(text, *parameters, output=write, **options)
            if local:
                await behind.execute("COMMIT")
        except BaseException:
            # Whatever stopped it, the rest of the stream may still be on its way. A cancel that comes in the same turn
            # of the loop as data is none to asyncpg, which would then trip over the data that follow.
            if not behind._cancellations:  # noqa: SLF001 - nothing else tells whether it sent one
                behind.terminate()
            await lease.connection.invalidate()
            raise

    return copy


def literal(value: str) -> str:
    """Text as a literal that means the same whatever standard_conforming_strings is."""
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"E'{doubled}'"


def broken(connection: AsyncConnection) -> bool:
    """Whether nothing can be sent any more."""
    heard: Any = connection.sync_connection
    return bool(heard.invalidated or heard.connection.driver_connection.is_closed())


async def quiet(connection: AsyncConnection, seconds: float) -> bool:
    """Wait until a cancelled statement has ended on the server; whether the connection is as good as before then.

    asyncpg sends the cancel, and begins no other statement before both the server has taken it and the cancelled
    statement has answered: so a short one tells.
    """
    heard: Any = connection.sync_connection
    if heard.closed or heard.invalidated:
        return False
    behind = heard.connection.driver_connection
    try:
        async with asyncio.timeout(seconds):
            await behind.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever the driver's state makes of it, the connection is not as before
        return False
    return not behind.is_in_transaction()
