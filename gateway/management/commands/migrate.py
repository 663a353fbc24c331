"""`manage.py migrate`; enters a revision, leaves the database at it."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import typer
from alembic import command as alembic
from alembic.util import CommandError
from sqlalchemy import Index, text
from sqlalchemy.exc import DBAPIError

from gateway import errors
from gateway.checks import lacking
from gateway.checks.inspection import Inspection, StoredTable
from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.layers import LAYERS, Layers
from gateway.management import jurisdictions, parts, spanning
from gateway.management.output import out
from gateway.management.running import about, jurisdiction, with_database
from gateway.settings import Settings
from gateway.settings.jurisdictions import apart_of
from gateway.sql.jurisdictions import THERE
from migrations.operations import renew

_NEWEST: Final = frozenset({"head", "heads"})

Done = tuple[frozenset[str], frozenset[str]]


async def run(database: Database, target: str, number: int = 0) -> Done:
    """Upgrade or downgrade to `target`; return the revisions before and after. `number` is that of a jurisdiction."""
    async with database.engine.begin() as connection:
        encoding = await connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise errors.SetupError(
                f"The encoding of this database is {encoding}; the gateway needs UTF8. "
                "Make another one: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0;"
            )
        before = await migrations.applied(connection)
        if target not in _NEWEST or before != migrations.heads():
            await spanning.take_away(connection)
        going_down = _goes_down(target, before)
        move = alembic.downgrade if going_down else alembic.upgrade
        try:
            await migrations.run(connection, lambda config: move(config, "base" if target == "zero" else target))
        except CommandError as error:
            fix = "Its migrations may be of another version, or of a layer that is not here: see showmigrations."
            raise errors.SetupError(f"The database cannot migrate to {target}: {error}. {fix}") from error
        except DBAPIError as error:
            if not (error.statement or "").startswith("CREATE EXTENSION"):
                raise
            raise errors.SetupError(
                "This database has no PostGIS, and the role of GATEWAY_DATABASE_URL may not make it. "
                "As a superuser, once, in this database: CREATE EXTENSION postgis;"
            ) from error
        await connection.run_sync(renew)  # of tables that somebody changed by hand
        if number:
            await jurisdictions.settle(connection, number)
        return before, await migrations.applied(connection)


async def run_all(database: Database, target: str) -> AsyncIterator[tuple[str, Database, Done]]:
    """Bring the schema of the URL to `target` and then the jurisdictions, or downwards these before it.

    Each is a transaction of its own, so that what was done stays where one fails, and the next call goes on there.
    """
    async with database.engine.connect() as connection:
        down = _goes_down(target, await migrations.applied(connection))
    if not down:
        yield "", database, await run(database, target)
    async for row, inside in jurisdictions.each(database):
        yield row.code, inside, await run(inside, target, row.number)
    if down:
        yield "", database, await run(database, target)
    async with database.engine.begin() as connection:
        if await connection.scalar(THERE):
            await spanning.refresh(connection)


async def add_indexes(
    database: Database, settings: Settings, layers: Layers = LAYERS
) -> AsyncIterator[tuple[str, str]]:
    """Make what tables lack of the indexes of searches, and those of others of any; writes go on meanwhile.

    Answers each statement, and why it could not be run or nothing.
    """
    async with database.session() as reading:
        inspection = Inspection(settings, layers, reading)
        tables = [await inspection.stored(layer) for layer in layers]
    for table in tables:
        if table is None or table.view:
            continue
        for index in list(lacking.of(table)):
            yield lacking.creating(index), await _made(database, index, table)


async def _made(database: Database, index: Index, table: StoredTable) -> str:
    made = lacking.on_partitions(index) if table.parts else (lacking.dropping(index), lacking.creating(index))
    try:
        async with database.autocommit.connect() as connection:
            for statement in made:
                await connection.exec_driver_sql(statement)
        if table.parts:
            await parts.complete(database, table.layer)
        async with database.autocommit.connect() as connection:
            await connection.exec_driver_sql(f"ANALYZE {table.name}")
    except DBAPIError as error:
        return str(error.orig).split(">: ")[-1].partition("\n")[0]
    return ""


def _goes_down(target: str, applied: frozenset[str]) -> bool:
    if target in {"zero", "base"} or target.startswith("-"):
        return True
    if target in _NEWEST or target.startswith("+"):
        return False
    return any(target != revision and target in migrations.ancestors(revision) for revision in applied)


def command(
    target: Annotated[
        str, typer.Argument(help="Revision to go to, up or down; 'zero' undoes all, '-1' undoes one.")
    ] = "head",
) -> None:
    """Bring the database's tables to this version, or to a revision."""
    settings = Settings()

    async def work(database: Database) -> None:
        async for code, inside, done in run_all(database, target):
            _tell(code or jurisdiction.get() or "", done)
            if done[1] == migrations.heads():
                async for statement, failure in add_indexes(inside, settings):
                    out.print(f"Not run, since {failure}: {statement};" if failure else f"{statement};", markup=False)

    with_database(settings, work, make=True)
    for each in apart_of(settings):
        with about(each):
            with_database(settings, work)


def _tell(code: str, done: Done) -> None:
    before, after = done
    shown = ", ".join(sorted(after)) or "zero"
    where = f"{code}: " if code else ""
    out.print(f"{where}No migrations to apply." if before == after else f"{where}Migrated to [bold]{shown}[/].")
