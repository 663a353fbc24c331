"""Where the rows of a jurisdiction are: pools of a database, its replicas and what tells of changes in it.

Most are schemas of the database of the server, and share its pools. One that has a database of its own has all of it
for itself: when that database is away, the others are served on.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from gateway.db.changes import Changes
from gateway.db.outages import Outage
from gateway.db.replicas import Replicas
from gateway.db.sessions import Database
from gateway.server.pools import pools
from gateway.server.reading import replicas_of
from gateway.settings import Settings


class Place(NamedTuple):
    """One database, as a server has it open."""

    databases: Mapping[str, Database]
    replicas: Replicas
    changes: Changes
    outage: Outage


@asynccontextmanager
async def place(settings: Settings, url: str, jurisdiction: str | None = None) -> AsyncIterator[Place]:
    """Have the database at `url` open in the block; `jurisdiction` is the code of the one whose own it is."""
    outage, direct = Outage(settings.database), settings.database.direct
    databases, replicas = pools(settings, url, outage), replicas_of(settings, url)
    for each in databases.values():
        each.jurisdiction = jurisdiction
    changes = Changes(direct, direct.url or url)
    await replicas.open()
    try:
        yield Place(databases, replicas, changes, outage)
    finally:
        await replicas.close()
        await changes.close()
        await asyncio.gather(*(database.dispose() for database in databases.values()))
