"""Views that only read; enters a view, leaves one that refuses other methods and answers what is wrong.

What is wrong after the first byte can't be answered: the connection breaks off without the end that a whole answer has,
so that no client takes a part for the whole.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from gateway import errors, telemetry
from gateway.admission.budgets import refused
from gateway.http.answers import Application, Headers, Receive, Scope, Send, refuse
from gateway.http.state import state_of

BEGUN: Final = "gateway.begun"  # in a scope: the name of the file whose first bytes were sent


def read_only(view: Callable[[Scope, Send], Awaitable[None]], name: str, headers: Headers = ()) -> Application:
    """A view of what `name` says in the plural; its refusals have `headers`."""

    async def respond(scope: Scope, _: Receive, send: Send) -> None:
        try:
            if scope["method"] not in {"GET", "HEAD"}:
                raise errors.MethodNotAllowed(f"Read {name} with GET.")
            await view(scope, send)
        except errors.GatewayError as error:
            if BEGUN in scope:
                telemetry.log.warning("export broke off", code=error.code, file=scope[BEGUN])
                raise
            refused(state_of(scope)["claim"], len(scope["query_string"]))
            await refuse(send, error, headers=headers)

    return respond
