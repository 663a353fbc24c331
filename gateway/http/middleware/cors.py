"""CORS, which is Starlette's; enters requests, of which only those of pages of another origin take its way."""

from collections.abc import Awaitable
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from gateway.http.answers import Application, Receive, Scope, Send, headers_of


class Cors:
    """Let scripts of other origins read answers, as `options` of CORSMiddleware say."""

    def __init__(self, app: Application, **options: Any) -> None:
        self._app = app
        self._cors = CORSMiddleware(app, **options)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        asked = scope["type"] == "http" and b"origin" in headers_of(scope)
        return (self._cors if asked else self._app)(scope, receive, send)
