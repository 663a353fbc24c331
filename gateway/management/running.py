"""How a command meets the database; enters async work, leaves its result once every connection is closed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from gateway.db.embedded import database_url, require
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import within
from gateway.identity import Access
from gateway.identity.principal import OWN
from gateway.layers import LAYERS
from gateway.settings import Settings
from gateway.settings.jurisdictions import apart_of, settings_of

T = TypeVar("T")

# The code of the jurisdiction that a command is about; None for that of the URL.
jurisdiction: ContextVar[str | None] = ContextVar("jurisdiction", default=None)


@contextmanager
def about(code: str | None) -> Iterator[None]:
    """Have commands in the block work on the jurisdiction `code`."""
    mark = jurisdiction.set(code)
    try:
        yield
    finally:
        jurisdiction.reset(mark)


def placed(settings: Settings) -> Settings:
    """The settings as commands find the database: its own, where the jurisdiction has one."""
    code = jurisdiction.get()
    return settings_of(settings, code) if code is not None and code in apart_of(settings) else settings


def access_of(settings: Settings) -> Access:
    """What is private where the command works."""
    return Access.of(settings, LAYERS, jurisdiction.get() or OWN)


def past_pooler(settings: Settings) -> Settings:
    """The settings by which a command reaches PostgreSQL itself, where they name it."""
    return settings.model_copy(update={"database": settings.database.direct})


def with_database(
    settings: Settings, work: Callable[[Database], Awaitable[T]], *, make: bool = False, pooled: bool = False
) -> T:
    """Run `work` on the given database or the private one, with the time limits of maintenance.

    It goes past a pooler where the settings name the database itself, unless it is to be `pooled`, and finds the tables
    of the `jurisdiction`. Raises UnknownJurisdiction where there is none of its code, and SetupError where there is no
    private database yet, unless this is to `make` it.
    """
    code, settings = jurisdiction.get(), placed(settings)
    if not make:
        require(settings)

    if not pooled:
        settings = past_pooler(settings)

    async def run(url: str) -> T:
        database = Database(settings.database, url, timeout_ms=settings.database.maintenance_timeout_ms)
        try:
            if code in apart_of(settings):
                database.jurisdiction = code
            elif code is not None:
                return await work(await within(database, code))
            return await work(database)
        finally:
            await database.dispose()

    with database_url(settings) as url:
        return asyncio.run(run(url))
