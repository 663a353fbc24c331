"""Who a request is from, for pages that show what its sender may do; enters a principal, leaves what it may write."""

from collections.abc import Callable
from typing import Any, Final

import orjson

from gateway.http.answers import Receive, Scope, Send, answer
from gateway.http.state import state_of
from gateway.http.views.description import writing
from gateway.identity import principal
from gateway.layers import Layers

_HEADERS: Final = ((b"cache-control", b"no-store"),)  # it is of one credential
_Sees = Callable[[principal.Principal], Layers]


class IdentityView:
    """`/identity`: name and scopes of the credential, or of requests without one; one that does not hold is 401.

    Who may write is also told how rows are written, of the columns that they see: the map edits by it.
    """

    def __init__(self, sees: _Sees) -> None:
        self._sees = sees

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        found = state_of(scope)["principal"]
        scopes = [each.value for each in principal.Scope if found.may(each)]
        told: dict[str, Any] = {"name": found.name, "anonymous": found.anonymous, "scopes": scopes}
        if found.may(principal.Scope.WRITE):
            told["written"] = writing(self._sees(found))
        await answer(send, 200, orjson.dumps(told), headers=_HEADERS)
