"""The connections of a worker; enters each that was accepted, leaves those for which there is room.

A connection on which no request is under way only waits. When there is no more room, the one that waits longest is
closed for one that comes: who opens connections and sends nothing pushes out itself.
"""

import asyncio
import resource
from collections import OrderedDict
from typing import Final, Protocol

from gateway import telemetry
from gateway.admission.clients import Proxies, address_of
from gateway.http.timers import Timers
from gateway.server.report import ConnectionReport, Reason
from gateway.server.rounds import Rounds
from gateway.server.unsent import Unsent
from gateway.settings import HttpSettings, LimitSettings
from gateway.settings.http import SPARE_FILES

LINGERING: Final = 64  # refused connections that may wait until their client has read why
_READ: Final = 8  # connections that are read in a round
_HALF: Final = 2


class Connection(Protocol):
    """What the protocol of one connection does for all."""

    def read(self) -> None:
        """Read what it has received."""
        ...

    def cut(self, reason: Reason) -> None:
        """Break the connection off."""
        ...

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, on which no request came for long."""
        ...


class Peer:
    """The other end of connections: an address, or all that have a /64."""

    __slots__ = ("count", "key", "limited", "waiting")

    def __init__(self, key: str, *, limited: bool) -> None:
        self.key = key
        self.limited = limited
        self.count = 0
        self.waiting: OrderedDict[Connection, None] = OrderedDict()


class Connections:
    """All connections of a worker, and what bounds them."""

    def __init__(self, http: HttpSettings, limits: LimitSettings) -> None:
        self.report = ConnectionReport()
        self.reading: Rounds[Connection] = Rounds(asyncio.get_running_loop(), lambda each: each.read(), most=_READ)
        self.unsent = Unsent(http, asyncio.get_running_loop().time)
        self.limits = limits
        self.idle: Timers[Connection] = Timers(http.keep_alive_seconds, lambda each: each.timeout_keep_alive_handler())
        self.lingering = 0
        self._most = _with_files(http.connections)
        self._client_most = http.client_connections
        self._trusted = Proxies(http.trusted_proxies)
        self._peers: dict[str, Peer] = {}
        self._count = 0
        self._waiting: OrderedDict[Connection, Peer] = OrderedDict()

    def peer(self, address: tuple[str, int] | None) -> Peer:
        """The peer at an address; proxies that are trusted have no bound of their own."""
        key = address_of(address, None, self._trusted)
        return self._peers.get(key) or Peer(key, limited=not self._trusted.trusts(address[0] if address else None))

    def enter(self, connection: Connection, peer: Peer) -> Reason | None:
        """Take a connection in, which waits then; or the reason why there is no room for it."""
        if peer.limited and peer.count >= self._client_most:
            if not peer.waiting:
                return Reason.CLIENT_FULL
            next(iter(peer.waiting)).cut(Reason.MADE_ROOM)
        elif self._count >= self._most:
            if not self._waiting:
                return Reason.FULL
            next(iter(self._waiting)).cut(Reason.MADE_ROOM)
        self._peers[peer.key] = peer
        peer.count += 1
        self._count += 1
        telemetry.connections.inc()
        self.wait(connection, peer)
        return None

    def leave(self, connection: Connection, peer: Peer) -> None:
        """Forget a connection that is gone."""
        self.work(connection, peer)
        peer.count -= 1
        self._count -= 1
        telemetry.connections.dec()
        if not peer.count:
            self._peers.pop(peer.key, None)

    def wait(self, connection: Connection, peer: Peer) -> None:
        """No request is under way on a connection any more."""
        self._waiting[connection] = peer
        peer.waiting[connection] = None

    def work(self, connection: Connection, peer: Peer) -> None:
        """A request is under way."""
        self._waiting.pop(connection, None)
        peer.waiting.pop(connection, None)


def _with_files(most: int) -> int:
    """So many connections, or fewer where the system allows this process no more file descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return most
    allowed = max(soft - SPARE_FILES, soft // _HALF)
    telemetry.log.warning("fewer connections than set: raise the limit of open files", limit=soft, connections=allowed)
    return allowed
