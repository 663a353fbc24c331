"""The span of a request; enters the trace that a proxy began, leaves its way through the gateway in it.

Only proxies that are trusted are believed which trace a request is part of, and whether that is kept: anyone else could
have all of their requests traced.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gateway.admission.clients import Proxies
from gateway.http.answers import Application, Message, Receive, Scope, Send, header
from gateway.http.urls import Lifespan, route_of
from gateway.settings import TracingSettings
from gateway.telemetry import tracing

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_CONTEXT = (b"traceparent", b"tracestate")


class Tracing:
    """Traces each request; what it is named by has no values of the client's."""

    def __init__(self, app: Application, *, trusted: Iterable[str]) -> None:
        self._app = app
        self._trusted = Proxies(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        attributes = {"http.request.method": method, "url.path": scope["path"], "url.scheme": scope["scheme"]}
        with tracing.request(method, self._context(scope), **attributes) as span:

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    span.set_attribute("http.response.status_code", status)
                    if status >= 500:
                        tracing.failed(span, str(status))
                await send(message)

            await self._app(scope, receive, sent)
            if (route := route_of(scope)) is not None:
                span.set_attribute("http.route", route)
                span.update_name(f"{method} {route}")

    def _context(self, scope: Scope) -> dict[str, str]:
        peer = scope.get("client")
        if not self._trusted.trusts(peer[0] if peer else None):
            return {}
        given = {name.decode(): header(scope, name) for name in _CONTEXT}
        return {name: value.decode("latin-1") for name, value in given.items() if value}


def traced(lifespan: Lifespan, settings: TracingSettings) -> Lifespan:
    """`lifespan` in which spans are exported, if they are to be."""

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Mapping[str, object]]:
        async with tracing.exporting(), lifespan(app) as state:
            yield state

    return lifespan if settings.export == "off" else both
