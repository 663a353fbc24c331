"""Tables of layers in partitions against what is declared; enters an inspection and a table, leaves messages."""

from collections.abc import AsyncIterator

from gateway.checks import rules
from gateway.checks.inspection import Inspection, StoredTable, quote
from gateway.checks.messages import Message
from gateway.sql import catalog, divided, one_key


async def declared(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """A table is divided by hand and not by migrations, so that it may be another than the model says."""
    wanted = table.layer.partitions
    stored = await at.row(divided.DIVIDED, name=table.model.name)
    if wanted is not None and (stored.strategy, stored.by) != (wanted.method[0], wanted.by):
        yield rules.NOT_DIVIDED(
            f"It is to be divided by {wanted.method} of {wanted.by}, and is not.",
            hint=f"In a quiet hour: manage.py partitions make {table.layer.name}",
            about=table.name,
        )


async def one_key_of_all(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """A unique index of a list knows keys of one partition alone."""
    stored = await at.row(divided.DIVIDED, name=table.model.name) if table.parts else None
    key = table.layer.natural_key
    if stored is None or stored.by == key:
        return
    there = {row.name for row in await at.rows(catalog.TRIGGERS, table=table.oid)}
    if missing := [name for name in one_key.NAMES if name not in there]:
        yield rules.KEY_OF_PARTITIONS(
            f"Two partitions may have the same {key}: it has no trigger {', '.join(missing)}, or it is switched off.",
            hint=f"manage.py partitions make {table.layer.name}, which makes them, or: "
            f"ALTER TABLE {table.name} ENABLE TRIGGER {missing[0]};",
            about=table.name,
        )


async def strays(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """Rows of the default partition, which is there so that no write ever fails."""
    for part in await at.rows(divided.PARTS, table=table.oid) if table.parts else ():
        if part.bounds == "DEFAULT" and await at.reading.scalar(divided.any_row(part.name)):
            stored = await at.row(divided.DIVIDED, name=table.model.name)
            yield rules.STRAY_ROWS(
                f"{part.name} has rows whose {stored.by} has no partition of its own.",
                hint=f"For each value of {quote(stored.by)} in it: manage.py partitions add {table.layer.name} VALUE",
                about=table.name,
            )
