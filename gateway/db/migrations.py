"""The migrations that ship with this version; enters a connection, leaves the database at a revision.

They stand in `migrations/` beside this package, in a checkout and in an installed wheel alike.
"""

from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_ROOT = Path(__file__).parents[2]
_LOCK = 0x5EED_6A7E  # any number: those who migrate the same database take turns by it


def config(connection: Connection | None = None, metadata: MetaData | None = None) -> Config:
    """Alembic's configuration, with the connection that `migrations/env.py` takes."""
    ini = _ROOT / "alembic.ini"
    made = Config(ini if ini.exists() else None, stdout=StringIO())  # what alembic.check says is known by its return
    made.set_main_option("script_location", str(_ROOT / "migrations").replace("%", "%%"))
    made.attributes["connection"] = connection
    if metadata is not None:
        made.attributes["metadata"] = metadata
    return made


def heads() -> frozenset[str]:
    """The revisions that this version expects the database to have."""
    return frozenset(ScriptDirectory.from_config(config()).get_heads())


def history() -> Sequence[tuple[str, str]]:
    """Revision and title of every migration, oldest first."""
    scripts = list(ScriptDirectory.from_config(config()).walk_revisions())
    return [(script.revision, script.doc) for script in reversed(scripts)]


def ancestors(revision: str) -> frozenset[str]:
    """`revision` and all that it builds upon; nothing where this version does not know it."""
    directory = ScriptDirectory.from_config(config())
    try:
        return frozenset(script.revision for script in directory.iterate_revisions(revision, "base"))
    except (CommandError, RevisionError):
        return frozenset()


def waiting(key: str) -> TextClause:
    """A statement that waits for an advisory lock until the transaction ends; `key` is SQL.

    For five minutes, and not as long as for rows: nobody else waits for it, and others may have much to do.
    """
    return text(f"""
        SELECT set_config('lock_timeout', '300000', true), pg_advisory_xact_lock({key}),
               set_config('lock_timeout', (SELECT reset_val FROM pg_settings WHERE name = 'lock_timeout'), true)
    """)  # noqa: S608 - names of our own


async def applied(connection: AsyncConnection) -> frozenset[str]:
    """The revisions that the database has; none where it was never migrated."""
    return frozenset(await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads()))


async def run(connection: AsyncConnection, command: Callable[[Config], object]) -> None:
    """Run one of `alembic.command` on `connection`, alone among those who migrate this database."""
    await connection.execute(waiting(str(_LOCK)))
    await connection.run_sync(lambda sync: command(config(sync)))
