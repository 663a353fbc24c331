"""Answers that are not read as fast as they come; enters connections that wait, leaves few that still may.

What a client doesn't read stays in the memory of the server. So it is bounded in bytes, for each client and in all,
and an answer must be read at a least rate. Who reads slowest is cut off first.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.server.report import Reason
from gateway.settings import HttpSettings

_INTERVAL: Final = 1.0  # seconds between two looks
# How much time a reader can win by what it read: its system takes the next bytes when half a megabyte of room is there.
_CREDIT: Final = 2


class Reader(Protocol):
    """A connection whose client has something to read."""

    def unsent(self) -> int:
        """Bytes that the system has not taken yet."""
        ...

    def cut(self, reason: Reason) -> None:
        """Break the connection off and forget what is unsent."""
        ...


@dataclass(slots=True)
class _Reading:
    client: str
    held: int  # an answer stays in memory whole until its last byte is sent
    due: float  # when more of it must have been read
    measured: float | None = None  # since when; the first bytes go into what the client's system reads ahead
    from_left: int = 0  # bytes that were unsent then
    left: int = 0  # and when it was last looked at


class Unsent:
    """The connections that wait for their clients to read."""

    def __init__(self, http: HttpSettings, clock: Callable[[], float]) -> None:
        self._most, self._client_most = http.unsent_bytes, http.client_unsent_bytes
        self._least_rate = http.least_rate
        self._patience = http.least_rate_seconds
        self._clock = clock
        self._readings: dict[Reader, _Reading] = {}
        self._held = 0
        self._of_client: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, reader: Reader, client: str) -> None:
        """Watch a connection from now on, and cut off others where this is more than may be held."""
        size = reader.unsent()
        self._readings[reader] = _Reading(client, size, self._clock() + self._patience)
        self._held += size
        self._of_client[client] += size
        if self._of_client[client] > self._client_most:
            own = {reader: reading for reader, reading in self._readings.items() if reading.client == client}
            self._shrink(own, self._of_client[client] - self._client_most, Reason.CLIENT_UNSENT)
        if self._held > self._most:
            self._shrink(dict(self._readings), self._held - self._most, Reason.UNSENT)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look)

    def discard(self, reader: Reader) -> None:
        """Watch a connection no more: all was taken, or it is gone."""
        reading = self._readings.pop(reader, None)
        if reading is not None:
            self._held -= reading.held
            self._of_client[reading.client] -= reading.held
            if not self._of_client[reading.client]:
                del self._of_client[reading.client]

    def _shrink(self, readings: dict[Reader, _Reading], excess: int, reason: Reason) -> None:
        """Cut off the slowest until `excess` bytes are gone; one answer alone may be larger than the bound."""
        for reader in sorted(readings, key=self._speed)[:-1]:
            if excess <= 0:
                break
            excess -= readings[reader].held
            self._cut(reader, reason)

    def _speed(self, reader: Reader) -> tuple[int, float]:
        """What sorts readers: those that stand still, new ones by what their client holds, others by their rate."""
        reading = self._readings[reader]
        if reading.measured is None:
            return 1, -self._of_client[reading.client]
        rate = (reading.from_left - reader.unsent()) / max(self._clock() - reading.measured, _INTERVAL)
        return (0 if rate < self._least_rate else 2), rate

    def _cut(self, reader: Reader, reason: Reason) -> None:
        self.discard(reader)
        reader.cut(reason)

    def _look(self) -> None:
        now = self._clock()
        for reader, reading in list(self._readings.items()):
            left = reader.unsent()
            if reading.measured is None:
                reading.measured, reading.from_left = now, left
            else:
                won = (reading.left - left) / self._least_rate
                reading.due = min(reading.due + won, now + _CREDIT * self._patience)
            reading.left = left
            if now > reading.due:
                self._cut(reader, Reason.UNREAD)
        again = bool(self._readings)
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look) if again else None
