"""The route table; enters the views, leaves one application that picks among them by path."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from starlette.routing import BaseRoute, Mount, Route, Router

from gateway import errors
from gateway.http.answers import Application, Receive, Scope, Send, refuse
from gateway.http.views import health

_WHOLE = "gateway.path"  # that of a view which is served at one path
Lifespan = Callable[[object], AbstractAsyncContextManager[Mapping[str, object]]]


def router(
    graphql: Application,
    ready: Application,
    assets: Application,
    lifespan: Lifespan,
    *,
    views: Mapping[str, Application],
) -> Application:
    """Every path that is served; `views` has those of layers, the map and metrics by their paths."""
    views = {"/graphql": graphql, **views, "/healthz": health.live, "/readyz": ready}
    whole = {path: view for path, view in views.items() if "{" not in path}
    # Not the views themselves: Starlette takes functions for handlers of its own requests.
    routes: list[BaseRoute] = [Route(path, _Views({}, view)) for path, view in views.items()]
    routes.append(Mount("/static", assets))
    return _Views(whole, Router(routes, redirect_slashes=False, default=_nothing, lifespan=lifespan))


class _Views:
    """Views by their whole paths, which Starlette would look for one after another; `app` has all paths."""

    def __init__(self, views: Mapping[str, Application], app: Application) -> None:
        self._views = views
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        view = self._views.get(scope["path"], self._app) if scope["type"] == "http" else self._app
        if view is not self._app:
            scope[_WHOLE] = scope["path"]
        return view(scope, receive, send)


def route_of(scope: Scope) -> str | None:
    """The path of what answered a request, with names in place of values, as `/tiles/{layers}.json`."""
    route: str | None = scope.get(_WHOLE) or getattr(scope.get("route"), "path", None)
    return route


async def _nothing(scope: Scope, _: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4404})
        return
    tiles = "/tiles/{layers}/{z}/{x}/{y}.mvt, /tiles/{layers}.json, /styles/{layers}.json"
    feeds = f"{tiles}, /export/{{layer}}.{{format}}, /notice/{{file}}, /bulk/{{layer}}, /jobs/{{id}}"
    paths = f"/, /graphql, {feeds}, /identity, /healthz and /readyz"
    await refuse(send, errors.NotFound(f"Nothing is served at this path. There are {paths}."))
