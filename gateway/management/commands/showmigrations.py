"""`manage.py showmigrations`; enters the database, leaves each migration and whether it is applied."""

from collections.abc import Sequence
from typing import Annotated, TypedDict

import typer

from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.management.output import out, print_json
from gateway.management.running import with_database
from gateway.settings import Settings


class Shown(TypedDict):
    """One migration."""

    revision: str
    title: str
    applied: bool


async def run(database: Database) -> Sequence[Shown]:
    """All migrations, oldest first."""
    async with database.engine.connect() as connection:
        applied = await migrations.applied(connection)
    past = set().union(*map(migrations.ancestors, applied))
    return [Shown(revision=name, title=title, applied=name in past) for name, title in migrations.history()]


def command(*, json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False) -> None:
    """List all migrations and show which are applied."""
    shown = with_database(Settings(), run, make=True)
    if json:
        print_json(shown)
        return
    for migration in shown:
        mark = "X" if migration["applied"] else " "
        out.print(f"[{mark}] {migration['revision']} {migration['title']}", markup=False)
