"""An id, a log line and two metrics for each request; the last guard against unforeseen exceptions.

It also adds the headers that all answers have: those that keep browsers from doing more with an answer than it asks
for, and Vary, since the answer to a page of another origin has headers that others have not.
"""

import os
import re
import time
from collections.abc import Awaitable

from gateway import errors, telemetry
from gateway.http.answers import Application, Message, Receive, Scope, Send, headers_of, refuse, varying
from gateway.http.state import RequestState, state_of
from gateway.telemetry import tracing
from gateway.telemetry.ended import Ended, requests

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class RequestLog:
    """Take the client's `X-Request-ID` or make one, answer with it, bind it to all log lines of the request."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = headers_of(scope).get(b"x-request-id")
        request_id = given if given and _SANE_ID.fullmatch(given) else _made()
        name = scope.setdefault("state", {})["request_id"] = request_id.decode()
        record, path = _Record(send, request_id, state_of(scope)), scope["path"]  # as the client wrote it
        token = telemetry.request.set(name)
        try:
            await self._app(scope, receive, record.send)
        except Exception as error:  # noqa: BLE001 - the last guard catches all
            await record.failed(error)
        finally:
            requests.add(record.ended(scope, path))
            telemetry.request.reset(token)


def _made() -> bytes:
    """An id: that of the trace, if there is one, so that it is found by what an error tells its reader."""
    return (tracing.trace_id() or os.urandom(16).hex()).encode()


class _Record:
    """What one request sent."""

    def __init__(self, send: Send, request_id: bytes, state: RequestState) -> None:
        self._send = send
        self._state = state
        self._request_id = request_id
        self._began = time.perf_counter()
        self._status = 0
        self._size = 0

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._state["begun"] = True
            headers = varying(message["headers"], b"Origin")
            if _POLICY[0] not in dict(headers):
                headers.append(_POLICY)
            headers += (*_SECURITY, (b"x-request-id", self._request_id))
            message["headers"] = headers
        else:
            self._size += len(message.get("body", b""))
            self._state["whole"] = not message.get("more_body", False)
        return self._send(message)

    async def failed(self, error: Exception) -> None:
        """Log what no one caught and mask it; a started answer can only break off."""
        identity = self._request_id.decode()
        telemetry.log.error("unforeseen", error_id=identity, exc_info=error)
        if self._status:
            raise error
        await refuse(self.send, errors.Internal(errors.Internal.MASK, id=identity))

    def ended(self, scope: Scope, path: str) -> Ended:
        seconds, state = time.perf_counter() - self._began, self._state
        return Ended(
            self._request_id.decode(),
            tracing.trace_id(),
            time.time(),
            seconds,
            scope["method"],
            path,
            self._status,
            self._size,
            state.get("client"),
            state.get("left", False),
        )
