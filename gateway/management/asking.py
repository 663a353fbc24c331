"""Questions before what can't be undone; enters a question, leaves when it is answered with yes."""

import sys
from typing import Annotated

import typer

from gateway.errors import SetupError

Yes = Annotated[bool, typer.Option("--yes", "--no-input", help="Ask nothing: do it.")]


def confirm(question: str, *, yes: bool) -> None:
    """Go on where the user says so, at once with `yes`; raises SetupError where no terminal can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise SetupError(f"{question} No terminal is there to ask, and nothing was changed. Add --yes to do it.")
    typer.confirm(question, abort=True, err=True)
