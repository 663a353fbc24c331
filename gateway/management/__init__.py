"""`manage.py <command>`; enters the command line, leaves an exit code: 0, 1 for a failure, 2 for wrong usage.

Each file of `commands` is one command: a function `command` with its arguments, and an async `run` that does the work.
"""

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer
from pydantic import ValidationError

from gateway import errors, settings
from gateway.db import faults
from gateway.management import commands
from gateway.management.arguments import with_jurisdiction
from gateway.management.output import complain

# The commands that may be about a jurisdiction.
OF_JURISDICTION = frozenset(
    (
        *("advise", "check", "export", "flush", "ingest", "listkeys", "partitions", "prune", "relations"),
        *("revokekey", "sample", "showmigrations", "trust"),
    )
)


def names() -> Sequence[str]:
    """The commands there are."""
    return sorted(module.name for module in iter_modules(commands.__path__))


def application(chosen: Iterable[str]) -> typer.Typer:
    """The Typer application of the `chosen` commands."""
    app = typer.Typer(name="manage.py", add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)
    app.callback()(_options)
    for name in chosen:
        command = import_module(f"{commands.__name__}.{name}").command
        app.command(name)(with_jurisdiction(command) if name in OF_JURISDICTION else command)
    return app


def _options(*, traceback: Annotated[bool, typer.Option(help="Show where an unforeseen error arose.")] = False) -> None:
    """Manage the spatial gateway: a GraphQL gateway over PostGIS."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Importing all commands takes a second, and one of them needs but its own.
    asked = [name for name in names() if name in given]
    try:
        application(asked or names())(given, prog_name="manage.py")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if (known := _known(error)) is None and "--traceback" in given:
            raise
        complain(
            known or errors.Internal(f"{type(error).__name__}: {error} (--traceback before the command shows more)")
        )
        sys.exit(1)


def _known(error: Exception) -> errors.GatewayError | None:
    if isinstance(error, errors.GatewayError):
        return error
    if isinstance(error, ValidationError):
        return errors.SetupError(
            "; ".join(f"{_setting(error.title, one['loc'])}: {one['msg']}" for one in error.errors())
        )
    return faults.classify(error)


def _setting(group: str, location: Sequence[str | int]) -> str:
    """The name of a setting in the environment."""
    prefix = getattr(settings, group).model_config["env_prefix"]
    return str(prefix) + "_".join(map(str, location)).upper()
