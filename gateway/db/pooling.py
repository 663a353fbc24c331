"""Whether a pooler in between is the one that the settings name; enters a database, leaves what it cannot do.

A pooler in transaction mode gives each transaction, and each statement without one, whichever connection to the server
is free. What a session sets or prepares is then lost, but with a pooler that keeps prepared statements: that gives them
names of its own, and prepares them wherever they are needed.
"""

from typing import Any, Final, Literal

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.errors import GatewayError, SetupError

Problem = Literal["shares connections", "keeps no statements", "refuses settings"]

_NAME: Final = "gateway_of_its_own"
_BACKEND: Final = "SELECT pg_backend_pid()"
_PREPARED: Final = "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = $1)"
_REASONS: Final = {
    "shares connections": "it gives several of the gateway's connections one of the server's, so statements that are "
    "prepared are lost. Set GATEWAY_DATABASE_POOLER=pgbouncer, or pgbouncer-prepared for PgBouncer 1.21 and newer.",
    "keeps no statements": "it keeps no prepared statements, as PgBouncer does from 1.21 on with "
    "max_prepared_statements above 0. Set GATEWAY_DATABASE_POOLER=pgbouncer.",
    "refuses settings": "it refuses what the gateway's connections set. Set GATEWAY_DATABASE_POOLER=pgbouncer, or "
    "pgbouncer-prepared for PgBouncer 1.21 and newer.",
}


async def problem(database: Database) -> Problem | None:
    """What stands against the pooler of the settings, as far as the database tells."""
    if database.pooler == "none":
        return "shares connections" if await _shares(database) else None
    if database.pooler == "pgbouncer-prepared":
        lost = not await _prepares(database) and await _shares(database)
        return "keeps no statements" if lost else None
    return None


async def require(database: Database) -> None:
    """Raise SetupError where the pooler is another one than the settings say; a database that is away says nothing."""
    try:
        found = await problem(database)
    except (DBAPIError, PostgresError, GatewayError, OSError) as error:
        cause = error.__cause__ if isinstance(error, GatewayError) else error
        found = "refuses settings" if cause is not None and faults.sqlstate(cause) in faults.POOLED else None
    if found is not None:
        raise SetupError(f"The database is behind a pooler in transaction mode, and {_REASONS[found]}")


async def _shares(database: Database) -> bool:
    """Whether two connections meet one process of the server, which without a pooler each has of its own."""
    async with database.session() as one, database.session() as other:
        first = await one.fetch(_BACKEND, ())
        return first == await other.fetch(_BACKEND, ())


async def _prepares(database: Database) -> bool:
    """Whether the server knows a statement by another name than the one that a connection prepared it under.

    In one transaction, so that both statements meet one connection to the server.
    """
    async with database.engine.connect() as connection, connection.begin():
        behind: Any = (await connection.get_raw_connection()).driver_connection
        kept = await behind.prepare("SELECT 1", name=_NAME)  # a statement that nobody has is closed with the next one
        known = await behind.fetchval(_PREPARED, kept.get_name())
        return not known
