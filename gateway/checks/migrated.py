"""The database's migration against the newest one; enters an inspection, leaves messages."""

from collections.abc import AsyncIterator

from alembic.script import ScriptDirectory

from gateway.checks import rules
from gateway.checks.inspection import Inspection
from gateway.checks.messages import Message
from gateway.db import migrations
from gateway.sql import catalog


async def pending(at: Inspection) -> AsyncIterator[Message]:
    scripts = ScriptDirectory.from_config(migrations.config())
    kept = await at.reading.scalar(catalog.REVISIONS_KEPT)
    stored = {row.version_num for row in await at.rows(catalog.REVISIONS)} if kept else set()
    known = {script.revision for script in scripts.walk_revisions()}
    if unknown := stored - known:
        yield rules.MIGRATIONS_UNKNOWN(
            f"Revision {', '.join(sorted(unknown))} is not among the migrations of this version.",
            hint="Install the version of the gateway that migrated the database, or a newer one.",
            about="alembic_version",
        )
    elif stored != set(scripts.get_heads()):
        yield rules.MIGRATIONS_PENDING(
            f"The database is at {', '.join(sorted(stored)) or 'no revision'}, "
            f"the newest is {', '.join(scripts.get_heads())}.",
            hint="Run manage.py migrate.",
            about="alembic_version",
        )
