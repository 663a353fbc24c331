"""What a server knows of the database beside rows: sizes, names of private members, trusted documents."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.db.sessions import Database
from gateway.execution import trusted
from gateway.execution.operation import Runs
from gateway.execution.statistics import begin_counting
from gateway.identity import Access
from gateway.identity.named import keep_learning
from gateway.settings import Settings


@asynccontextmanager
async def learning(settings: Settings, access: Access, operations: Runs, database: Database) -> AsyncIterator[None]:
    """Learn it in the block, again and again."""
    tasks = {
        asyncio.create_task(keep_learning(access, database)),
        await begin_counting(operations.estimates, access.layers, database),
        await trusted.begin(operations.trusted, database, always=settings.documents == "trusted"),
    }
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
