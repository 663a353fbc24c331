"""Floor 5. One session a request: opened at its first statement, closed after the last byte.

The close is shielded: a request that is cancelled still gives its connection back before it ends.
"""

from gateway.answers import Application, Receive, Scope, Send
from gateway.closing import close
from gateway.db import Database


class Session:
    """Put a lazy `ReadSession` of `scope["state"]["database"]` at `scope["state"]["session"]`."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        database: Database = scope["state"]["database"]
        session = database.read()
        scope["state"]["session"] = session
        try:
            await self._app(scope, receive, send)
        finally:
            await close(session)
