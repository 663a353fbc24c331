"""Indexes of the layers: those that spatial queries need, and those that only cost; leaves messages."""

from collections import defaultdict
from collections.abc import AsyncIterator

from sqlalchemy.schema import CreateIndex

from gateway.checks import rules
from gateway.checks.inspection import DIALECT, Index, Inspection, StoredTable, quote
from gateway.checks.messages import Message
from gateway.sql import divided, probe

_SHOWN = 5


async def spatial(_: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    for column in table.geometries:
        about = f"{table.name}.{column}"
        if not any(index.serves("gist", column) for index in table.indexes):
            yield rules.GEOMETRY_INDEX(
                f"Queries by {column} read the whole table.",
                hint=table.making(f"USING gist ({quote(column)})"),
                about=about,
            )
        if not any(index.serves("gist", f"{column}::geography") for index in table.indexes):
            yield rules.GEOGRAPHY_INDEX(
                f"Distances in metres read the whole table: an index on {column} does not serve {column}::geography.",
                hint=table.making(f"USING gist (({quote(column)}::geography))"),
                about=about,
            )


async def natural_key(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    key = table.layer.natural_key
    index = quote(f"uq_{table.model.name}_{key}")
    by = (await at.row(divided.DIVIDED, name=table.model.name)).by if table.parts else key
    unique = [(quote(key),), (quote(key), quote(by))]  # of a list; gateway.checks.partitions looks for the rest
    if not any(each.valid and each.is_unique and each.keys in unique for each in table.indexes):
        columns = ", ".join(dict.fromkeys((quote(key), quote(by))))
        concurrently = (
            f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table.name} ({columns}); "
            f"ALTER TABLE {table.name} ADD CONSTRAINT {index} UNIQUE USING INDEX {index};"
        )
        yield rules.KEY_INDEX(
            f"Nothing keeps {key} unique, so lookups by key may find several rows and ingest can't update.",
            hint=f"ALTER TABLE {table.name} ADD CONSTRAINT {index} UNIQUE ({columns});"
            if table.parts
            else concurrently,
            about=f"{table.name}.{key}",
        )


async def declared(_: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """Indexes of the model other than the spatial ones, which may have any name."""
    stored = {index.plain_name for index in table.indexes}
    for index in sorted(table.model.indexes, key=lambda each: str(each.name)):
        if index.dialect_options["postgresql"]["using"] == "gist" or index.name in stored:
            continue
        command = " ".join(str(CreateIndex(index).compile(dialect=DIALECT)).split())
        yield rules.INDEX_MISSING(
            f"Index {index.name} does not exist.",
            hint=table.making(command.partition(f" ON {table.model.name} ")[2])
            if table.parts
            else f"{command.replace(' INDEX ', ' INDEX CONCURRENTLY ', 1)};",
            about=f"{table.name}.{index.name}",
        )


async def invalid(_: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    for index in table.indexes:
        if not index.valid and table.parts:
            yield rules.INDEX_INVALID(
                "Not all partitions have it, so it serves no query and keeps nothing unique.",
                hint=f"manage.py partitions index {table.layer.name}",
                about=index.name,
            )
        elif not index.valid:
            yield rules.INDEX_INVALID(
                "It was left behind by CREATE or REINDEX INDEX CONCURRENTLY that failed, or is being built now.",
                hint=f"If nothing builds it now: REINDEX INDEX CONCURRENTLY {index.name}; or, where another index "
                f"does its work: DROP INDEX CONCURRENTLY {index.name};",
                about=index.name,
            )


async def entries(at: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    """Rows that an index lost, as PostgreSQL before 15.20 and 17.12 may (docs/explanation/faults.md)."""
    if table.rows > at.bounds.indexed_rows:
        return
    for column in table.geometries:
        for key in (column, f"{column}::geography"):
            serving = [index for index in table.indexes if index.serves("gist", key)]
            if not serving:
                continue
            async with at.reading.transaction():
                await at.row(probe.BY_BITMAP)
                tally = await at.row(probe.unindexed(table.model, column, metres=key != column))
            if tally.broken:
                shown = ", ".join(str(each) for each in sorted(tally.ids)[:_SHOWN])
                yield rules.ENTRIES_LOST(
                    f"{tally.broken} of {tally.seen} rows are not found by it: id {shown}.",
                    hint=" ".join(f"REINDEX INDEX CONCURRENTLY {index.name};" for index in serving),
                    about=f"{table.name}.{key}",
                )


async def duplicate(_: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    names = {str(index.name) for index in table.model.indexes}
    alike: defaultdict[str, list[Index]] = defaultdict(list)
    for index in table.indexes:
        if index.valid:
            alike[index.shape].append(index)
    for group in alike.values():
        kept, *others = sorted(
            group, key=lambda each: (not each.constrains, not each.is_unique, each.plain_name not in names)
        )
        for index in others:
            yield rules.INDEX_DUPLICATE(
                f"It does the work of {kept.name} once more and slows each write.",
                hint=f"DROP INDEX {'' if table.parts else 'CONCURRENTLY '}{index.name};",
                about=index.name,
            )
