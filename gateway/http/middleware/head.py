"""The size of a request's head, path and headers, whatever server read it."""

from collections.abc import Awaitable
from itertools import chain

from gateway import errors
from gateway.http.answers import Application, Receive, Scope, Send, refuse

TOO_LARGE = "The path and the headers have more than {} bytes, the limit. Send queries with POST."


class HeadLimit:
    """Refuse heads above `limit` bytes (431)."""

    def __init__(self, app: Application, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and self._size(scope) > self._limit:
            error = errors.HeadTooLarge(TOO_LARGE.format(self._limit), limit=self._limit)
            return refuse(send, error, headers=((b"connection", b"close"),))
        return self._app(scope, receive, send)

    @staticmethod
    def _size(scope: Scope) -> int:
        return len(scope["path"]) + len(scope["query_string"]) + sum(map(len, chain.from_iterable(scope["headers"])))
