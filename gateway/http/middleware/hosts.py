"""The Host header: well formed, once, and one that we serve."""

import re
from collections.abc import Awaitable, Iterable
from functools import lru_cache

from gateway import errors
from gateway.http.answers import Application, Receive, Scope, Send, headers_of, refuse

_PROBED = frozenset({"/healthz", "/readyz"})  # balancers ask by address, and what is answered names no host
_HOST = re.compile(rb"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


class AllowedHosts:
    """Refuse other hosts than `allowed`: names, `*.example.org`, or `*` for any that is well formed."""

    def __init__(self, app: Application, *, allowed: Iterable[str]) -> None:
        self._app = app
        names = {name.lower() for name in allowed}
        self._any = "*" in names
        self._exact = {name for name in names if not name.startswith("*")}
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        self._known = lru_cache(maxsize=256)(self._name_serves)  # clients say the same with each request

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or self._serves(scope):
            return self._app(scope, receive, send)
        message = (
            "The Host header names no host that is served here. The operator names hosts in GATEWAY_HTTP_PUBLIC_URL or "
            "GATEWAY_HTTP_ALLOWED_HOSTS."
        )
        return refuse(send, errors.BadHost(message))

    def _serves(self, scope: Scope) -> bool:
        headers = headers_of(scope)
        host, anyone = headers.get(b"host"), self._any or scope["path"] in _PROBED
        if host is None:
            return scope.get("http_version") == "1.0" and anyone
        if len(headers) < len(scope["headers"]) and [name for name, _ in scope["headers"]].count(b"host") > 1:
            return False
        return self._known(host, anyone=anyone)

    def _name_serves(self, host: bytes, *, anyone: bool) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].decode().lower()
        return anyone or name in self._exact or name.endswith(self._suffixes)
