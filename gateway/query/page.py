"""Pages by keyset; enters first, after, last and before, leaves a Page; cursors are signed.

https://relay.dev/graphql/connections.htm. A cursor is the key values of its row, so a page never counts or skips rows.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b, sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

import orjson

from gateway import errors
from gateway.layers import Layer
from gateway.models.kinds import Kind
from gateway.models.slots import Slot, known
from gateway.query.order import DistanceTerm, ScoreTerm, Term
from gateway.settings import LimitSettings

_DIGEST = 9

_LONGEST = 1_000  # characters of a text in a cursor, which stands in URLs

Position = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Long:
    """Stands in a position for a text that is too long for a cursor: row `id` has it, if its `digest` is the same."""

    id: object
    digest: object


@dataclass(frozen=True, slots=True)
class Page:
    """At most `size` rows after and before two positions; `backward` takes the last ones.

    In the shape of a query the size is a slot; `steps` then says what a statement has to know of it.
    """

    size: int | Slot[int]
    backward: bool = False
    after: Position | None = None
    before: Position | None = None
    steps: int | None = None

    @property
    def reach(self) -> int:
        """The power of two above the size: how many rows are looked at first in an order by distance or by id.

        It stands in the statement as a number: PostgreSQL would plan one again each time whose LIMIT it does not know.
        """
        return 1 << (known(self.size).bit_length() if self.steps is None else self.steps)

    def ends(self, *, more: bool) -> tuple[bool, bool]:
        """Whether there are rows after the page and before it; `more` says that the row too many was found.

        The row of a cursor lies beyond the page's end, so `before` means that there is a next row, `after` a previous
        one.
        """
        has_next, has_previous = self.before is not None, self.after is not None
        return (has_next, has_previous or more) if self.backward else (has_next or more, has_previous)


class CursorCodec:
    """Writes and reads cursors, signed so that one of another order, another layer or another's making is refused."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret[:64]

    def encode(self, scope: bytes, position: Position) -> str:
        """The cursor of the row at `position`: the values of the order's terms, then the id."""
        body = orjson.dumps([_short(value) for value in position], default=str)
        return urlsafe_b64encode(self._sign(scope, body) + body).decode()

    def decode(self, scope: bytes, text: str, *, path: Sequence[str | int]) -> Position:
        """The position in a cursor; BAD_CURSOR where it was not made here for this order."""
        try:
            raw = urlsafe_b64decode(text)
        except (binascii.Error, ValueError):
            raw = b""
        digest, body = raw[:_DIGEST], raw[_DIGEST:]
        # Decoding passes over characters that are not of the alphabet: only the text as it was written is a cursor.
        written = urlsafe_b64encode(raw).decode() == text
        if not (written and compare_digest(digest, self._sign(scope, body))):
            message = "The cursor is not of this field and order. Use one that the same order returned."
            raise errors.BadCursor(message, path=path)
        return tuple(orjson.loads(body))

    def _sign(self, scope: bytes, body: bytes) -> bytes:
        return blake2b(scope + body, key=self._secret, digest_size=_DIGEST).digest()


def cursor_scope(layer: Layer, order: Sequence[Term]) -> bytes:
    """What a cursor is bound to: the layer and the order, not the filter, so that a map may move while it pages."""
    text = "\n".join((layer.name, *(term.label for term in order)))
    return blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class PageArguments:
    """The four arguments of a connection field."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


def parse_page(
    arguments: PageArguments, limits: LimitSettings, codec: CursorCodec, order: Sequence[Term], scope: bytes
) -> Page:
    """Check the arguments against each other and the limits; a cursor's values take the types of the order's terms."""
    if arguments.first is not None and arguments.last is not None:
        raise errors.BadPage("Give first or last, not both.", path=("last",))
    size = page_size("first", arguments.first, limits)
    if arguments.last is not None:
        size = page_size("last", arguments.last, limits)
    after = before = None
    if arguments.after is not None:
        after = _typed(order, codec.decode(scope, arguments.after, path=("after",)))
    if arguments.before is not None:
        before = _typed(order, codec.decode(scope, arguments.before, path=("before",)))
    return Page(size, arguments.last is not None, after, before)


def _typed(order: Sequence[Term], position: Position) -> Position:
    *values, row = position
    return (*(_value(term, value, row) for term, value in zip(order, values, strict=True)), row)


def _short(value: object) -> object:
    """A value of a position, or an object with the digest of one that is too long."""
    if isinstance(value, str) and len(value) > _LONGEST:
        return {"sha256": sha256(value.encode()).hexdigest()}
    return value


def _value(term: Term, value: Any, row: object) -> object:
    """A value of a cursor as it was before it was JSON."""
    if isinstance(value, dict):
        return Long(row, value["sha256"])
    if value is None or isinstance(term, DistanceTerm | ScoreTerm):
        return value
    match term.field.kind:
        case Kind.DATETIME:
            return datetime.fromisoformat(value)
        case Kind.UUID:
            return UUID(value)
        case Kind.GEOMETRY:
            return bytes.fromhex(value)
        case Kind.DECIMAL:
            return Decimal(value)
        case _:
            return value


def page_size(name: str, given: int | None, limits: LimitSettings) -> int:
    """How many rows a page has; raises BadPage."""
    if given is None:
        return limits.page_default
    if not 0 <= given <= limits.page:
        raise errors.BadPage(f"{name} must be 0 to {limits.page}, not {given}.", path=(name,), limit=limits.page)
    return given
