"""Floor 8. What commands print; enters tables, texts and errors, leaves standard output and standard error."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway import errors

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """Print `value` for machines."""
    out.print(json.dumps(value, indent=2, default=str), markup=False)


def print_table(table: Table) -> None:
    """Print a table in the width of the terminal: what is too long for its cell goes on below, and nothing is cut."""
    for column in table.columns:
        column.overflow = "fold"
    out.print(table, soft_wrap=False)


def complain(error: errors.GatewayError) -> None:
    """Say on one line what is wrong."""
    err.print(f"[bold red]{error.code}[/]", end=" ")
    err.print(" ".join(error.message.split()), markup=False)
