"""Whether a run can be gone on with; enters a run and its source, leaves yes or no.

A run counts features, so it goes on by their place in the source. That is right only where what it wrote stands before
that place, and is still in the table: so the keys of its last chunk are looked for.
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.ingest import runs
from gateway.ingest.prepare import Preparer
from gateway.ingest.report import Action
from gateway.layers import Layer
from gateway.sources.batches import Source
from gateway.sql.ingest import held

_LEFT_OUT = frozenset({Action.SKIPPED, Action.REJECTED})


async def stands(engine: AsyncEngine, layer: Layer, run: runs.Run, source: Source, preparer: Preparer) -> bool:
    """Whether the table has most of the keys of the last chunk: some may have been deleted since, but not nearly all.

    Raises SourceError where the source can't be read.
    """
    if not run.chunks:
        return True
    first, chunk = await runs.last(engine, run)
    left_out = {each.index for each in chunk.outcomes if each.index is not None and each.action in _LEFT_OUT}
    keys = await asyncio.to_thread(_keys, source, preparer, range(first, run.features), left_out)
    if not keys:
        return True
    async with engine.connect() as connection:
        there: int = (await connection.execute(held(layer, sorted(keys)))).scalar_one()
    return 2 * there >= len(keys)


def _keys(source: Source, preparer: Preparer, places: range, left_out: set[int]) -> set[str]:
    """The keys of the features at these places that became rows."""
    keys: set[str] = set()
    for batch in source.batches(places.start, max(len(places), 1), set()):
        for place, key in enumerate(preparer.key_of_each(batch), batch.first):
            if key is not None and place in places and place not in left_out:
                keys.add(key)
        if batch.first + batch.rows >= places.stop:
            break
    return keys
