"""The work of a filter; enters rows and microseconds, leaves units of cost and what most of them are for."""

from collections.abc import Sequence
from math import ceil
from typing import Final, NamedTuple

from gateway.query import weights
from gateway.query.filters import Quantifier

_QUANTIFIERS: Final = frozenset(Quantifier) | {"count"}


class Work(NamedTuple):
    """The work of a filter on one table.

    `each` is for one of `rows`, which are those that an index leaves where one `serves`; `driven` is the same without
    what the index has answered. `kept` rows are left, as statistics make expect where they are `sure`. `near` are
    lookups that take long only for rows whose boxes meet that of the argument: for each row, and for all of these. A
    join is done for each row, or once, whichever takes less. `worst` is the lookup that takes longest.
    """

    rows: float
    kept: float
    each: float = 0.0
    driven: float = 0.0
    once: float = 0.0
    near: tuple[tuple[float, float], ...] = ()
    joins: tuple[tuple[float, float], ...] = ()
    serves: bool = False
    sure: bool = False
    worst: tuple[float, str, str] = (0.0, "", "")

    @property
    def doubtful(self) -> bool:
        """Whether a page may be full before all rows were looked at."""
        return self.sure and self.kept < self.rows

    @property
    def feared(self) -> "Work":
        """The same work where all rows are looked at for nothing until the last."""
        return self._replace(sure=False, kept=self.rows)

    def time(self, wanted: float | None = None) -> float:
        """Microseconds to find all rows, or no more than are wanted where it is sure how many are passed over."""
        rows, row = self.rows, (weights.FETCH + self.driven if self.serves else weights.SCAN + self.each)
        if wanted is not None and self.sure and self.kept > 0:
            rows = min(rows, wanted * rows / self.kept)
        if not self.near and not self.joins:
            return self.once + rows * row
        time = self.once + sum(min(rows * each, most) for each, most in self.near)
        if self.joins:
            time += sum(min(rows * each, once) for each, once in self.joins) + self.kept * weights.FETCH
        return time + (rows * row if self.each > 0 or self.serves or not self.joins else 0.0)


def expected(items: Sequence[Work], leads: Work | None, rows: float) -> float:
    """How many rows all of the items keep, if each keeps its share of what the others keep."""
    kept = leads.kept if leads else rows
    for item in items:
        kept *= 1.0 if item is leads or item.serves else item.kept / max(item.rows, 1.0)
    return kept


def nearby(items: Sequence[Work]) -> tuple[tuple[float, float], ...]:
    """The lookups of several filters that take long only for rows whose boxes meet that of the argument."""
    return tuple(each for item in items for each in item.near)


def units(microseconds: float) -> int:
    """Units of cost: whole ones, 1 at least."""
    return max(1, ceil(microseconds / weights.UNIT))


def advice(work: Work) -> str:
    """Which part of a filter costs most, and how to fix it."""
    each, field, lookup = work.worst
    if not field:
        return "Give a filter that an index serves, such as a box."
    if lookup in _QUANTIFIERS:
        return f"Most is for {lookup} of {field}: give a box besides, and ask for fewer levels of relations."
    rows = f"{work.rows:,.0f} rows"
    if field == "geometry" and work.serves:
        return f"Most is for {lookup} of {field} in {rows}: give a geometry of fewer vertices, or a smaller one."
    return (
        f"Most is for {lookup} of {field} in {rows}, {each:.3g} us each: give a box or another indexed field besides."
    )
