"""Where a request comes from; enters the peer and what trusted proxies say, leaves the key of a client.

The one place that reads X-Forwarded-For and X-Forwarded-Proto: `serve` tells uvicorn to leave them alone.
"""

from collections.abc import Awaitable, Iterable

from gateway.admission.clients import Proxies, address_of
from gateway.http.answers import Application, Receive, Scope, Send, headers_of
from gateway.http.state import state_of

_SCHEMES = {b"http": "http", b"https": "https"}


class Client:
    """Put the key at `scope["state"]["client"]`; the door replaces it by that of the principal, once that is known."""

    def __init__(self, app: Application, *, trusted: Iterable[str]) -> None:
        self._app = app
        self._trusted = Proxies(trusted)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            peer, asked = scope.get("client"), headers_of(scope)
            state_of(scope)["client"] = address_of(peer, asked.get(b"x-forwarded-for"), self._trusted)
            told = asked.get(b"x-forwarded-proto")
            if told in _SCHEMES and self._trusted.trusts(peer[0] if peer else None):
                scope["scheme"] = _SCHEMES[told]
        return self._app(scope, receive, send)
