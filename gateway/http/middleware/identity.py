"""Who makes the request; enters `Authorization: Bearer` (RFC 6750) or `X-API-Key`, leaves a principal.

A credential that does not hold is refused, even where nobody needs one: a client that believes to be known should
learn that it is not. Other schemes of `Authorization` are for whoever stands before the gateway.
"""

import re
from collections.abc import Awaitable
from typing import Final, Never

from gateway import telemetry
from gateway.admission.budgets import Budgets
from gateway.admission.clients import owned_by
from gateway.admission.wrong import WrongCredentials
from gateway.errors import AccessError, GatewayError, Unauthenticated
from gateway.http.answers import Application, Receive, Scope, Send, header, headers_of, refuse
from gateway.http.middleware.jurisdiction import narrow
from gateway.http.state import RequestState, state_of
from gateway.identity import Backends
from gateway.identity.principal import Principal

_BEARER: Final = re.compile(rb"bearer\b", re.IGNORECASE)
_LONGEST: Final = 8_192  # bytes of a credential
_AUTHORIZATION: Final = b"authorization"
_KEY: Final = b"x-api-key"


class Identity:
    """Put the principal at `scope["state"]["principal"]`."""

    def __init__(self, app: Application, *, backends: Backends, budgets: Budgets, most_wrong: int) -> None:
        self._app = app
        self._backends = backends
        self._budgets = budgets
        self._wrong = WrongCredentials(most_wrong)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            state = state_of(scope)
            backends = state.get("backends", self._backends)  # a jurisdiction has its own
            asked = headers_of(scope)
            if _AUTHORIZATION in asked or _KEY in asked:
                return self._identify(scope, receive, send, backends)
            state["principal"] = backends.anonymous
        return self._app(scope, receive, send)

    async def _identify(self, scope: Scope, receive: Receive, send: Send, backends: Backends) -> None:
        state = state_of(scope)
        try:
            credential = _credential(scope)
            if credential is None:
                state["principal"] = backends.anonymous
            else:
                principal = state["principal"] = await self._authenticate(backends, credential, state)
                state["client"] = owned_by(principal.owner)
                await narrow(scope, principal)
        except GatewayError as error:
            if isinstance(error, AccessError):
                self._budgets.wrong_key(state["client"])
            await refuse(send, error, failed=True)
            return
        await self._app(scope, receive, send)

    async def _authenticate(self, backends: Backends, credential: str, state: RequestState) -> Principal:
        """Whose a credential is; of an address that is slowed down only what takes no look-up, or held before."""
        client = state["client"]
        slowed = self._wrong.slows(client)
        if slowed and not backends.knows(credential):
            self._refuse(client)
        try:
            return await backends.authenticate(credential, state["database"])
        except Unauthenticated:
            if slowed:
                self._refuse(client)
            self._wrong.note(client)
            telemetry.wrong_credentials.inc()
            raise

    def _refuse(self, client: str) -> Never:
        self._budgets.refusals.note(client, "identity", "anonymous", "wrong credentials")
        raise self._wrong.refusal(client) from None


def _credential(scope: Scope) -> str | None:
    """The one credential of a request; None where its scheme is not ours."""
    authorization, key = header(scope, _AUTHORIZATION), header(scope, _KEY)
    names = [name for name, _ in scope["headers"] if name in (_AUTHORIZATION, _KEY)]
    if len(set(names)) < len(names):
        raise Unauthenticated("The header Authorization or X-API-Key stands there twice. Send one credential.")
    scheme = _BEARER.match(authorization or b"")
    bearer = None if scheme is None else (authorization or b"")[scheme.end() :]
    sent = {part.strip() for part in (bearer, key) if part is not None}
    if len(sent) > 1:
        raise Unauthenticated("Authorization and X-API-Key hold two credentials. Send one.")
    return _checked(sent.pop()) if sent else None


def _checked(credential: bytes) -> str:
    if not credential:
        raise Unauthenticated("The credential is empty. Send an API key or a token, or leave the header out.")
    if len(credential) > _LONGEST:
        raise Unauthenticated(
            f"The credential has {len(credential)} bytes; none has more than {_LONGEST}. Copy it again."
        )
    if not credential.isascii():
        raise Unauthenticated("The credential holds characters that no API key and no token has. Copy it again.")
    return credential.decode()
