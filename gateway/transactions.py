"""Floor 1. The steps of a transaction; enters a request's connection and AsyncSession, leaves them in it or out.

Between transactions a request's connection is in AUTOCOMMIT. What is set for a transaction ends with it (SET LOCAL).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

_LOCAL = text(
    "SELECT set_config('statement_timeout', coalesce(:timeout, current_setting('statement_timeout')), true), "
    "set_config('gateway.principal', :principal, true), set_config('gateway.request_id', :request_id, true)"
)


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and the request that it came with: triggers write both into the history of each row."""

    principal: str | None = None
    request_id: str | None = None

    @property
    def settings(self) -> Mapping[str, str]:
        """Settings of the transaction by name; an empty one is an absent one."""
        return {"gateway.principal": self.principal or "", "gateway.request_id": self.request_id or ""}


NOBODY = Author()


async def begin(
    connection: AsyncConnection, session: AsyncSession, *, isolation: str, timeout_ms: int, author: Author
) -> None:
    """Begin a transaction; `timeout_ms` is its statement_timeout, 0 that of the session."""
    await session.close()  # what was read before leaves its transaction, which is none
    await connection.execution_options(isolation_level=isolation)
    await session.begin()
    # The driver begins with the first statement that passes SQLAlchemy: prepared ones do not.
    principal, request_id = author.settings.values()
    timeout = str(timeout_ms) if timeout_ms else None
    await session.execute(_LOCAL, {"timeout": timeout, "principal": principal, "request_id": request_id})


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
