"""`manage.py partitions`; enters the database, leaves months of histories, and layers that are divided or joined."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import typer
from rich.table import Table
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import faults
from gateway.db.sessions import Database
from gateway.layers import LAYERS, Layer, Layers
from gateway.management import attaching, partitioning, parts
from gateway.management.arguments import layer_named, with_options
from gateway.management.asking import Yes, confirm
from gateway.management.output import out, print_json, print_table, progress
from gateway.management.partitioning import Advance
from gateway.management.running import with_database
from gateway.models.declaration import Partitions
from gateway.settings import Settings
from gateway.sql import partitions
from gateway.sql.partitions import Month, Partition


class Action(StrEnum):
    """What is to be done."""

    MONTHS = "months"
    LIST = "list"
    MAKE = "make"
    JOIN = "join"
    INDEX = "index"
    ADD = "add"
    ATTACH = "attach"
    DETACH = "detach"


# Those of lists, and what each needs besides the layer: at least so many names, and which.
_OF_LISTS: Final = {
    Action.ADD: (1, "VALUE..."),
    Action.ATTACH: (2, "TABLE VALUE..."),
    Action.DETACH: (1, "PARTITION"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says besides."""

    ahead: Annotated[int, typer.Option(min=0, max=120, help="Months to make ahead of this one.")] = 3
    keep: Annotated[int, typer.Option(min=1, help="Months before this one to keep; older ones are dropped.")] = 24
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done with months.")] = False
    hash: Annotated[
        int | None, typer.Option(min=2, max=1000, help="Divide by a hash of the natural key into so many.")
    ] = None
    json: Annotated[bool, typer.Option("--json", help="List as JSON for machines.")] = False
    yes: Yes = False


_NONE: Final = Options()


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
        if not dry:
            await parts.analyze(database, layers)
    return lines


async def _there(connection: AsyncConnection, history: str) -> Sequence[Partition]:
    return [Partition(*row) for row in await connection.execute(partitions.partitions(history))]


async def _do(database: Database, statements: Iterator[TextClause] | Sequence[TextClause]) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


@with_options
def command(
    action: Annotated[Action, typer.Argument(help="What to do; months are those of the histories.")] = Action.MONTHS,
    layer: Annotated[str, typer.Argument(help="Of which layer.")] = "",
    names: Annotated[
        list[str] | None,
        typer.Argument(help="add: the values; attach: a table and its values; detach: the partition."),
    ] = None,
    options: Options = _NONE,
) -> None:
    """Keep the months of histories, or divide the table of a layer into partitions (make), list or join them.

    While a table is divided or joined, reads of it go on and writes are refused. Partitions of a list are added for
    values, or attached as tables that have their rows, and detached.
    """
    settings = Settings()
    if action is Action.MONTHS:
        _months(settings, options)
        return
    if action is Action.LIST:
        _list(settings, layer, json=options.json)
        return
    if not layer:
        raise typer.BadParameter(f"Name the layer: manage.py partitions {action} LAYER")
    chosen = layer_named(layer)
    if action is Action.INDEX:
        with_database(settings, lambda database: parts.complete(database, chosen))
        out.print(f"All partitions of {chosen.name} have its indexes.", markup=False)
        return
    if action in _OF_LISTS:
        _of_list(settings, action, chosen, names or [])
        return
    _rebuild(settings, chosen, _wanted(chosen, options.hash) if action is Action.MAKE else None, yes=options.yes)


def _of_list(settings: Settings, action: Action, layer: Layer, names: Sequence[str]) -> None:
    least, wanted = _OF_LISTS[action]
    if len(names) < least or (action is Action.DETACH and len(names) > 1):
        raise typer.BadParameter(f"manage.py partitions {action} {layer.name} {wanted}")
    if action is Action.ADD:
        made = with_database(settings, lambda database: attaching.add(database, layer, names))
        out.print(f"{made} has the rows of {', '.join(names)}.", markup=False)
        return
    with _shown("checking") as advance:
        if action is Action.ATTACH:
            first, *values = names
            with_database(settings, lambda database: attaching.attach(database, layer, first, values, advance))
        else:
            with_database(settings, lambda database: attaching.detach(database, layer, names[0], advance))
    done = "a partition" if action is Action.ATTACH else "a table of its own, and no partition any more"
    out.print(f"{names[0]} is {done}.", markup=False)


@contextmanager
def _shown(begins: str) -> Iterator[Advance]:
    """A bar that tells what is done."""
    with progress() as bar:
        task = bar.add_task(begins)
        yield lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total)


def _months(settings: Settings, options: Options) -> None:
    now, ahead, keep, dry = datetime.now(UTC), options.ahead, options.keep, options.dry_run
    lines = with_database(settings, lambda database: run(database, now=now, ahead=ahead, keep=keep, dry=dry))
    for line in lines or ["Every history has its months, and none that is too old."]:
        out.print(line, markup=False)


def _wanted(layer: Layer, count: int | None) -> Partitions:
    """What the command says, else what the model declares."""
    if count is not None:
        return Partitions(by=layer.natural_key, count=count)
    if layer.partitions is None:
        raise typer.BadParameter(f"Say into how many: manage.py partitions make {layer.name} --hash 16")
    return layer.partitions


def _rebuild(settings: Settings, layer: Layer, wanted: Partitions | None, *, yes: bool) -> None:
    what = "Join the partitions of" if wanted is None else "Divide"
    confirm(f"{what} {layer.name}? Writes to it are refused until that is done; reads go on.", yes=yes)
    with _shown("waiting for writers") as advance:
        if wanted is None:
            with_database(settings, lambda database: partitioning.join(database, layer, advance))
            out.print(f"{layer.name} is one table.", markup=False)
            return
        count = with_database(settings, lambda database: partitioning.divide(database, layer, wanted, advance))
    out.print(f"{layer.name} has {count} partitions by {wanted.method} of {wanted.by}.", markup=False)


def _list(settings: Settings, name: str, *, json: bool) -> None:
    chosen = [layer_named(name)] if name else LAYERS.managed
    rows = with_database(settings, lambda database: parts.listed(database, chosen))
    if json:
        print_json(rows)
        return
    if not rows:
        out.print("Every layer is one table. To divide one: manage.py partitions make LAYER --hash 16")
        return
    table = Table("layer", "partition", "rows", "size", "bounds")
    for row in rows:
        size = f"{row['bytes'] / 2**20:,.1f} MB"
        table.add_row(row["layer"], row["partition"], f"{row['rows']:,}", size, row["bounds"])
    print_table(table)
