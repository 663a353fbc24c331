"""Jurisdictions as commands make, migrate and drop them; enters codes, leaves schemas.

Each is made, or migrated, in one transaction: it is there whole or not at all, and what was done stays.
"""

import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any, Final

from alembic import command as alembic
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway import errors
from gateway.db import faults, migrations
from gateway.db.sessions import Database
from gateway.execution.jurisdictions import listed, path_of, within
from gateway.ingest.runs import hold
from gateway.layers import LAYERS, Layers
from gateway.management import clusters, spanning
from gateway.models.jurisdiction import ALL
from gateway.sql import emptying
from gateway.sql import jurisdictions as sql
from migrations.operations import renew

_CODE: Final = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_LONGEST: Final = 40
_RESERVED: Final = re.compile(rf"pg_.*|information_schema|public|{ALL}|gateway_.*")


def checked(code: str) -> str:
    """A code that may name a jurisdiction; raises BadJurisdiction for any other text."""
    if not _CODE.fullmatch(code) or len(code) > _LONGEST:
        raise errors.BadJurisdiction(
            f"{code[:80]!r} can't be a code. It has small letters a to z and digits, begins with a letter, may have "
            f"single - and _ between, and at most {_LONGEST} characters: cambridge, new-york."
        )
    if _RESERVED.fullmatch(code):
        raise errors.BadJurisdiction(f"{code} has a meaning of its own, here or for PostgreSQL. Take another code.")
    return code


async def add(
    database: Database, code: str, name: str, outline: bytes | None = None, *, distributed: bool = False
) -> int:
    """Make a jurisdiction with all tables, and without rows; `outline` is WKB in WGS 84. Returns its number.

    One that is `distributed` has its tables on a node of a Citus cluster. Raises BadJurisdiction for a code that is
    taken or can't be one, NotMigrated where the database is of another version, NoCluster where nothing can be
    distributed.
    """
    checked(code)
    async with database.engine.begin() as connection:
        if await migrations.applied(connection) != migrations.heads():
            raise errors.NotMigrated("The database is not at this version's migration. Run manage.py migrate first.")
        if kind := await connection.scalar(sql.TAKEN, {"code": code}):
            raise errors.BadJurisdiction(f"There is a {kind} {code} in this database already. Take another code.")
        number = await connection.scalar(sql.ADD, {"code": code, "name": name, "outline": outline and outline.hex()})
        async with clusters.spreading(connection) if distributed else nullcontext():
            await connection.execute(sql.create(code))
        await _enter(connection, await path_of(connection, code))
        await connection.execute(sql.MIGRATIONS)
        await migrations.run(connection, lambda config: alembic.upgrade(config, "head"))
        await settle(connection, int(number))
        await spanning.refresh(connection)
        return int(number)


async def settle(connection: AsyncConnection, number: int) -> None:
    """Make right in the schema of the connection's path what migrations can't know."""
    await connection.run_sync(renew)
    await connection.execute(sql.settle(number))
    await clusters.settle(connection)


async def _enter(connection: AsyncConnection, path: str) -> None:
    await connection.exec_driver_sql("SELECT set_config('search_path', $1, true)", (path,))


async def each(database: Database) -> AsyncIterator[tuple[Any, Database]]:
    """All of them, each with its database."""
    for row in await listed(database):
        yield row, await within(database, row.code)


async def rows(database: Database, layers: Layers = LAYERS) -> dict[str, int]:
    """How many rows each layer has."""
    async with database.session() as session:
        return {layer.name: int(await session.scalar(emptying.rows(layer))) for layer in layers.managed}


async def drop(database: Database, code: str, layers: Layers = LAYERS) -> None:
    """Delete a jurisdiction with all that it has.

    Raises Locked while it is loaded into, BadJurisdiction where something outside would go with it.
    """
    inside = await within(database, code)
    with faults.classified():
        async with inside.engine.begin() as connection:
            for layer in layers.managed:
                await hold(connection, layer)
            await spanning.take_away(connection)
            if used := (await connection.scalars(sql.USED, {"code": code})).all():
                message = f"{', '.join(used)} would be dropped with {code}. Drop what is of no use first, or change it."
                raise errors.BadJurisdiction(message)
            await connection.execute(sql.drop(code))
            # The table of this name that is found now, since that of the schema is gone.
            await connection.execute(sql.FORGET, {"code": code})
            await spanning.refresh(connection)
