"""`/export/{layer}.{format}`: a layer, or what a filter keeps of it, as a file; enters a URL, leaves a stream.

A small export is read whole first, as other small reads are, and waits for none of those that stream.
"""

from collections.abc import Awaitable, Callable

from gateway import errors
from gateway.admission.budgets import exported
from gateway.admission.claims import Lane
from gateway.db.closing import close
from gateway.feeds.exports import PARAMETERS, Export, parse_export, plain_fields, stream
from gateway.feeds.formats import FORMATS
from gateway.feeds.request import PARAMETERS as FEED_PARAMETERS
from gateway.feeds.request import Asked, FeedParser
from gateway.http.answers import NOT_STORED, Application, Scope, Send
from gateway.http.state import state_of
from gateway.http.views.read_only import BEGUN, read_only
from gateway.query.parameters import parameters

PREFIX = "/export/"

_CHUNK = 64 * 1024
_SMALL = 2_500  # units of cost: 25 ms
_WHOLE = 4 * 2**20  # bytes of a small one
_TRIES = 3


def export_view(parser: FeedParser) -> Application:
    """Streams exports; how many large ones at a time is for the pool of exports to say."""
    return read_only(_ExportView(parser), "exports", NOT_STORED)


class _ExportView:
    def __init__(self, parser: FeedParser) -> None:
        self._parser = parser

    async def __call__(self, scope: Scope, send: Send) -> None:
        export, cost = await self._read(scope)
        body = FileBody(scope, send, export.file_name, export.format.media_type)
        if scope["method"] == "HEAD":
            await body.begin()
        else:
            await body.fill(lambda: self._fill(scope, export, body, cost))
        await body.end()

    async def _fill(self, scope: Scope, export: Export, body: "FileBody", cost: int) -> None:
        if cost > _SMALL or not await self._read_whole(scope, export, body, cost):
            await stream(state_of(scope)["session"], export, body.write)

    async def _read_whole(self, scope: Scope, export: Export, body: "FileBody", cost: int) -> bool:
        """Whether a small export was read into the body, which it is not where it is larger than it seemed."""
        state = state_of(scope)
        claim = state["claim"]
        claim.lane = Lane.GRAPHQL
        claim.price(cost)
        session = state["reads"].session(claim)
        try:
            await stream(session, export, body.keep)
        except _LargeError:
            claim.lane = Lane.EXPORTS
            return False
        finally:
            await close(session)
        return True

    async def _read(self, scope: Scope) -> tuple[Export, int]:
        name, _, extension = scope["path"].removeprefix(PREFIX).rpartition(".")
        layers = self._parser.layers
        if name not in layers.by_name or extension not in FORMATS:
            message = f"Nothing is exported here. There are {', '.join(layers.by_name)} as {', '.join(FORMATS)}."
            raise errors.NotFound(message)
        given = parameters(scope["query_string"], FEED_PARAMETERS | PARAMETERS)
        asked = Asked(state_of(scope)["principal"], extension, given)
        feed = await self._parser.parse(name, asked, state_of(scope)["database"], default=plain_fields)
        feed.price.check()
        export = parse_export(FORMATS[extension], feed)
        return export, feed.cost


class _LargeError(Exception):
    """An export is larger than it seemed."""


class FileBody:
    """The answer of a file: begins with its first bytes, or with its end where it is kept; chunks are gathered.

    Raises HttpVersion where an answer that breaks off would look whole.
    """

    def __init__(self, scope: Scope, send: Send, name: str, media_type: str) -> None:
        if scope["http_version"] == "1.0":
            raise errors.HttpVersion("Exports need HTTP/1.1 or newer, also between the server and a proxy before it.")
        self._scope = scope
        self._send = send
        self._name = name
        self._media_type = media_type
        self._waiting: list[bytes] = []
        self._size = 0

    async def begin(self) -> None:
        """Send the head."""
        self._scope[BEGUN] = self._name
        disposition = f'attachment; filename="{self._name}"'
        headers = [
            (b"content-type", self._media_type.encode()),
            (b"content-disposition", disposition.encode()),
            *NOT_STORED,
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def fill(self, read: Callable[[], Awaitable[None]]) -> None:
        """Fill it by `read`; begin again, twice at most, where the connection breaks and nothing was sent yet."""
        for left in reversed(range(_TRIES)):
            try:
                await read()
            except errors.Unavailable:
                if BEGUN in self._scope or not left:
                    raise
                self._clear()
            else:
                return

    async def keep(self, data: bytes) -> None:
        """Take bytes of a small export, none of which is sent before the end. Raises _LargeError."""
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _WHOLE:
            self._clear()
            raise _LargeError

    async def write(self, data: bytes) -> None:
        """Take bytes, and send them when they are enough."""
        self._waiting.append(data)
        self._size += len(data)
        if BEGUN not in self._scope or self._size >= _CHUNK:
            await self._flush(more=True)

    async def end(self) -> None:
        """Send what is left, and the end."""
        await self._flush(more=False)

    async def _flush(self, *, more: bool) -> None:
        if BEGUN not in self._scope:
            await self.begin()
        data = b"".join(self._waiting)
        self._clear()
        exported(state_of(self._scope)["claim"], len(data))
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    def _clear(self) -> None:
        self._waiting.clear()
        self._size = 0
