"""Whether the changes of a layer are kept, now and next month; enters an inspection and a table."""

from collections.abc import AsyncIterator

from sqlalchemy.schema import CreateColumn

from gateway.checks import rules
from gateway.checks.inspection import DIALECT, Inspection, StoredTable, quote, quoted
from gateway.checks.messages import Message
from gateway.sql import catalog, partitions, triggers
from gateway.sql.partitions import Month


async def keeping(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    if not table.layer.tracked:
        return
    there = {row.name for row in await at.rows(catalog.TRIGGERS, table=table.oid)}
    history = table.layer.history
    if missing := [name for name in triggers.KEEPING if name not in there]:
        yield rules.NOT_KEPT(
            f"It has no trigger {', '.join(missing)}, or it is switched off.",
            hint=f'In a migration: op.follow_changes("{table.model.name}", history="{history.name}").',
            about=table.name,
        )
    kept = {row.name for row in await at.rows(catalog.COLUMNS_BY_NAME, table=quoted(history))}
    for column in history.columns:
        if column.name not in kept:
            declared = " ".join(str(CreateColumn(column).compile(dialect=DIALECT)).split())
            yield rules.HISTORY_COLUMN(
                f"{history.name} has no column {column.name}.",
                hint=f"ALTER TABLE {quoted(history)} ADD COLUMN {declared}; then run manage.py migrate.",
                about=f"{history.name}.{column.name}",
            )
    keeper = await at.row(catalog.KEEPER, table=table.oid)
    wanted = {quote(column.name): column.name for column in table.model.columns if column.name in kept}
    if keeper is not None and (lost := triggers.lost(keeper.body, wanted)):
        yield rules.COLUMN_NOT_KEPT(
            f"The triggers do not keep {', '.join(wanted[name] for name in lost)}: rows of the past have null there.",
            hint="Run manage.py migrate, which makes them again. What was changed or deleted before is lost.",
            about=table.name,
        )


async def months(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    if not table.layer.tracked:
        return
    history = table.layer.history.name
    coming = Month.of(await at.reading.scalar(catalog.NOW)).plus(1).low
    there = await at.rows(partitions.partitions(history))
    if not any(row.low <= coming < row.high for row in there):
        yield rules.NO_MONTH(
            "Entries of the coming month will go to its default partition, from where they must be moved.",
            hint="Run manage.py partitions, each month for example.",
            about=history,
        )
