"""Turns at the event loop of a worker, for requests that are large or new to it.

To read 400 kB or a document that was not seen before takes milliseconds, in which nobody else is served. One such piece
of work is done at a time, between others, and clients take turns at it: who sends many waits for itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.admission.claims import Claim, Lane
from gateway.admission.slots import Rules, Slots


class Turns:
    """One turn at a time; raises Overloaded where too many wait, or where that takes too long."""

    def __init__(self, waiting: int, seconds: float) -> None:
        self._slots = Slots(1, Rules(waiting=waiting, seconds=seconds))

    @asynccontextmanager
    async def taken(self, client: str) -> AsyncIterator[None]:
        """Have a turn while the block runs."""
        claim = Claim(client, Lane.GRAPHQL)
        if not self._slots.enter(claim):
            await self._slots.wait(claim)
        try:
            yield
        finally:
            # What came in with this is begun in the same round of the loop: the turn ends with the round.
            asyncio.get_running_loop().call_soon(self._slots.leave, claim)
