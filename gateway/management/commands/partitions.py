"""`manage.py partitions`; enters the database, leaves its histories with the months ahead and none too old."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.layers import LAYERS, Layers
from gateway.management.output import out
from gateway.management.running import with_database
from gateway.settings import Settings
from gateway.sql import partitions
from gateway.sql.partitions import Month, Partition


async def run(
    database: Database, *, now: datetime, ahead: int, keep: int, dry: bool, layers: Layers = LAYERS
) -> Sequence[str]:
    """Make and drop partitions, each in a transaction of its own; answers what was done, or would be, line by line.

    Raises Locked where a writer holds on to a history for longer than the lock timeout.
    """
    lines: list[str] = []
    with faults.classified():
        for layer in layers.tracked:
            history = layer.history.name
            async with database.engine.begin() as connection:
                there = await _there(connection, history)
                stray = [Month.of(row.low) for row in await connection.execute(partitions.stray(history))]
            for month in partitions.wanted(now, ahead, stray, there):
                lines.append(f"{history}: {'would make' if dry else 'made'} {month}.")
                await _do(database, () if dry else partitions.make(history, month))
            for partition in partitions.outlived(now, keep, there):
                lines.append(f"{history}: {'would drop' if dry else 'dropped'} {Month.of(partition.low)}.")
                await _do(database, () if dry else (partitions.drop(partition),))
    return lines


async def _there(connection: AsyncConnection, history: str) -> Sequence[Partition]:
    return [Partition(*row) for row in await connection.execute(partitions.partitions(history))]


async def _do(database: Database, statements: Iterator[TextClause] | Sequence[TextClause]) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


def command(
    *,
    ahead: Annotated[int, typer.Option(min=0, max=120, help="Months to make ahead of this one.")] = 3,
    keep: Annotated[int, typer.Option(min=1, help="Months before this one to keep; older ones are dropped.")] = 24,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
) -> None:
    """Make the coming months of each history, and drop those that are too old."""
    lines = with_database(
        Settings(), lambda database: run(database, now=datetime.now(UTC), ahead=ahead, keep=keep, dry=dry_run)
    )
    for line in lines or ["Every history has its months, and none that is too old."]:
        out.print(line, markup=False)
