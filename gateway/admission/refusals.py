"""What is reported about refused clients: a count of each, and a line of the log for each client now and then."""

import time
from functools import lru_cache
from typing import Final

from prometheus_client import Counter

from gateway import telemetry

_SECONDS: Final = 60.0  # between two lines about one client
_MOST: Final = 1_000  # clients that are told apart


class Refusals:
    """Counts refusals; `kind` is that of a client, `reason` what it was refused for."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, int]] = {}  # when a client was last reported, and how many times since

    def note(self, client: str, lane: str, kind: str, reason: str) -> None:
        """One more."""
        _refused(lane, kind, reason).inc()
        now = time.monotonic()
        since, times = self._told.get(client, (-_SECONDS, 0))
        if now - since < _SECONDS:
            self._told[client] = since, times + 1
            return
        if len(self._told) >= _MOST:
            self._told = {key: last for key, last in self._told.items() if now - last[0] < _SECONDS}
        if len(self._told) < _MOST:
            self._told[client] = now, 0
            telemetry.log.warning(
                "refused", client=client, lane=lane, kind=kind, reason=reason, times=times + 1, seconds=int(_SECONDS)
            )


@lru_cache(maxsize=256)
def _refused(lane: str, kind: str, reason: str) -> Counter:
    return telemetry.refused.labels(lane, kind, reason)
