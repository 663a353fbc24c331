"""A turn at the event loop for each request that has a lane, before anything is read of it.

It stands behind what watches for clients that leave: the request of one that left is not begun.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from gateway.admission.turns import Turns
from gateway.errors import Overloaded
from gateway.http.answers import Application, Receive, Scope, Send, refuse
from gateway.http.state import state_of


class Turn:
    """Wait for the turn of the client."""

    def __init__(self, app: Application, *, turns: Turns) -> None:
        self._app = app
        self._turns = turns

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        claim = state_of(scope).get("claim") if scope["type"] == "http" else None
        if claim is None or self._turns.free():
            return self._app(scope, receive, send)
        return self._wait(claim.client, partial(self._app, scope, receive, send), send)

    async def _wait(self, client: str, work: Callable[[], Awaitable[None]], send: Send) -> None:
        try:
            await self._turns.begin(client, work)
        except Overloaded as error:
            await refuse(send, error)
