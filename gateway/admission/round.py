"""What a round of the event loop has time for; enters the question, leaves yes or no."""

import asyncio
from time import perf_counter


class Round:
    """Room for `most` pieces of work in each round that begin within `seconds`, the first however long the round is."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._done = 0
        self._until = 0.0

    def room(self) -> bool:
        """Whether a piece of work may be done in this round."""
        if not self._done:
            self._until = perf_counter() + self._seconds
            asyncio.get_running_loop().call_soon(self._end)
        elif self._done >= self._most or perf_counter() >= self._until:
            return False
        self._done += 1
        return True

    def _end(self) -> None:
        self._done = 0
