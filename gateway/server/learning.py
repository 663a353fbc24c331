"""What a server knows of the database beside rows: sizes, names of private members, trusted documents."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from gateway.db.sessions import Database
from gateway.execution import trusted
from gateway.execution.operation import Runs
from gateway.execution.statistics import Counting, begin_counting
from gateway.execution.statistics_together import CountingTogether
from gateway.identity import Access
from gateway.identity.named import keep_learning
from gateway.settings import Settings


@asynccontextmanager
async def learning(
    settings: Settings, access: Access, operations: Runs, database: Database, parts: Sequence[str] = ()
) -> AsyncIterator[None]:
    """Learn it in the block, again and again; `parts` are the paths of what the database's views read together."""
    layers = access.layers
    counting = CountingTogether(layers, database, parts) if parts else Counting(layers, database)
    tasks = {
        asyncio.create_task(keep_learning(access, database)),
        await begin_counting(operations.estimates, counting),
        await trusted.begin(operations.trusted, database, always=settings.documents == "trusted"),
    }
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
