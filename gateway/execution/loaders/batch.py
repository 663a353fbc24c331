"""The only way to batch; enters keys that resolvers ask for one by one, leaves their values in order.

aiodataloader collects the keys of one turn of the event loop. A loader is made inside its request: it keeps the running
loop and remembers what it read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BatchLoader(DataLoader[K, V], Generic[K, V]):
    """Loads many keys with one call of `fetch`; a key that it does not return is `missing`: a value or an exception."""

    def __init__(self, fetch: Callable[[list[K]], Awaitable[Mapping[K, V]]], missing: Any = None) -> None:
        super().__init__()
        self._fetch = fetch
        self._missing = missing

    def load(self, key: K) -> "asyncio.Future[V]":
        """The value of one key.

        All that ask for the same key wait for the same future. GraphQL cancels the siblings of a field that fails, and
        that must end their waiting, not the future that fields elsewhere wait for.
        """
        future = super().load(key)
        future.add_done_callback(heed)
        return asyncio.shield(future)

    async def batch_load_fn(self, keys: list[K]) -> list[V]:
        """Read all keys at once; the answer keeps their order."""
        try:
            values = await self._fetch(keys)
        except asyncio.CancelledError:
            # The session was closed. aiodataloader leaves those who wait waiting, and their tasks would never end.
            for key in keys:
                self._cache[key].cancel()
            raise
        return [values.get(key, self._missing) for key in keys]


def heed(future: "asyncio.Future[V]") -> None:
    """Take notice of a failure: those that waited may be cancelled by now, and asyncio complains where nobody does."""
    if not future.cancelled():
        future.exception()
