"""Work that several requests wait for and that is done once; enters a key and how to do it, leaves the result.

Who stops waiting stops nothing, unless nobody is left: then the work is cancelled, and with it its SQL.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Flights(Generic[T]):
    """What is under way, by key."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, or of that which is under way under the same key."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0:
                del self._flights[key]  # before anything is awaited: nobody joins what is being cancelled
                await _end(flight.task)


async def _end(task: asyncio.Task[object]) -> None:
    """Cancel what still runs, and wait until its connection is back."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
