"""Floor 1. What other processes change; enters PostgreSQL's notifications, leaves the generation of each layer.

A trigger on every layer's table notifies with the name of the table when a transaction that changed it commits
(migrations/features.py), whoever wrote: a worker, ingest or psql. One connection of each worker listens, from when its
first tile is asked for. While it does not, or for a table without the trigger, there is no generation to rely on.
"""

import asyncio
from collections.abc import Collection
from typing import Any

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql import asyncpg as dialects

from gateway import telemetry
from gateway.settings import DatabaseSettings

CHANNEL = "gateway_changes"

_PING_SECONDS = 10.0
_RETRY_SECONDS = 1.0
TELLING = "tell_change"  # the trigger
_TELLERS = """
    SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname = $1 AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)
"""
# What SQLAlchemy takes from a URL for itself.
_NOT_ASYNCPG = ("prepared_statement_cache_size", "prepared_statement_name_func", "async_creator_fn")


class Changes:
    """How often each layer has changed since this process listens."""

    def __init__(self, settings: DatabaseSettings, url: str) -> None:
        self._settings = settings
        self._url = make_url(url)
        self._generations: dict[str, int] = {}
        self._epoch = 0
        self._task: asyncio.Task[None] | None = None

    def generation(self, layers: Collection[str]) -> tuple[int, ...] | None:
        """A value that is equal as long as none of `layers` changed; None where no one would tell of a change."""
        if self._task is None and self._settings.pooler == "none":  # a pooler in transaction mode passes none on
            self._task = asyncio.create_task(self._run())
        found = tuple(self._generations.get(layer, -1) for layer in layers)
        return None if -1 in found else (self._epoch, *found)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                telemetry.log.warning("not listening to changes", reason=type(error).__name__)
            finally:
                self._generations.clear()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(**_arguments(self._url, self._settings))
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, self._changed)
            # Listening comes first: a change between the two is heard, not missed.
            telling = await connection.fetch(_TELLERS, TELLING)
            self._epoch += 1
            self._generations = {row[0]: 0 for row in telling}
            while not await _set_within(_PING_SECONDS, ended):
                await connection.execute("SELECT 1", timeout=_PING_SECONDS)
        finally:
            connection.terminate()

    def _changed(self, _: Any, __: int, ___: str, layer: str) -> None:
        if layer in self._generations:
            self._generations[layer] += 1


async def _set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _arguments(url: URL, settings: DatabaseSettings) -> dict[str, Any]:
    dialect: Any = dialects.dialect()  # type: ignore[no-untyped-call]
    _, found = dialect.create_connect_args(url)
    return {
        **{name: value for name, value in found.items() if name not in _NOT_ASYNCPG},
        "timeout": settings.connect_timeout,
        "server_settings": {"application_name": settings.application_name},
    }
