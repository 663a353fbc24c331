"""Connections that were refused or cut off; enters one reason each, leaves a metric and few log lines.

An attack is thousands of these in a second, so the log has one line for each reason and interval, with the client that
is behind most of them.
"""

import asyncio
from collections import Counter
from enum import StrEnum
from typing import Final

from gateway import telemetry

_INTERVAL: Final = 5.0  # seconds that one line sums up
_CLIENTS: Final = 1_000  # counted by name for one line


class Reason(StrEnum):
    """Why a connection was refused or ended; the label of the metric."""

    FULL = "full"
    CLIENT_FULL = "client_full"
    MADE_ROOM = "made_room"
    SILENT = "silent"
    SLOW_HEAD = "slow_head"
    LARGE_HEAD = "large_head"
    BAD_REQUEST = "bad_request"
    PIPELINED = "pipelined"
    UNREAD = "unread"
    UNSENT = "unsent"
    CLIENT_UNSENT = "client_unsent"


class ConnectionReport:
    """Counts at once, and logs a little later."""

    def __init__(self) -> None:
        self._clients: dict[Reason, Counter[str]] = {}
        self._timer: asyncio.TimerHandle | None = None
        for reason in Reason:
            telemetry.connections_ended.labels(reason)  # seen as 0 from the start

    def add(self, reason: Reason, client: str) -> None:
        """Count one connection of a client."""
        telemetry.connections_ended.labels(reason).inc()
        clients = self._clients.setdefault(reason, Counter())
        clients[client if client in clients or len(clients) < _CLIENTS else "others"] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._log)

    def _log(self) -> None:
        self._timer = None
        self._clients.pop(Reason.SILENT, None)  # browsers open connections that they then don't need
        for reason, clients in self._clients.items():
            ((client, most),) = clients.most_common(1)
            of = {"client": client, "of_client": most, "clients": len(clients)}
            telemetry.log.warning("connections ended", reason=reason, count=clients.total(), **of)
        self._clients.clear()
