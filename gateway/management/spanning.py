"""The schemas by which jurisdictions are read as one, as commands keep them; enters a transaction, leaves views.

While some are not migrated yet the views have no columns, so that reads of them fail, and not find those of one schema.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db import migrations
from gateway.db.rows import AnyRow
from gateway.models.jurisdiction import SOME, SPAN
from gateway.sql import jurisdictions, spanning, spanning_views


async def refresh(connection: AsyncConnection) -> None:
    """Have its views read all jurisdictions that there are now; without any there is none.

    From here on the transaction finds the tables of the schema of the URL.
    """
    await connection.execute(spanning.ALONE)
    await connection.execute(spanning.OWN_PATH)
    codes = [row.code for row in (await connection.execute(jurisdictions.KNOWN)).all()]
    if not codes:
        await _leave_none(connection)
        return
    own = await connection.scalar(spanning.OWN_SCHEMA)
    statements = spanning_views.made(await _columns(connection, [str(own), *codes]))
    digest, there = spanning_views.digest(statements), await _made(connection)
    if await connection.scalar(spanning.MADE) == digest and len(there) == len(statements) - 1:  # of which one function
        return
    await _do(connection, [*spanning_views.dropped(there), *statements, spanning_views.comment(digest)])
    applied = (await connection.scalars(spanning.APPLIED)).all()
    if frozenset(applied) != migrations.heads():
        await take_away(connection)


async def take_away(connection: AsyncConnection) -> None:
    """Leave nothing that stands on tables of a jurisdiction, so that these can be changed."""
    await connection.execute(spanning.ALONE)
    if await connection.scalar(spanning.MADE):
        taken_away = [*spanning_views.stubs(SPAN), *spanning_views.stubs(SOME), spanning_views.comment("")]
        await _do(connection, [*spanning_views.dropped(await _made(connection)), *taken_away])


async def _leave_none(connection: AsyncConnection) -> None:
    """Drop all views; who still reads some jurisdictions finds no table, and not those of the schema of the URL."""
    there = [view for view in await _made(connection) if view.schema == SOME]
    await connection.execute(spanning_views.drop())
    for statement in [*spanning_views.dropped(there), *(spanning_views.stubs(SOME) if there else [])]:
        await connection.exec_driver_sql(statement)


async def _made(connection: AsyncConnection) -> Sequence[AnyRow]:
    return (await connection.execute(spanning.VIEWS)).all()


async def _columns(connection: AsyncConnection, schemas: Sequence[str]) -> spanning.Columns:
    wanted = {"schemas": schemas, "tables": spanning_views.tables()}
    return spanning.Columns.of(schemas, (await connection.execute(spanning.COLUMNS, wanted)).all())


async def _do(connection: AsyncConnection, statements: Sequence[str]) -> None:
    for statement in [*spanning_views.create(), *statements]:
        await connection.exec_driver_sql(statement)
