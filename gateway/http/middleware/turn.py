"""A turn at the event loop for each request that has a lane, before anything is read of it.

It stands behind what watches for clients that leave: the request of one that left is not begun.
"""

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        claim = state_of(scope).get("claim") if scope["type"] == "http" else None
        if claim is None or self._turns.free():
            await self._app(scope, receive, send)
            return
        try:
            await self._turns.begin(claim.client, partial(self._app, scope, receive, send))
        except Overloaded as error:
            await refuse(send, error)
