"""What is kept prepared; enters keys and how to make what they stand for, leaves it made once, within bounds.

Each cache is bounded in number, and all of a worker's share one room that is bounded in bytes. Python counts no bytes
that an object holds, so each is estimated from what was measured of such objects, rather too much than too little.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import ref

K = TypeVar("K")
T = TypeVar("T")


class MemoryBudget:
    """Bytes for all that is kept; when they are out, what was made first is forgotten first.

    It holds none of the caches: a document that is forgotten takes the caches of its plans along.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._taken: deque[tuple[int, ref[LruCache[Any, Any]], Any]] = deque()
        self.used = 0

    def take(self, size: int, cache: "LruCache[K, Any]", key: K) -> None:
        """Count `size` bytes until there is no more room; then, which may be at once, the cache forgets the key."""
        self._taken.append((size, ref(cache), key))
        self.used += size
        while self.used > self._capacity:
            freed, owner, oldest = self._taken.popleft()
            self.used -= freed
            if (holder := owner()) is not None:
                holder.forget(oldest)


class LruCache(Generic[K, T]):
    """The values of the latest `most` keys, each made once.

    Mostly a key is that of last time: to see that is cheaper than its hash.
    """

    def __init__(self, most: int, memory: MemoryBudget) -> None:
        self._most = most
        self._memory = memory
        self._made: OrderedDict[K, T] = OrderedDict()
        self._last: tuple[K, T] | None = None

    def __len__(self) -> int:
        return len(self._made)

    def __contains__(self, key: K) -> bool:
        return (self._last is not None and self._last[0] == key) or key in self._made

    def get(self, key: K, make: Callable[[K], tuple[T, int | None]]) -> T:
        """The value of a key; `make` gives it with the bytes it takes, None where it is not to be kept."""
        if self._last is None or self._last[0] != key:
            value = self._lookup(key, make)
            self._last = (key, value) if key in self._made else None
            return value
        return self._last[1]

    def _lookup(self, key: K, make: Callable[[K], tuple[T, int | None]]) -> T:
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        value, size = make(key)
        if size is None:
            return value
        self._made[key] = value
        if len(self._made) > self._most:
            self.forget(next(iter(self._made)))
        self._memory.take(size, self, key)
        return value

    def forget(self, key: K) -> None:
        """Let go of a value."""
        self._made.pop(key, None)
        if self._last is not None and self._last[0] == key:
            self._last = None
