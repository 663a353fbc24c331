"""Chunks written at the same time and committed one after another; enters chunks, leaves what became of each.

A chunk commits only when the one before it has been accounted for, so whatever happens the chunks that are committed
are the first ones of the source, and a resumed run knows where to go on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass

from gateway.ingest.runs import Finished
from gateway.ingest.write import Chunk

# Writes a chunk in a transaction of its own, and commits once the turn comes; rolls back where that raises Withdrawn.
Write = Callable[[Chunk, Callable[[], Awaitable[None]]], Coroutine[object, object, Finished]]


class Withdrawn(Exception):
    """The chunk is not wanted any more: one before it failed, or the caller stopped."""


@dataclass(frozen=True)
class _Lane:
    chunk: Chunk
    turn: asyncio.Future[bool]
    task: asyncio.Task[Finished]


async def in_order(chunks: AsyncIterator[Chunk], write: Write, at_once: int) -> AsyncGenerator[Finished, None]:
    """Write `chunks`, at most so many at once; yields each when it is committed, in their order.

    Chunks that share a key are never written at once: the first would wait for the second, which waits for its turn.
    """
    under_way: deque[_Lane] = deque()
    try:
        while (chunk := await _following(chunks)) and not isinstance(chunk, Exception):
            while _meets(chunk, under_way):
                yield await under_way.popleft().task
                _let_first(under_way)
            under_way.append(_begin(chunk, write))
            _let_first(under_way)
            while len(under_way) >= at_once:  # now, so that each is reported as soon as it is committed
                yield await under_way.popleft().task
                _let_first(under_way)
        while under_way:
            yield await under_way.popleft().task
            _let_first(under_way)
        if isinstance(chunk, Exception):
            raise chunk
    finally:
        for lane in under_way:
            if not lane.turn.done():
                lane.turn.set_result(False)
        await asyncio.gather(*(lane.task for lane in under_way), return_exceptions=True)


async def _following(chunks: AsyncIterator[Chunk]) -> Chunk | Exception | None:
    """The next chunk, or why there is none, which waits for those under way."""
    try:
        return await anext(chunks, None)
    except Exception as error:  # noqa: BLE001 - raised by the caller
        return error


def _meets(chunk: Chunk, under_way: deque[_Lane]) -> bool:
    return not all(lane.chunk.keys.isdisjoint(chunk.keys) for lane in under_way)


def _begin(chunk: Chunk, write: Write) -> _Lane:
    turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def come() -> None:
        if not await turn:
            raise Withdrawn

    return _Lane(chunk, turn, asyncio.create_task(write(chunk, come)))


def _let_first(under_way: deque[_Lane]) -> None:
    if under_way and not under_way[0].turn.done():
        under_way[0].turn.set_result(True)
