"""`manage.py dbshell`; enters the database's URL, leaves the exit code of psql."""

import os
import shutil
import signal
import subprocess
import sys
from typing import Annotated

import typer
from sqlalchemy import make_url

from gateway import errors
from gateway.db.embedded import database_url
from gateway.db.embedded.binaries import find_server
from gateway.management.running import past_pooler
from gateway.settings import Settings
from gateway.settings.database_url import libpq


def run(url: str, arguments: list[str]) -> int:
    """Run psql on the database; its password goes by the environment, where other users cannot see it."""
    given = make_url(url)
    target = libpq(given)
    environment = dict(os.environ) | ({} if given.password is None else {"PGPASSWORD": str(given.password)})
    client = shutil.which("psql") or find_server().program("psql")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C cancels a statement of psql, not this process
    try:
        return subprocess.run([client, target.render_as_string(), *arguments], check=False, env=environment).returncode  # noqa: S603
    finally:
        signal.signal(signal.SIGINT, before)


def command(
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments for psql, after --.")] = None,
) -> None:
    """Open psql on the gateway's database."""
    with database_url(past_pooler(Settings())) as url:
        try:
            code = run(url, arguments or [])
        except OSError as error:
            raise errors.SetupError(f"psql cannot be run ({error.strerror}): install postgresql-client.") from error
    sys.exit(code)
