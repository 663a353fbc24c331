"""Floor 3. Whether the changes of a layer are kept, now and next month; enters an inspection and a table."""

from collections.abc import AsyncIterator

from gateway.checks import rules
from gateway.checks.inspection import Inspection, StoredTable
from gateway.checks.messages import Message
from gateway.sql import catalog, partitions
from gateway.sql.partitions import Month

TRIGGERS = ("keep_deletes", "keep_inserts", "keep_truncates", "keep_updates", "stamp")


async def triggers(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    there = {row.name for row in await at.rows(catalog.TRIGGERS, table=table.oid)}
    if missing := [name for name in TRIGGERS if name not in there]:
        history = table.layer.model.history.name
        yield rules.NOT_KEPT(
            f"It has no trigger {', '.join(missing)}, or it is switched off.",
            hint=f'In a migration: write_history("{table.model.name}", "{history}"), from migrations.history.',
            about=table.name,
        )


async def months(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    history = table.layer.model.history.name
    coming = Month.of(await at.reading.scalar(catalog.NOW)).plus(1).low
    there = await at.rows(partitions.partitions(history))
    if not any(row.low <= coming < row.high for row in there):
        yield rules.NO_MONTH(
            "Entries of the coming month will go to its default partition, from where they must be moved.",
            hint="Run manage.py partitions, each month for example.",
            about=history,
        )
