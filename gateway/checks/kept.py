"""Whether the pairs of kept relations are those of their rows; enters an inspection, leaves messages."""

from collections.abc import AsyncIterator

from gateway.checks import rules
from gateway.checks.inspection import Inspection, StoredTable
from gateway.checks.messages import Message
from gateway.sql import catalog, rebuilding
from gateway.sql.triggers import EVENTS


async def triggers(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    there = {row.name for row in await at.rows(catalog.TRIGGERS, table=table.oid)}
    kept = {row.relation for row in await at.rows(rebuilding.KEPT)}
    for pairs in rebuilding.kept_pairs(at.layers):
        wanted = [
            pairs.trigger(side, event)
            for side, name in pairs.sides.items()
            if name == table.model.name
            for event in EVENTS
        ]
        if pairs.name in kept and (missing := [name for name in wanted if name not in there]):
            yield rules.NOT_RELATED(
                f"It has no trigger {', '.join(missing)}, or it is switched off.",
                hint="Run manage.py relations --keep, which switches them on and makes all pairs again.",
                about=table.name,
            )


async def behind(at: Inspection) -> AsyncIterator[Message]:
    if await at.row(catalog.TABLE, name="relation_marks") is None:
        return  # the database is to be migrated, which has a message of its own
    kept = {row.relation for row in await at.rows(rebuilding.KEPT)}
    for row in await at.rows(rebuilding.BEHIND):
        if row.relation not in kept:
            continue
        yield rules.RELATION_BEHIND(
            f"It is behind in {row.marks} places since {row.since:%Y-%m-%d %H:%M}.",
            hint="Run manage.py relations --rebuild, each night for example.",
            about=row.relation,
        )
