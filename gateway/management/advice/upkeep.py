"""Indexes that only cost, and what VACUUM and ANALYZE should do; enters a database, leaves advice."""

from collections.abc import AsyncIterator
from datetime import datetime

from gateway.checks.inspection import Inspection, StoredTable
from gateway.checks.messages import Level
from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.db.sessions import Database, RequestSession
from gateway.layers import Layers
from gateway.management.advice.advice import Advice
from gateway.settings import Settings
from gateway.sql import catalog, workload

MANY = 1_000_000  # rows from which a fifth of them is too much to wait for
_CADENCE = "autovacuum_vacuum_scale_factor"


async def checked(database: Database, settings: Settings, layers: Layers) -> list[Advice]:
    """What `check --database` finds of indexes and upkeep."""
    messages = await Run(settings, layers, frozenset({Tag.INDEXES, Tag.UPKEEP})).stored(database)
    return [
        Advice("indexes" if "ndex" in message.rule.meaning else "upkeep", message.about, message.text, (message.hint,))
        for message in messages
        if message.rule.level >= Level.WARNING
    ]


async def stored(session: RequestSession, settings: Settings, layers: Layers) -> list[Advice]:
    """Advice from the statistics of the layers' tables."""
    at = Inspection(settings, layers, session)
    tables = [table for layer in layers if (table := await at.stored(layer)) is not None]
    return [advice for table in tables for advise in (_unused, _cadence) async for advice in advise(at, table)]


async def _unused(at: Inspection, table: StoredTable) -> AsyncIterator[Advice]:
    """Indexes beyond those that the layer declares: its own lookups may come tomorrow."""
    declared = {index.name for index in table.model.indexes}
    for row in await at.rows(workload.UNUSED, table=table.oid):
        if row.plain_name not in declared:
            yield Advice(
                "indexes",
                row.name,
                f"No statement has read it since {_since(row.since)}; it has {row.bytes} bytes and costs every write.",
                (f"DROP INDEX CONCURRENTLY {row.name};",),
            )


def _since(began: datetime | None) -> str:
    return f"{began:%Y-%m-%d}" if began else "PostgreSQL began to count"


async def _cadence(at: Inspection, table: StoredTable) -> AsyncIterator[Advice]:
    """Autovacuum waits for a fifth of the rows to change, unless the table says otherwise."""
    options = {row.option.partition("=")[0] for row in await at.rows(catalog.OPTIONS, table=table.oid)}
    if table.rows >= MANY and _CADENCE not in options:
        wanted = f"{_CADENCE} = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02"
        yield Advice(
            "upkeep",
            table.name,
            f"It has about {table.rows:.0f} rows, and VACUUM waits until a fifth of them has changed.",
            (f"ALTER TABLE {table.name} SET ({wanted});",),
        )
