"""What the gateway's own server says of a request beyond ASGI; enters a scope, leaves the exchange or None."""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.http.answers import Scope

# The key of a scope where gateway/server puts a weak reference.
EXCHANGE: Final = "gateway.exchange"


class Exchange(Protocol):
    """A request that the server is reading and answering."""

    when_left: Callable[[], object] | None
    """Called when the client leaves before its answer is whole."""

    def take_body(self) -> bytes | None:
        """The body, once, where all of it has come."""


def exchange_of(scope: Scope) -> Exchange | None:
    """The exchange of a request, where the server is the gateway's."""
    reference: Callable[[], Exchange | None] | None = scope.get(EXCHANGE)
    return None if reference is None else reference()
