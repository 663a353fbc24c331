"""Headers that keep browsers from doing more with an answer than it asks for."""

from collections.abc import Awaitable

from gateway.http.answers import Application, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class SecurityHeaders:
    """Add the headers; an answer that sets its own Content-Security-Policy keeps it."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)

        def secured(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *_HEADERS]
                if _POLICY[0] not in dict(headers):
                    headers.append(_POLICY)
                message["headers"] = headers
            return send(message)

        return self._app(scope, receive, secured)
