"""Tables that someone else made; enters an inspection and a table, leaves what reads of it lack."""

from collections.abc import AsyncIterator, Iterator

from sqlalchemy import Index
from sqlalchemy.schema import CreateIndex

from gateway.checks import rules
from gateway.checks.inspection import DIALECT, Inspection, StoredTable
from gateway.checks.messages import Message
from gateway.models import unmanaged


def lacking(table: StoredTable) -> Iterator[Index]:
    """The indexes that reads look for and that no index of the table does the work of."""
    for index in unmanaged.indexes(table.layer.model, table.layer.name):
        method = index.dialect_options["postgresql"]["using"] or "btree"
        (key,) = map(str, index.expressions)
        if not any(each.serves(method, key) for each in table.indexes):
            yield index


def creating(index: Index) -> str:
    """The statement that makes an index while others read and write the table."""
    return " ".join(str(CreateIndex(index).compile(dialect=DIALECT)).split()).replace(
        " INDEX ", " INDEX CONCURRENTLY ", 1
    )


def dropping(index: Index) -> str:
    """The statement that drops what has its name: left behind by one that failed, or of another expression."""
    return f"DROP INDEX CONCURRENTLY IF EXISTS {DIALECT.identifier_preparer.format_index(index)}"


async def indexes(_: Inspection, table: StoredTable) -> AsyncIterator[Message]:
    where = "on the table that it reads" if table.view else "as its owner, or by manage.py migrate"
    for index in lacking(table):
        yield rules.UNMANAGED_INDEX(
            f"Without {index.name} reads go through all rows and make the value of each anew.",
            hint=f"{where[0].upper()}{where[1:]}: {creating(index)}; ANALYZE {table.name};",
            about=f"{table.name}.{index.name}",
        )
