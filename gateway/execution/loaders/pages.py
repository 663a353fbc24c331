"""Pages as read; enters the rows of a page's statement, leaves them in order and what lies beyond."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.db.reader import Row
from gateway.execution.values import LayerRow
from gateway.models.slots import known
from gateway.query.connection import Query
from gateway.query.page import Position


@dataclass(frozen=True, slots=True)
class PageRow:
    """One row: the entity, its position in the order, and its distance in metres where one is measured."""

    node: LayerRow
    position: Position
    distance: float | None


@dataclass(frozen=True, slots=True)
class PageOf:
    """The rows of one page in the query's order, and whether more come after and before them."""

    rows: tuple[PageRow, ...]
    has_next: bool
    has_previous: bool


EMPTY = PageOf((), has_next=False, has_previous=False)


def page_of(query: Query, rows: Sequence[Row]) -> PageOf:
    """Take the extra row off, and turn rows that were read backward around."""
    page = query.page
    size = known(page.size)
    kept = [_row(query, row) for row in rows[:size]]
    has_next, has_previous = page.ends(more=len(rows) > size)
    return PageOf(tuple(reversed(kept) if page.backward else kept), has_next, has_previous)


def _row(query: Query, row: Row) -> PageRow:
    # The entity comes first, then a value for each term of the order, then the id.
    return PageRow(row[0], tuple(row[1 : len(query.order) + 2]), row.distance)
