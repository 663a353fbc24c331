"""How a command meets the database; enters async work, leaves its result once every connection is closed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.db.embedded import database_url, require
from gateway.db.sessions import Database
from gateway.settings import Settings

T = TypeVar("T")


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]], *, make: bool = False) -> T:
    """Run `work` on the given database or the private one, with the time limits of maintenance.

    Raises SetupError where there is no private one yet, unless this is to `make` it.
    """
    if not make:
        require(settings)

    async def run(url: str) -> T:
        database = Database(settings.database, url, timeout_ms=settings.database.maintenance_timeout_ms)
        try:
            return await work(database)
        finally:
            await database.dispose()

    with database_url(settings) as url:
        return asyncio.run(run(url))
