"""Floor 4. What one request carries; enters its session, leaves the loaders and parsers that resolvers call."""

from collections.abc import Callable
from functools import partial
from typing import Any

from gateway.layers import Layers
from gateway.loaders import Loaders
from gateway.planner.prepared import Bound
from gateway.query.connection import QueryParser
from gateway.query.page import CursorCodec
from gateway.reader import Reader
from gateway.reading import Reading
from gateway.settings import LimitSettings


class Context:
    """The context value of GraphQL resolvers."""

    def __init__(self, session: Reader, parser: QueryParser) -> None:
        self._session = session
        self.parser = parser
        self.loaders = Loaders(session, parser.layers)

    async def read(self, bound: Bound) -> dict[str, Any]:
        """Run a prepared operation on the request's session."""
        return await Reading(self._session, self.parser.codec, bound).run()

    @property
    def layers(self) -> Layers:
        """The layers that are served."""
        return self.parser.layers

    @property
    def limits(self) -> LimitSettings:
        """What one request may ask for."""
        return self.parser.limits


def contexts(layers: Layers, limits: LimitSettings, secret: bytes) -> Callable[[Reader], Context]:
    """How to make the context of each request; `secret` signs cursors."""
    return partial(Context, parser=QueryParser(layers, limits, CursorCodec(secret)))
