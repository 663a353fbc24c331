"""Kept relations that are behind, made right again; enters a database, leaves pairs and no marks.

Each chunk is a transaction, and the first lane says how far it came: after a kill or a lock the next run goes on
there. One more connection holds off other rebuilds of the relation.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gateway.db import faults
from gateway.layers import LAYERS, Layer
from gateway.sql import rebuilding
from gateway.sql.keeping import KeptPairs
from gateway.sql.rebuilding import Rebuilding

FIRST, CHUNK = 100, 1_000  # sources at a time, more and more of them while a chunk takes less than
BRIEF = 0.3  # seconds, for which writers around wait
TRIES = 5  # for a chunk whose cells others hold: the other lane too, where neighbors have ids far apart
LANES = 2  # connections that remake, each the half of the sources
_HELD = frozenset({"55P03", "40P01"})  # a lock that is held for long, or that waits for one of this transaction
_MET = "23505"  # a pair that stands there from one side alone, as no trigger leaves it

Advance = Callable[[str, int, int], None]  # a relation, how many of its sources were remade, and how many there are


def _silent(relation: str, remade: int, total: int) -> None:
    del relation, remade, total


async def switch(engine: AsyncEngine, *, on: bool) -> None:
    """Keep the pairs of all relations that are declared `kept` from now on, or no longer; all are behind then."""
    for pairs in rebuilding.kept_pairs(LAYERS):
        async with engine.begin() as connection:
            for statement in pairs.switched(on=on):
                await connection.execute(statement)


async def catch_up(
    engine: AsyncEngine, layer: Layer | None = None, advance: Advance = _silent, *, lanes: int = LANES
) -> None:
    """Remake what is behind of the relations that are kept; raises Locked where a writer holds on to rows."""
    with faults.classified():
        async with engine.connect() as connection:
            kept = set((await connection.scalars(rebuilding.KEPT)).all())
        for pairs in rebuilding.kept_pairs(LAYERS):
            if pairs.name in kept and (layer is None or layer.model.__table__.name in pairs.sides.values()):
                while await _run(engine, pairs, advance, lanes):
                    pass  # what was marked meanwhile


async def _run(engine: AsyncEngine, pairs: KeptPairs, advance: Advance, lanes: int) -> bool:
    """Remake the places that are marked now; answers whether there were any, and all could be made right."""
    statements, relation = Rebuilding(pairs), {"relation": pairs.name}
    async with engine.begin() as alone:
        for statement in rebuilding.ALONE:
            await alone.execute(statement)
        await alone.execute(rebuilding.TURN, relation)
        async with engine.begin() as connection:
            await connection.execute(rebuilding.BEGIN, relation)
            done = await connection.scalar(rebuilding.DONE, relation)
            if done is None:
                return False
            ends = (await connection.execute(statements.ends, {"done": done, "lanes": lanes})).all()
        run = _Rebuild(engine, statements, advance, sum(end.sources for end in ends))
        await run.lanes([done, *(end.last for end in ends)])
        async with engine.begin() as connection:
            await connection.execute(statements.orphans)
            await connection.execute(rebuilding.END, relation)
        async with engine.begin() as connection:
            await connection.execute(statements.analyze)
    return not run.refused


@dataclass(slots=True)
class _Rebuild:
    """How far a rebuild came; `refused` counts the sources that PostGIS cannot compare with those around them."""

    engine: AsyncEngine
    statements: Rebuilding
    advance: Advance
    total: int
    remade: int = 0
    refused: int = 0

    async def lanes(self, ends: Sequence[int]) -> None:
        """Remake the sources between these ids, those of each lane in their order."""
        try:
            async with asyncio.TaskGroup() as group:
                for number, (done, last) in enumerate(pairwise(ends)):
                    group.create_task(self._lane(done, last, tells=number == 0))
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _lane(self, done: int, last: int, *, tells: bool) -> None:
        most, tries, met, name = FIRST, 1, False, self.statements.pairs.name
        while done < last:
            ids: Sequence[int] = ()
            begun = monotonic()
            try:
                async with self.engine.begin() as connection:
                    given = {"done": done, "last": last, "most": most}
                    ids, room = (await connection.execute(self.statements.chunk, given)).one()
                    if not ids:
                        return
                    await self._hold(connection, ids, room)
                    await self._remake(connection, ids, met=met)
                    if tells:
                        await connection.execute(rebuilding.ADVANCE, {"relation": name, "last": ids[-1]})
            except DBAPIError as error:
                state = faults.sqlstate(error)
                if state in _HELD and tries < TRIES:
                    tries += 1
                    continue
                if state == _MET and not met:
                    met = True
                    continue
                if not ids or not faults.of_a_row(error) or faults.outdated(error):
                    raise
                if len(ids) > 1:
                    most = len(ids) // 2
                    continue
                async with self.engine.begin() as connection:
                    await connection.execute(self.statements.mark, {"id": ids[0]})
                self.refused += 1
            brief = monotonic() - begun < BRIEF
            done, tries, met = ids[-1], 1, False
            most = min(2 * most, CHUNK) if brief else max(len(ids) // 2, 1)
            self.remade += len(ids)
            self.advance(name, self.remade, self.total)

    async def _remake(self, connection: AsyncConnection, ids: Sequence[int], *, met: bool) -> None:
        given = {"ids": ids, "low": ids[0]}
        await connection.execute(rebuilding.SETTINGS)
        for statement in (self.statements.remake,) if met else (self.statements.empty, self.statements.fill):
            await connection.execute(statement, given)

    async def _hold(self, connection: AsyncConnection, ids: Sequence[int], room: float) -> None:
        """Take all cells that the rows lie in, until no row has changed meanwhile: it may lie in others."""
        if room > rebuilding.MANY_CELLS:
            await connection.execute(self.statements.lock)
            return
        held = await connection.scalar(self.statements.hold, {"ids": ids})
        while await connection.scalar(self.statements.as_they_are, {"ids": ids}) != held:
            held = await connection.scalar(self.statements.hold, {"ids": ids})
