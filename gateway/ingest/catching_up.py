"""Kept relations that are behind, made right again; enters a database, leaves pairs and no marks.

Each chunk is a transaction that says how far it came, so that who is killed or meets a lock goes on there.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row
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
    """Remake the places that are marked now; answers whether there were any."""
    statements, relation, total, remade = Rebuilding(pairs), {"relation": pairs.name}, 0, 0
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
            await _remake(connection, statements, rows)
            await connection.execute(rebuilding.ADVANCE, {**relation, "last": rows[-1].id})
        remade += len(rows)
        advance(pairs.name, remade, total)
    if done is not None:
        async with engine.begin() as connection:
            await connection.execute(statements.analyze)
    return done is not None


async def _remake(connection: AsyncConnection, statements: Rebuilding, rows: Sequence[Row[Any]]) -> None:
    """Once all cells are held that the rows lie in: one that was moved until then lies in others."""
    given, held = {"ids": [row.id for row in rows]}, None
    if sum(row.room for row in rows) > rebuilding.MANY_CELLS:
        await connection.execute(statements.lock)
    else:
        while (cells := await connection.scalar(statements.cells, given)) != held:
            await connection.execute(rebuilding.HOLD, {"cells": cells})
            held = cells
    await connection.execute(statements.remake, {**given, "low": rows[0].id})
