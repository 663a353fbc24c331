"""What VACUUM, ANALYZE and REINDEX should have done; enters an inspection and a table, leaves messages."""

from collections.abc import AsyncIterator

from gateway.checks import rules
from gateway.checks.inspection import Inspection, StoredTable
from gateway.checks.messages import Message
from gateway.models import IdempotencyKey
from gateway.sql import catalog, idempotency

STALE_SHARE = 0.1
DEAD_SHARE = 0.2


async def statistics(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    numbers = await at.row(catalog.STATISTICS, table=table.oid)
    hint = f"ANALYZE {table.name};"
    if not numbers.analysed:
        if table.bytes:
            yield rules.NEVER_ANALYSED("It was never analysed, so the planner guesses.", hint=hint, about=table.name)
    elif _settled(at, numbers.age) and numbers.changed > max(at.bounds.changed_rows, STALE_SHARE * table.rows):
        lasting = f"ALTER TABLE {table.name} SET (autovacuum_analyze_scale_factor = 0.01);"
        if table.parts:  # autovacuum looks at each of them, and never at the whole
            lasting = "run manage.py partitions each night."
        yield rules.STATISTICS_STALE(
            f"{numbers.changed} rows changed since the last ANALYZE, which counted {table.rows:.0f}.",
            hint=f"{hint} If it comes back: {lasting}",
            about=table.name,
        )


def _settled(at: Inspection, age: float | None) -> bool:
    return age is None or age > at.bounds.settled_seconds


async def dead_rows(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    numbers = await at.row(catalog.STATISTICS, table=table.oid)
    if numbers.dead > max(at.bounds.dead_rows, DEAD_SHARE * numbers.live):
        yield rules.DEAD_ROWS(
            f"{numbers.dead} dead rows beside {numbers.live} live ones.",
            hint=f"VACUUM (ANALYZE) {table.name}; if the number stays, look for old transactions in pg_stat_activity.",
            about=table.name,
        )


async def pgstattuple(at: Inspection) -> AsyncIterator[Message]:
    if not await at.reading.scalar(catalog.PGSTATTUPLE):
        yield rules.PGSTATTUPLE_MISSING(
            "The extension is missing, or this role may not use it.",
            hint="As a superuser: CREATE EXTENSION pgstattuple; GRANT pg_stat_scan_tables TO the role of the gateway.",
            about="pgstattuple",
        )


async def expired_keys(at: Inspection) -> AsyncIterator[Message]:
    name = IdempotencyKey.__tablename__
    if await at.row(catalog.TABLE, name=name) is None:
        return  # the database is to be migrated, which has a message of its own
    bound = at.bounds.expired_keys
    if await at.reading.scalar(idempotency.expired(at.settings.limits.idempotency_seconds, bound)) >= bound:
        yield rules.KEYS_EXPIRED(
            f"{bound} or more are older than GATEWAY_LIMITS_IDEMPOTENCY_SECONDS.",
            hint="Run manage.py prune, each night for example.",
            about=name,
        )


async def dead_space(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    if not await at.reading.scalar(catalog.PGSTATTUPLE):
        return
    for index in [each for oid in table.parts or (table.oid,) for each in await at.indexes(oid)]:
        if index.method != "gist" or not index.valid or index.bytes < at.bounds.small_index_bytes:
            continue
        if index.bytes > at.bounds.index_bytes:
            yield rules.INDEX_TOO_LARGE(
                f"It has {index.bytes} bytes, and measuring reads all of them.",
                hint=f"In a quiet hour: SELECT free_percent FROM pgstattuple('{index.name}');",  # noqa: S608 - printed only
                about=index.name,
            )
            continue
        free = await at.reading.scalar(catalog.DEAD_SPACE.bindparams(index=index.oid))
        if free > at.bounds.dead_space_percent:
            yield rules.DEAD_SPACE(
                f"{free:.0f} percent of its {index.bytes} bytes are free.",
                hint=f"REINDEX INDEX CONCURRENTLY {index.name};",
                about=index.name,
            )
