"""Whose rows a request is about; enters a path under `/j/{code}/`, leaves one without it and the state of that one.

What is inside sees the paths that it always sees, and writes URLs by the scope's `prefix`.
"""

from collections.abc import Awaitable
from typing import Final

from gateway.errors import GatewayError
from gateway.http.answers import Application, Receive, Scope, Send, refuse
from gateway.http.origin import PREFIX, prefix
from gateway.http.state import state_of
from gateway.identity.principal import Principal

_BEGIN: Final = "/j/"


class Jurisdiction:
    """Requests under `/j/{code}/` get the state of that jurisdiction, all others that of the schema of the URL."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"].startswith(_BEGIN) and "jurisdictions" in scope["state"]:
            return self._within(scope, receive, send)
        return self._app(scope, receive, send)

    async def _within(self, scope: Scope, receive: Receive, send: Send) -> None:
        code, _, rest = scope["path"].removeprefix(_BEGIN).partition("/")
        try:
            found = await state_of(scope)["jurisdictions"].find(code)
        except GatewayError as error:
            await refuse(send, error)
            return
        scope["state"].update(found)
        scope["path"], scope[PREFIX] = f"/{rest}", f"{prefix(scope)}{_BEGIN}{found['code']}"
        await self._app(scope, receive, send)


async def narrow(scope: Scope, principal: Principal) -> None:
    """Of several jurisdictions, give a request the state of those that its principal may see, and no others.

    One that names them gets a state of its own even if it names all that there are: there may be more by now.
    """
    state = state_of(scope)
    parts = state.get("parts")
    if not parts or principal.anonymous or principal.everywhere:
        return
    code = state["code"]
    state.update(await state["jurisdictions"].some([each for each in parts if principal.holds_in(each)]))  # type: ignore[typeddict-item]
    scope[PREFIX] = f"{prefix(scope).removesuffix(f'{_BEGIN}{code}')}{_BEGIN}{state['code']}"


class Picked:
    """The routes of the jurisdiction that a request is about, those of `app` where it is about none."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        app = state_of(scope).get("app", self._app) if scope["type"] == "http" else self._app
        return app(scope, receive, send)
