"""Pages on their way to JSON; enters the table of a page, leaves the connections of each parent.

The rows of all parents are one table, ordered by parent. Each parent has a span of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

import numpy as np

from gateway.geo.bbox import around
from gateway.models.slots import known
from gateway.planner.table import Maker, Row, Table, compiled, nested
from gateway.query.page import Page

# The first of the rows of one parent's page, that after the last, and whether there are more after and before them.
# A plain tuple: there is one for each parent, and a NamedTuple takes three times as long to make.
Span: TypeAlias = tuple[int, int, bool, bool]


@dataclass(slots=True)
class Connections:
    """The connections of one field: one for each parent, or one for a whole layer."""

    parents: int
    table: Table
    spans: Sequence[Span] = ()
    summaries: list[Sequence[object]] = field(default_factory=list)


ConnectionMaker: TypeAlias = Callable[[Connections], Sequence[object]]
ConnectionsMaker: TypeAlias = Callable[[Connections], list[dict[str, object]]]


def connections(makers: Mapping[str, ConnectionMaker]) -> ConnectionsMaker | None:
    """One connection for each parent, with the keys of `makers`; None where directives left no key."""
    if not makers:
        return None
    compose, parts = composer(tuple(makers)), tuple(makers.values())
    return lambda pages: compose([make(pages) for make in parts])


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
    rows: Sequence[Row], page: Page, parents: Sequence[int] | None, place: int | None
) -> tuple[Sequence[Row], list[Span]]:
    """Take the extra row off each page and turn rows that were read backward around; `place` is that of the parent."""
    if parents is None or place is None:
        kept = _kept(rows, page)
        return kept, [(0, len(kept), *page.ends(more=len(rows) > known(page.size)))]
    most = known(page.size)
    sizes = Counter(map(itemgetter(place), rows))  # the rows of one parent stand together
    ends = page.ends(more=False), page.ends(more=True)
    if page.backward or max(sizes.values(), default=0) > most:
        rows = _trimmed(rows, page, sizes.values())
    spans: dict[int, Span] = {}
    start = 0
    for parent, size in sizes.items():
        stop = start + min(size, most)
        spans[parent] = (start, stop, *ends[size > most])
        start = stop
    nothing = (0, 0, *ends[False])
    return rows, [spans.get(parent, nothing) for parent in parents]


def _trimmed(rows: Sequence[Row], page: Page, sizes: Iterable[int]) -> Sequence[Row]:
    trimmed: list[Row] = []
    start = 0
    for size in sizes:
        trimmed.extend(_kept(rows[start : start + size], page))
        start += size
    return trimmed


def _kept(rows: Sequence[Row], page: Page) -> Sequence[Row]:
    kept = rows[: known(page.size)]
    return list(reversed(kept)) if page.backward else kept


def constant(value: object) -> ConnectionMaker:
    """The same value in each connection."""
    return lambda pages: [value] * pages.parents


def lists(makers: Mapping[str, Maker]) -> ConnectionMaker:
    """The rows of each page as objects: edges or nodes."""
    compose = compiled(nested(makers))

    def make(pages: Connections) -> Sequence[object]:
        made = compose(pages.table)
        if len(pages.spans) == 1:
            return [made]
        return [made[start:stop] for start, stop, _, _ in pages.spans]

    return make


def page_info(members: Sequence[tuple[str, str]], positions: Sequence[int]) -> ConnectionMaker:
    """Where each page lies."""
    values: Mapping[str, Callable[[Connections, Span], object]] = {
        "__typename": lambda _, __: "PageInfo",
        "hasNextPage": lambda _, span: span[2],
        "hasPreviousPage": lambda _, span: span[3],
        "startCursor": lambda pages, span: _cursor(pages, span, span[0], positions),
        "endCursor": lambda pages, span: _cursor(pages, span, span[1] - 1, positions),
    }
    return lambda pages: [{key: values[name](pages, span) for key, name in members} for span in pages.spans]


def _cursor(pages: Connections, span: Span, row: int, positions: Sequence[int]) -> str | None:
    start, stop, _, _ = span
    if start == stop:
        return None
    position = tuple(pages.table.rows[row][place] for place in positions)
    return pages.table.codec.encode(pages.table.scope, position)


def summary(index: int) -> ConnectionMaker:
    """What all rows of each connection have."""
    return lambda pages: pages.summaries[index]


def urls(type_name: str, ask: int, members: Sequence[tuple[str, str]]) -> ConnectionMaker:
    """The URLs that a term holds."""

    def make(pages: Connections) -> Sequence[object]:
        links = pages.table.terms[ask]
        assert isinstance(links, Mapping)
        known = {"__typename": type_name, **links}
        return [{key: known[name] for key, name in members} for _ in range(pages.parents)]

    return make


def collection(feature: Maker, place: int) -> ConnectionMaker:
    """The rows of each page as a FeatureCollection; `place` is that of their packed boxes."""
    compose = compiled(feature)

    def make(pages: Connections) -> Sequence[object]:
        made, boxes = compose(pages.table), pages.table.column(place)
        return [_collection(made[start:stop], boxes[start:stop]) for start, stop, _, _ in pages.spans]

    return make


def _collection(features: Sequence[object], boxes: Sequence[bytes]) -> object:
    made: dict[str, object] = {"type": "FeatureCollection", "features": features}
    if boxes:
        sides = np.frombuffer(b"".join(boxes), ">f8").reshape(-1, 4)
        made["bbox"] = around(sides[:, [2, 3, 0, 1]])
    return made
