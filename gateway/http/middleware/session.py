"""One session a request: opened at its first statement, closed after the last byte.

The close is shielded: a request that is cancelled still gives its connection back before it ends.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.db.closing import close
from gateway.http.answers import Application, Receive, Scope, Send
from gateway.http.state import Pool, state_of

_POOL: Final[Pool] = "reads"


class Session:
    """Put a lazy `RequestSession` of `scope["state"]["reads"]` at `scope["state"]["session"]`.

    `pools` names, by the beginning of a path, another pool of the state.
    """

    def __init__(self, app: Application, *, pools: Mapping[str, Pool] = MappingProxyType({})) -> None:
        self._app = app
        self._pools = pools
        self._apart = tuple(pools)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = state_of(scope)
        session = state["session"] = state[self._pool(scope["path"])].session(state.get("claim"))
        try:
            await self._app(scope, receive, send)
        finally:
            await close(session)

    def _pool(self, path: str) -> Pool:
        if not path.startswith(self._apart):
            return _POOL
        return next(name for begin, name in self._pools.items() if path.startswith(begin))
