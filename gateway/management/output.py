"""What commands print; enters tables, texts and errors, leaves standard output and standard error."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway import errors

_WIDEST: Final = 1_000
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def progress() -> Progress:
    """A bar on standard error, which is gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)


def print_json(value: object) -> None:
    """Print `value` for machines."""
    out.print(json.dumps(value, indent=2, default=str), markup=False)


def print_table(table: Table, *, folded: bool = True) -> None:
    """Print a table in the width of the terminal: what is too long for its cell goes on below, and nothing is cut.

    One that is not `folded` takes the width that it needs, and the terminal breaks its lines.
    """
    for column in table.columns:
        column.overflow = "fold"
    if folded:
        out.print(table, soft_wrap=False)
    else:
        needed = out.measure(table, options=out.options.update(max_width=_WIDEST)).maximum
        Console(width=max(out.width, needed), highlight=False).print(table)


@contextmanager
def draft(file: Path) -> Iterator[Path]:
    """A path beside `file` that takes its name at the end; where it comes to none, nothing is left of it."""
    path = file.with_name(f".{file.stem}.{os.getpid()}{file.suffix}")
    try:
        yield path
        path.replace(file)
    except OSError as error:
        raise errors.OutputError(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        path.unlink(missing_ok=True)


def complain(error: errors.GatewayError) -> None:
    """Say on one line what is wrong."""
    err.print(f"[bold red]{error.code}[/]", end=" ")
    err.print(" ".join(error.message.split()), markup=False)
