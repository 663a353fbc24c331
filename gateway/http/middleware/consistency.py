"""Clients read what they wrote, where reads go to replicas; stands before the session.

The header `Consistency-Token` is refused where it was not made here: who sends it relies on it. A cookie is sent by
browsers whether or not anybody does, and may be of a server that had another key: then it is passed over.
"""

from collections.abc import Awaitable
from contextlib import suppress
from typing import Final

from gateway.errors import BadConsistencyToken
from gateway.http.answers import Application, Headers, Message, Receive, Scope, Send, header, refuse
from gateway.http.consistency import COOKIE, HEADER, ConsistencyCodec, from_cookies
from gateway.http.origin import prefix
from gateway.http.state import state_of

_NAME: Final = HEADER.decode().title()
_BROWSERS: Final = (b"sec-fetch-site", b"origin")  # what they, and hardly any others, send with each POST


class Consistency:
    """Read the token of a request into its claim, and add one to the answer of what wrote."""

    def __init__(self, app: Application, *, codec: ConsistencyCodec) -> None:
        self._app = app
        self._codec = codec

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            after = self._after(scope)
        except BadConsistencyToken as error:
            await refuse(send, error)
            return
        claim = state_of(scope).get("claim")
        if after and claim is not None:
            claim.after = after

        def marked(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and (committed := state_of(scope)["session"].committed):
                message["headers"] = [*message["headers"], *self._headers(scope, committed)]
            return send(message)

        await self._app(scope, receive, marked)

    def _after(self, scope: Scope) -> int:
        """The position that the client has seen; 0 for none."""
        after = 0
        if (told := header(scope, HEADER)) is not None:
            after = self._codec.decode(told.decode("latin-1"), path=(_NAME,))
        if (kept := from_cookies(header(scope, b"cookie"))) is not None:
            with suppress(BadConsistencyToken):
                after = max(after, self._codec.decode(kept, path=(COOKIE.decode(),)))
        return after

    def _headers(self, scope: Scope, committed: int) -> Headers:
        token = self._codec.encode(committed).encode()
        yield HEADER, token
        if any(header(scope, name) for name in _BROWSERS):
            place = f"Path={prefix(scope) or '/'}; Max-Age={self._codec.seconds}; HttpOnly; SameSite=Lax"
            secure = b"; Secure" if scope["scheme"] == "https" else b""
            yield b"set-cookie", b"%s=%s; %s%s" % (COOKIE, token, place.encode(), secure)
