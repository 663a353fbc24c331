"""The schema by which all jurisdictions are read as one, as commands keep it; enters a transaction, leaves views.

While some are not migrated yet its views have no columns, so that reads of it fail, and not find those of one schema.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import migrations
from gateway.sql import jurisdictions, spanning


async def refresh(connection: AsyncConnection) -> None:
    """Have its views read all jurisdictions that there are now; without any there is none.

    From here on the transaction finds the tables of the schema of the URL.
    """
    await connection.execute(spanning.ALONE)
    await connection.execute(spanning.OWN_PATH)
    codes = [row.code for row in (await connection.execute(jurisdictions.KNOWN)).all()]
    if not codes:
        await connection.execute(spanning.drop())
        return
    own = await connection.scalar(spanning.OWN_SCHEMA)
    statements = spanning.made(await _columns(connection, [str(own), *codes]))
    digest, there = spanning.digest(statements), await _made(connection)
    if await connection.scalar(spanning.MADE) == digest and len(there) == len(statements):
        return
    await _do(connection, [*spanning.dropped(there), *statements, spanning.comment(digest)])
    applied = (await connection.scalars(spanning.APPLIED)).all()
    if frozenset(applied) != migrations.heads():
        await take_away(connection)


async def take_away(connection: AsyncConnection) -> None:
    """Leave nothing that stands on tables of a jurisdiction, so that these can be changed."""
    await connection.execute(spanning.ALONE)
    if await connection.scalar(spanning.MADE):
        await _do(connection, spanning.taken_away(await _made(connection)))


async def _made(connection: AsyncConnection) -> Sequence[str]:
    return (await connection.scalars(spanning.VIEWS)).all()


async def _columns(connection: AsyncConnection, schemas: Sequence[str]) -> spanning.Columns:
    wanted = {"schemas": schemas, "tables": spanning.tables()}
    return spanning.Columns.of(schemas, (await connection.execute(spanning.COLUMNS, wanted)).all())


async def _do(connection: AsyncConnection, statements: Sequence[str]) -> None:
    await connection.execute(spanning.create())
    for statement in statements:
        await connection.exec_driver_sql(statement)
