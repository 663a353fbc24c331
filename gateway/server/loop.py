"""uvloop, which accepts all connections that wait; enters listening sockets, leaves servers.

    uvicorn --loop gateway.server.loop:Loop --http gateway.server.protocol:Protocol --factory gateway.asgi:application

libuv accepts one connection in a round of the loop. Where rounds take milliseconds, clients that connect in hundreds
fill the system's queue, and everybody else's connection is dropped before this process hears of it. So that queue is
emptied in each round, and the connections of each client wait here for those of others.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final

import uvloop

from gateway.admission.clients import key_of
from gateway.server.rounds import Rounds

_AT_ONCE: Final = 256  # connections taken out of the system's queue in a round
_ENTERED: Final = 2  # in a round
_REST: Final = 0.004  # seconds between rounds; those who connect and leave without end took four fifths of the loop
_WAITING: Final = 256  # of one client that wait to be entered; more are closed
_PAUSE: Final = 1.0  # seconds until the next try where the system has no more files or memory
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Server:
    """Listens on sockets until it is closed."""

    def __init__(self, loop: "Loop", sockets: Sequence[socket.socket], made: Callable[[], asyncio.Protocol]) -> None:
        self.sockets = sockets
        self._loop = loop
        self._made = made
        self._rounds = Rounds(loop, self._enter, most=_ENTERED, rest=_REST)
        self._entering: set[asyncio.Task[None]] = set()
        for each in sockets:
            self._listen(each)

    def _listen(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                self._loop.remove_reader(listening)
                self._loop.call_later(_PAUSE, self._listen, listening)
                return
            client = key_of(address[0]) if address else ""
            if self._rounds.waits(client) < _WAITING:
                self._rounds.come(client, connection)
            else:
                connection.close()

    def _enter(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._connect(connection))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def _connect(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._made, connection)
        except OSError:  # the client has left
            connection.close()

    def close(self) -> None:
        """Accept no more."""
        sockets, self.sockets = self.sockets, ()
        for each in sockets:
            self._loop.remove_reader(each)
            each.close()
        for connection in self._rounds.drain():
            connection.close()

    async def wait_closed(self) -> None:
        """Nothing to wait for: connections are their owner's."""


class Loop(uvloop.Loop):
    """An event loop whose servers accept in many."""

    async def create_server(  # type: ignore[override] # as uvicorn calls it: without TLS
        self, protocol_factory: Callable[[], asyncio.Protocol], *args: Any, backlog: int = 2048, **kwargs: Any
    ) -> Server:
        """Listen, where uvloop's own would."""
        bound = await super().create_server(asyncio.Protocol, *args, start_serving=False, **kwargs)
        sockets = [each.dup() for each in bound.sockets]  # type: ignore[attr-defined] # its stub is asyncio's
        bound.close()
        for each in sockets:
            each.listen(backlog)
        return Server(self, sockets, protocol_factory)
