"""The route table; enters the views, leaves one application that picks among them by path."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from starlette.routing import Mount, Route, Router

from gateway import errors
from gateway.http.answers import Application, Receive, Scope, Send, refuse
from gateway.http.views import health

Lifespan = Callable[[object], AbstractAsyncContextManager[Mapping[str, object]]]


def router(
    graphql: Application,
    ready: Application,
    assets: Application,
    lifespan: Lifespan,
    *,
    views: Mapping[str, Application],
) -> Router:
    """Every path that is served; `views` has those of layers, the map and metrics by their paths."""
    return Router(
        [
            Route("/graphql", _Endpoint(graphql)),
            *(Route(path, _Endpoint(view)) for path, view in views.items()),
            Route("/healthz", _Endpoint(health.live)),
            Route("/readyz", _Endpoint(ready)),
            Mount("/static", assets),
        ],
        redirect_slashes=False,
        default=_nothing,
        lifespan=lifespan,
    )


class _Endpoint:
    """Marks an ASGI application as one: Starlette takes functions for request handlers."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._app(scope, receive, send)


async def _nothing(scope: Scope, _: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4404})
        return
    tiles = "/tiles/{layers}/{z}/{x}/{y}.mvt, /tiles/{layers}.json, /styles/{layers}.json"
    feeds = f"{tiles}, /export/{{layer}}.{{format}}, /notice/{{file}}, /bulk/{{layer}}, /jobs/{{id}}"
    paths = f"/, /graphql, {feeds}, /healthz and /readyz"
    await refuse(send, errors.NotFound(f"Nothing is served at this path. There are {paths}."))
