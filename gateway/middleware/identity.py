"""Floor 5. Who makes the request; enters `Authorization: Bearer` (RFC 6750) or `X-API-Key`, leaves a principal.

A credential that does not hold is refused, even where nobody need bear one: a client that believes to be known should
learn that it is not. Other schemes of `Authorization` are for whoever stands before the gateway.
"""

from gateway.admission.clients import owned_by
from gateway.answers import Application, Receive, Scope, Send, challenge, header, refuse
from gateway.errors import GatewayError, Unauthenticated
from gateway.identity import Backends

_SCHEME = b"bearer "


class Identity:
    """Put the principal at `scope["state"]["principal"]`."""

    def __init__(self, app: Application, *, backends: Backends) -> None:
        self._app = app
        self._backends = backends

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = scope["state"]
            try:
                credential = _credential(scope)
                if credential is None:
                    state["principal"] = self._backends.anonymous
                else:
                    state["principal"] = await self._backends.authenticate(credential, state["database"])
                    state["client"] = owned_by(state["principal"].owner)
            except GatewayError as error:
                await refuse(send, error, headers=challenge(error.status, failed=True))
                return
        await self._app(scope, receive, send)


def _credential(scope: Scope) -> str | None:
    authorization = header(scope, b"authorization") or b""
    if authorization[: len(_SCHEME)].lower() == _SCHEME:
        found: bytes | None = authorization[len(_SCHEME) :].strip()
    else:
        found = header(scope, b"x-api-key")
    if found is None:
        return None
    if not found.isascii():
        raise Unauthenticated("The credential holds characters that no API key and no token has. Copy it anew.")
    return found.decode()
