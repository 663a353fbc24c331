"""`manage.py relations`; enters the database, leaves kept relations that are behind no more."""

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.db.sessions import Database
from gateway.ingest.catching_up import catch_up, switch
from gateway.management.output import err, out
from gateway.management.running import with_database
from gateway.settings import Settings
from gateway.sql import rebuilding


async def told(database: Database) -> list[str]:
    """What is to be said of each relation, in words."""
    async with database.engine.connect() as connection:
        kept = sorted((await connection.scalars(rebuilding.KEPT)).all())
        behind = {row.relation: row for row in await connection.execute(rebuilding.BEHIND)}
    return [
        f"{name} is behind in {row.marks:,} places since {row.since:%Y-%m-%d %H:%M:%S%z}."
        if (row := behind.get(name))
        else f"{name} is kept."
        for name in kept
    ]


async def rebuild(database: Database) -> None:
    """Remake what is behind, with a bar of progress."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def advance(relation: str, remade: int, total: int) -> None:
            if relation not in bars:
                bars[relation] = progress.add_task(relation)
            progress.update(bars[relation], completed=remade, total=total)

        await catch_up(database.engine, advance=advance)


def command(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the pairs from now on, and make all of them.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Keep them no longer.")] = False,
    rebuild_: Annotated[bool, typer.Option("--rebuild", help="Make the pairs of what is behind again.")] = False,
) -> None:
    """Tell which relations are kept and which are behind their rows, or make those right again."""
    if keep or release:
        with_database(Settings(), lambda database: switch(database.engine, on=keep))
    if keep or rebuild_:
        with_database(Settings(), rebuild)
    for line in with_database(Settings(), told) or ["No relation is kept."]:
        out.print(line, markup=False)
