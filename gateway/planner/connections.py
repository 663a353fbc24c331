"""Pages on their way to JSON; enters the table of a page, leaves the connections of each parent.

The rows of all parents are one table, ordered by parent. Each parent has a span of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from gateway.geo.bbox import around
from gateway.planner.table import Maker, Table, compiled, nested
from gateway.query.page import Page


class Span(NamedTuple):
    """The rows of one parent's page, and whether there are more after and before them."""

    start: int
    stop: int
    has_next: bool
    has_previous: bool


@dataclass(slots=True)
class Connections:
    """The connections of one field: one for each parent, or one for a whole layer."""

    parents: int
    table: Table
    spans: Sequence[Span] = ()
    counts: list[Sequence[object]] = field(default_factory=list)
    extents: Sequence[Any] = ()


ConnectionMaker: TypeAlias = Callable[[Connections], Sequence[object]]
ConnectionsMaker: TypeAlias = Callable[[Connections], list[dict[str, object]]]


def connections(makers: Mapping[str, ConnectionMaker]) -> ConnectionsMaker | None:
    """One connection for each parent, with the keys of `makers`; None where directives left no key."""
    if not makers:
        return None
    compose, parts = composer(tuple(makers)), tuple(makers.values())
    return lambda found: compose([make(found) for make in parts])


def composer(keys: Sequence[str]) -> Callable[[Sequence[Sequence[object]]], list[dict[str, object]]]:
    """Columns, one for each key, to objects; `keys` are response keys, which are names.

    The literal `{"a": v0, "b": v1}` is written out and compiled: dict(zip(keys, row)) takes three times as long.
    """
    values = [f"v{number}" for number in range(len(keys))]
    members = ", ".join(f"{key!r}: {value}" for key, value in zip(keys, values, strict=True))
    source = f"lambda columns: [{{{members}}} for {', '.join(values)}, in zip(*columns, strict=True)]"
    compose: Callable[[Sequence[Sequence[object]]], list[dict[str, object]]] = eval(source)  # noqa: S307 - names alone
    return compose


def cut(
    rows: Sequence[Any], page: Page, parents: Sequence[int] | None, place: int | None
) -> tuple[Sequence[Any], list[Span]]:
    """Take the extra row off each page and turn rows that were read backward around; `place` is that of the parent."""
    if parents is None or place is None:
        kept = _kept(rows, page)
        return kept, [Span(0, len(kept), *page.ends(more=len(rows) > page.size))]
    sizes = Counter(map(itemgetter(place), rows))  # the rows of one parent stand together
    ends = page.ends(more=False), page.ends(more=True)
    if page.backward or max(sizes.values(), default=0) > page.size:
        rows = _trimmed(rows, page, sizes.values())
    spans: dict[int, Span] = {}
    start = 0
    for parent, size in sizes.items():
        stop = start + min(size, page.size)
        spans[parent] = Span(start, stop, *ends[size > page.size])
        start = stop
    nothing = Span(0, 0, *ends[False])
    return rows, [spans.get(parent, nothing) for parent in parents]


def _trimmed(rows: Sequence[object], page: Page, sizes: Iterable[int]) -> Sequence[object]:
    found: list[Any] = []
    start = 0
    for size in sizes:
        found.extend(_kept(rows[start : start + size], page))
        start += size
    return found


def _kept(rows: Sequence[object], page: Page) -> Sequence[object]:
    kept = rows[: page.size]
    return list(reversed(kept)) if page.backward else kept


def constant(value: object) -> ConnectionMaker:
    """The same value in each connection."""
    return lambda found: [value] * found.parents


def lists(makers: Mapping[str, Maker]) -> ConnectionMaker:
    """The rows of each page as objects: edges or nodes."""
    compose = compiled(nested(makers))

    def make(found: Connections) -> Sequence[Any]:
        made = compose(found.table)
        if len(found.spans) == 1:
            return [made]
        return [made[start:stop] for start, stop, *_ in found.spans]

    return make


def page_info(members: Sequence[tuple[str, str]], positions: Sequence[int]) -> ConnectionMaker:
    """Where each page lies."""
    values: Mapping[str, Callable[[Connections, Span], Any]] = {
        "__typename": lambda _, __: "PageInfo",
        "hasNextPage": lambda _, span: span.has_next,
        "hasPreviousPage": lambda _, span: span.has_previous,
        "startCursor": lambda found, span: _cursor(found, span, span.start, positions),
        "endCursor": lambda found, span: _cursor(found, span, span.stop - 1, positions),
    }
    return lambda found: [{key: values[name](found, span) for key, name in members} for span in found.spans]


def _cursor(found: Connections, span: Span, row: int, positions: Sequence[int]) -> str | None:
    if span.start == span.stop:
        return None
    position = tuple(found.table.rows[row][place] for place in positions)
    return found.table.codec.encode(found.table.scope, position)


def total(index: int) -> ConnectionMaker:
    """A count."""
    return lambda found: found.counts[index]


def extents() -> ConnectionMaker:
    """The boxes around all rows."""
    return lambda found: found.extents


def urls(type_name: str, ask: int, members: Sequence[tuple[str, str]]) -> ConnectionMaker:
    """The URLs that a term holds."""

    def make(found: Connections) -> Sequence[Any]:
        known = {"__typename": type_name, **found.table.terms[ask]}
        return [{key: known[name] for key, name in members} for _ in range(found.parents)]

    return make


def collection(feature: Maker, place: int) -> ConnectionMaker:
    """The rows of each page as a FeatureCollection; `place` is that of their packed boxes."""
    compose = compiled(feature)

    def make(found: Connections) -> Sequence[Any]:
        made, boxes = compose(found.table), found.table.column(place)
        return [_collection(made[start:stop], boxes[start:stop]) for start, stop, *_ in found.spans]

    return make


def _collection(features: Sequence[object], boxes: Sequence[bytes]) -> object:
    made: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if boxes:
        sides = np.frombuffer(b"".join(boxes), ">f8").reshape(-1, 4)
        made["bbox"] = around(sides[:, [2, 3, 0, 1]])
    return made
