"""The steps of a transaction; enters the connection that a request has, leaves it in one or out.

The connection stays in AUTOCOMMIT, and the steps are words of SQL that pass SQLAlchemy by: one round trip each, where
its own are three. What is set for a transaction ends with it (SET LOCAL).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asyncpg import InterfaceError, InternalClientError, PostgresError

from gateway.db.driver import Lease, driver, literal

UNKNOWN: Final = (
    "The connection to the database was lost during the commit: the change was made, or it was not. Read the rows to "
    "see. A request with an Idempotency-Key could be sent again and would be done once."
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


async def begin(lease: Lease, *, isolation: str, timeout_ms: int, author: Author) -> None:
    """Begin a transaction; `timeout_ms` is its statement_timeout, 0 that of the session."""
    await lease.end()  # what was read before is not of this transaction
    settings = {"statement_timeout": str(timeout_ms)} if timeout_ms else {}
    settings |= {name: value for name, value in author.settings.items() if value}
    local = [f"SET LOCAL {name} = {literal(value)}" for name, value in settings.items()]
    await _send(lease, "; ".join([f"BEGIN ISOLATION LEVEL {isolation}", *local]))


async def commit(lease: Lease) -> None:
    """Flush, so that a constraint speaks before the commit does, and commit."""
    await lease.session.flush()
    await _send(lease, "COMMIT;")
    await lease.end()


async def rolled_back(lease: Lease) -> bool:
    """Undo the transaction, if there is one; tells whether the connection is good for more."""
    try:
        await _send(lease, "ROLLBACK")
    except (PostgresError, InterfaceError, InternalClientError, OSError):
        return False
    return True


async def savepoint(lease: Lease) -> None:
    """Remember where the transaction stands."""
    await _send(lease, "SAVEPOINT part")


async def back_to_savepoint(lease: Lease) -> None:
    """Undo what was sent since the savepoint."""
    await _send(lease, "ROLLBACK TO SAVEPOINT part")


async def release_savepoint(lease: Lease) -> None:
    """Keep what was sent since the savepoint."""
    await _send(lease, "RELEASE SAVEPOINT part")


async def _send(lease: Lease, text: str) -> None:
    await driver(lease, text).execute(text)
