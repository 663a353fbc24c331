"""Kept relations that are behind, made right again; enters a database, leaves pairs and no marks.

Each chunk is a transaction that says how far it came, so that who is killed or meets a lock goes on there.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.db import faults
from gateway.layers import LAYERS, Layer
from gateway.sql import rebuilding
from gateway.sql.keeping import KeptPairs
from gateway.sql.rebuilding import Rebuilding

CHUNK = 1_000  # sources at a time: writers around them wait for a tenth of a second

Advance = Callable[[str, int, int], None]  # a relation, how many of its sources were remade, and how many there are


def _silent(relation: str, remade: int, total: int) -> None:
    del relation, remade, total


async def switch(engine: AsyncEngine, *, on: bool) -> None:
    """Keep the pairs of all relations that are declared `kept` from now on, or no longer; all are behind then."""
    for pairs in rebuilding.kept_pairs(LAYERS):
        async with engine.begin() as connection:
            for statement in pairs.switched(on=on):
                await connection.execute(statement)


async def catch_up(engine: AsyncEngine, layer: Layer | None = None, advance: Advance = _silent) -> None:
    """Remake what is behind of the relations that are kept; raises Locked where a writer holds on to rows."""
    try:
        async with engine.connect() as connection:
            kept = set((await connection.scalars(rebuilding.KEPT)).all())
        for pairs in rebuilding.kept_pairs(LAYERS):
            if pairs.name in kept and (layer is None or layer.model.__table__.name in pairs.sides.values()):
                while await _run(engine, pairs, advance):
                    pass  # what was marked meanwhile
    except Exception as error:
        if (known := faults.classify(error)) is not None:
            raise known from error
        raise


async def _run(engine: AsyncEngine, pairs: KeptPairs, advance: Advance) -> bool:
    """Remake the places that are marked now; answers whether there were any, and all could be made right."""
    statements, relation, total, remade, refused = Rebuilding(pairs), {"relation": pairs.name}, 0, 0, 0
    while True:
        async with engine.begin() as connection:
            await connection.execute(rebuilding.TURN, relation)
            await connection.execute(rebuilding.BEGIN, relation)
            done = await connection.scalar(rebuilding.DONE, relation)
            if done is None:
                break
            total = total or await connection.scalar(statements.left, {"done": done})
            rows = (await connection.execute(statements.chunk, {"done": done, "most": CHUNK})).all()
            if not rows:
                await connection.execute(statements.orphans)
                await connection.execute(rebuilding.END, relation)
                break
            await _hold(connection, statements, rows)
            refused += await _remake(connection, statements, [row.id for row in rows])
            await connection.execute(rebuilding.ADVANCE, {**relation, "last": rows[-1].id})
        remade += len(rows)
        advance(pairs.name, remade, total)
    if done is not None:
        async with engine.begin() as connection:
            await connection.execute(statements.analyze)
    return done is not None and not refused


async def _hold(connection: AsyncConnection, statements: Rebuilding, rows: Sequence[Row[Any]]) -> None:
    """Take all cells that the rows lie in, until none is missing: one that was moved meanwhile lies in others."""
    given, held = {"ids": [row.id for row in rows]}, None
    if sum(row.room for row in rows) > rebuilding.MANY_CELLS:
        await connection.execute(statements.lock)
        return
    while (cells := await connection.scalar(statements.cells, given)) != held:
        await connection.execute(rebuilding.HOLD, {"cells": cells})
        held = cells


async def _remake(connection: AsyncConnection, statements: Rebuilding, ids: Sequence[int]) -> int:
    """Answers how many rows PostGIS refuses to compare, itself or with others: each is marked anew, alone."""
    try:
        async with connection.begin_nested():
            await connection.execute(statements.remake, {"ids": ids, "low": ids[0]})
    except DBAPIError as error:
        if not faults.of_a_row(error) or faults.outdated(error):
            raise
        if len(ids) == 1:
            await connection.execute(statements.mark, {"id": ids[0]})
            return 1
        middle = len(ids) // 2
        return sum([await _remake(connection, statements, half) for half in (ids[:middle], ids[middle:])])
    return 0
