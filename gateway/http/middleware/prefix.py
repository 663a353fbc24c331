"""The path that clients see before those of the gateway; enters a request under it, leaves one without it.

`https://host/gis` is served whether the proxy in front takes `/gis` away or passes it on, and whether the ASGI server
adds it (`--root-path`). What is inside sees `/graphql`, and writes URLs by the scope's `prefix`.
"""

from gateway.http.answers import Application, Receive, Scope, Send
from gateway.http.origin import PREFIX


class Prefix:
    """Takes the prefix off paths; `public` is that of the public URL, else it is the server's own.

    The first layer is a coroutine function, as the others need not be: uvicorn takes another callable for ASGI 2.
    """

    def __init__(self, app: Application, public: str) -> None:
        self._app = app
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            own = scope.get("root_path", "").rstrip("/")
            prefix = self._public or own
            if prefix:
                # No root_path is left: Starlette would look for it in a path that begins alike.
                path = _inside(scope["path"], own, self._public)
                scope = {**scope, "path": path, "root_path": "", PREFIX: prefix}
        await self._app(scope, receive, send)


def _inside(path: str, *prefixes: str) -> str:
    for prefix in prefixes:
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :] or "/"
    return path
