"""CORS, which is Starlette's; enters requests, of which only those of pages of another origin take its way."""

from collections.abc import Awaitable
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from gateway.http.answers import Application, Receive, Scope, Send, header


class Cors:
    """Let scripts of other origins read answers, as `options` of CORSMiddleware say."""

    def __init__(self, app: Application, **options: Any) -> None:
        self._app = app
        self._cors = CORSMiddleware(app, **options)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        asked = scope["type"] == "http" and header(scope, b"origin") is not None
        return (self._cors if asked else self._app)(scope, receive, send)
