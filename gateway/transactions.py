"""Floor 1. The steps of a transaction; enters a request's connection and AsyncSession, leaves them in it or out.

Between transactions a request's connection is in AUTOCOMMIT.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

_LOCAL_TIMEOUT = text(
    "SELECT set_config('statement_timeout', coalesce(:value, current_setting('statement_timeout')), true)"
)


async def begin(connection: AsyncConnection, session: AsyncSession, *, isolation: str, timeout_ms: int) -> None:
    """Begin a transaction; `timeout_ms` is its statement_timeout, 0 that of the session."""
    await session.close()  # what was read before leaves its transaction, which is none
    await connection.execution_options(isolation_level=isolation)
    await session.begin()
    # The driver begins with the first statement that passes SQLAlchemy: prepared ones do not.
    await session.execute(_LOCAL_TIMEOUT, {"value": str(timeout_ms)} if timeout_ms else {"value": None})


async def commit(connection: AsyncConnection, session: AsyncSession) -> None:
    """Flush, so that a constraint speaks before the commit does, and commit."""
    await session.flush()
    await session.commit()
    await session.close()
    await connection.execution_options(isolation_level="AUTOCOMMIT")


async def savepoint(connection: AsyncConnection, _: AsyncSession) -> None:
    """Remember where the transaction stands."""
    await connection.execute(text("SAVEPOINT part"))


async def back_to_savepoint(connection: AsyncConnection, _: AsyncSession) -> None:
    """Undo what was sent since the savepoint."""
    await connection.execute(text("ROLLBACK TO SAVEPOINT part"))


async def release_savepoint(connection: AsyncConnection, _: AsyncSession) -> None:
    """Keep what was sent since the savepoint."""
    await connection.execute(text("RELEASE SAVEPOINT part"))
