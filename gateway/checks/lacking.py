"""Indexes that are made while others read and write a table; enters a table, leaves those that it lacks."""

from collections.abc import AsyncIterator, Iterator, Sequence

from sqlalchemy import Index
from sqlalchemy.schema import CreateIndex

from gateway.checks import rules
from gateway.checks.inspection import DIALECT, Inspection, StoredTable
from gateway.checks.messages import Message
from gateway.models import unmanaged


def of(table: StoredTable) -> Iterator[Index]:
    """The indexes of searches, and those that reads of another's table look for, that no index does the work of."""
    managed = (index for index in table.model.indexes if str(index.expressions[0]).startswith("gateway_search("))
    for index in managed if table.layer.managed else unmanaged.indexes(table.layer.model, table.layer.name):
        method = index.dialect_options["postgresql"]["using"] or "btree"
        (key,) = map(str, index.expressions)
        if not any(each.serves(method, key) for each in table.indexes):
            yield index


def creating(index: Index) -> str:
    """The statement that makes an index while others read and write the table."""
    return " ".join(str(CreateIndex(index).compile(dialect=DIALECT)).split()).replace(
        " INDEX ", " INDEX CONCURRENTLY ", 1
    )


def on_partitions(index: Index) -> Sequence[str]:
    """The statement that begins an index of a partitioned table, which waits for those of the partitions."""
    head, _, how = str(CreateIndex(index, if_not_exists=True).compile(dialect=DIALECT)).partition(" ON ")
    return (f"{head} ON ONLY {' '.join(how.split())}",)


def dropping(index: Index) -> str:
    """The statement that drops what has its name: left behind by one that failed, or of another expression."""
    return f"DROP INDEX CONCURRENTLY IF EXISTS {DIALECT.identifier_preparer.format_index(index)}"


async def unmanaged_indexes(_: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    where = "on the table that it reads" if table.view else "as its owner, or by manage.py migrate"
    for index in of(table):
        yield rules.UNMANAGED_INDEX(
            f"Without {index.name} reads go through all rows and make the value of each again.",
            hint=f"{where[0].upper()}{where[1:]}: {creating(index)}; ANALYZE {table.name};",
            about=f"{table.name}.{index.name}",
        )
