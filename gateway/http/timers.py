"""Timers that hardly ever go off; enters what is due later, calls those that still wait then.

A timer of the event loop for each request would be made and cancelled for nothing. All that wait equally long share
one here.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    """Calls `due` of each that was started `seconds` ago and not stopped."""

    def __init__(self, seconds: float, due: Callable[[T], None]) -> None:
        self._seconds = seconds
        self._due = due
        self._waiting: dict[T, float] = {}  # in the order in which they are due
        self._loop: asyncio.AbstractEventLoop | None = None  # that has the timer, while something waits

    def start(self, each: T) -> None:
        """Call it later, unless it is stopped."""
        loop = asyncio.get_running_loop()
        self._waiting[each] = loop.time() + self._seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(self._seconds, self._look)

    def stop(self, each: T) -> None:
        """Don't call it."""
        self._waiting.pop(each, None)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for each, when in list(self._waiting.items()):
            if when > now:
                loop.call_later(when - now, self._look)
                return
            if self._waiting.pop(each, None) is not None:
                self._due(each)
        if self._waiting:  # what was started by one that was due
            loop.call_later(self._seconds, self._look)
        else:
            self._loop = None


class Limit:
    """What `asyncio.timeout` is, of `limits`: the block is cancelled when its time is over, and raises TimeoutError."""

    __slots__ = ("_before", "_limits", "_task", "expired")

    def __init__(self, limits: Timers["Limit"]) -> None:
        self._limits = limits
        self.expired = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._before = task, task.cancelling()
        self._limits.start(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._limits.stop(self)
        if self.expired and self._task.uncancel() <= self._before and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error

    def expire(self) -> None:
        """Cancel the block."""
        self.expired = True
        self._task.cancel()


def limits(seconds: float) -> Timers[Limit]:
    """The timers of blocks that may take so many seconds."""
    return Timers(seconds, Limit.expire)
