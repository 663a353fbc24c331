"""Pages of a row's history, newest first; enters first and after, leaves a frozen page; cursors are signed.

The changes of one row have times of their own, in order, so the time of a change is its place.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from gateway.layers import Layer
from gateway.query.page import CursorCodec, page_size
from gateway.settings import LimitSettings


@dataclass(frozen=True, slots=True)
class RevisionPage:
    """At most `size` changes of a row, those before `after` where it is given."""

    size: int
    after: datetime | None = None


def parse_revisions(
    layer: Layer, limits: LimitSettings, codec: CursorCodec, first: int | None, after: str | None
) -> RevisionPage:
    """Read the arguments of a history; raises BadPage, BadCursor."""
    size = page_size("first", first, limits)
    if after is None:
        return RevisionPage(size)
    (changed_at,) = codec.decode(_scope(layer), after, path=("after",))
    return RevisionPage(size, datetime.fromisoformat(str(changed_at)))


def cursor_of(layer: Layer, codec: CursorCodec, changed_at: datetime) -> str:
    """The cursor of the change at a time."""
    return codec.encode(_scope(layer), (changed_at.isoformat(),))


def _scope(layer: Layer) -> bytes:
    return blake2b(f"{layer.name}\nhistory".encode(), digest_size=16).digest()
