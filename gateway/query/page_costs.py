"""What pages, counts and extents make the database do; enters the work of a filter, leaves microseconds."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import orjson

from gateway.layers import Layer
from gateway.models.declaration import Relation
from gateway.query import weights
from gateway.query.cells import MOST
from gateway.query.costs import FilterCosts
from gateway.query.targets import Size, wider
from gateway.query.work import Work

_DIGEST: Final = 9  # bytes before the values of a cursor
_CHEAP: Final = 20_000.0  # microseconds that a join takes at most to be done once for all parents
_TRIED: Final = 2.0  # rows whose boxes meet that of their parent, for each that is related to it


@dataclass(frozen=True, slots=True)
class Order:
    """An order: whether an index has it, what each row takes to be put in it, and what it measures distances to."""

    served: bool = True
    each: float = 0.0
    size: Size | None = None


def order(costs: FilterCosts, layer: Layer, given: object) -> Order:
    """The order that the items of an `order` argument ask for."""
    terms = [item for item in (given if isinstance(given, list | tuple) else (given,)) if isinstance(item, Mapping)]
    names = [name for item in terms for name in item]
    if not names:
        return Order()
    if names[0] == "distanceTo":
        size = costs.size(terms[0]["distanceTo"])
        return Order(served=False, each=distance(costs, layer, size), size=size)
    fields = [layer.fields[name] for name in names if name in layer.fields]
    indexes = costs.table(layer).indexes
    served = len(names) == len(fields) == 1 and f"btree {fields[0].attribute}" in indexes
    scored = weights.SCORED * len(layer.searched) if "search" in names else 0.0
    return Order(served, weights.SORT + scored + sum(costs.computed(layer, field) for field in fields))


def distance(costs: FilterCosts, layer: Layer, size: Size) -> float:
    """Microseconds to measure from one row to a geometry."""
    weight = weights.DISTANCE
    time = weight.base + weight.row * costs.table(layer).vertices + weight.argument * size.vertices
    return time + weights.CIRCLE if size.circle else time


@dataclass(frozen=True, slots=True)
class PageOf:
    """Which page it is: its size, whether it is read from the end, and where it begins."""

    size: float
    backward: bool = False
    after: object = None
    before: object = None


def page(costs: FilterCosts, layer: Layer, work: Work, ordered: Order, wanted: PageOf, *, worst: bool = False) -> float:
    """Microseconds to find the rows of a page of a layer; at the worst a filter leaves out those that are nearest."""
    more = wanted.size + 1
    if ordered.size is not None:
        return _nearest(costs, layer, work, ordered, wanted, worst=worst)
    if ordered.served:
        return work.time(more) + (work.kept * weights.SORT if work.serves else 0.0)
    return work.time() + work.kept * ordered.each


def _nearest(costs: FilterCosts, layer: Layer, work: Work, ordered: Order, wanted: PageOf, *, worst: bool) -> float:
    """Nearest first the index of boxes gives rows one by one; from the other end each row is measured."""
    assert ordered.size is not None
    once = weights.PREPARED.once * ordered.size.vertices
    if wanted.before is not None:
        before = min(_within(costs, layer, ordered.size, wanted.before), work.kept)
        return once + before * (weights.FETCH + work.each + ordered.each) * 2 + work.once
    if wanted.backward:
        return once + work.time() + work.kept * ordered.each
    passed = 0.0 if wanted.after is None else _within(costs, layer, ordered.size, wanted.after)
    reach = 2 * wanted.size + 2 + passed
    measured = min(work.kept, 2 * reach)
    rows = costs.rows(layer)
    walked = min(rows, reach * rows / max(work.kept, 1.0))  # where kept rows are few, others are passed over
    walked = rows if worst and work.kept < rows else walked
    walk = walked * (weights.WALK.base + weights.WALK.vertex * ordered.size.vertices)
    return once + work.time(reach) + walk + measured * ordered.each


def _within(costs: FilterCosts, layer: Layer, size: Size, cursor: Any) -> float:
    """How many rows lie nearer than that of a cursor: all of them are measured on the way to it."""
    table = costs.table(layer)
    try:
        metres = float(orjson.loads(urlsafe_b64decode(cursor)[_DIGEST:])[0])
    except (binascii.Error, ValueError, TypeError, LookupError):
        return 0.0  # it will be refused
    return table.rows if size.box is None else table.within(wider(size.box, metres))


def count(work: Work, cap: float | None) -> float:
    """Microseconds to count the rows, no further than a cap."""
    return work.time(cap)


class Summary(NamedTuple):
    """What is asked of all rows: microseconds for each, and once."""

    each: float
    once: float = 0.0

    def time(self, work: Work) -> float:
        """Microseconds to read the rows, too."""
        return self.once + work.time() + work.kept * self.each


class Clustered(NamedTuple):
    """Rows that are counted by cell of the map: how many lie `near`, and whether they are `counted` already.

    `apart` is whether it is asked where clusters fall apart: rows are read once more for that.
    """

    near: float
    counted: bool
    apart: bool = False
    each: float = weights.CELL
    once: float = 0.0

    def time(self, work: Work) -> float:
        """Microseconds to count those that a filter keeps; without one they may be counted already."""
        if self.counted and work == Work(work.rows, work.rows, sure=True):
            spans = weights.STATEMENT + min(self.near, MOST) * weights.SPAN
            return weights.CELLS + (spans if self.apart else 0.0)
        row = weights.FETCH + work.each
        read = min(work.time(), work.once + self.near * row) + min(self.near, work.kept) * weights.CELL
        return 2 * read + weights.STATEMENT if self.apart else read


EXTENT: Final = Summary(weights.EXTENT, weights.BOUNDS)


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of a relation around one parent: how many may be related, and what they take."""

    near: float
    read: float  # microseconds to find and sort those that may be
    pair: float  # to test whether one is
    once: float  # for all parents

    def page(self, size: float) -> float:
        """Microseconds for a page: rows are tried until it is full."""
        return weights.PROBE + self.near * self.read + min(self.near, _TRIED * (size + 1)) * self.pair

    @property
    def whole(self) -> float:
        """Microseconds for all of them."""
        return weights.PROBE + self.near * (self.read + self.pair)


def joined(costs: FilterCosts, source: Layer, relation: Relation, work: Work, ordered: Order) -> Joined:
    """The rows of a relation with a filter and an order."""
    near = costs.near(source, costs.layers[relation.target])
    read = costs.finding(relation) + work.each + sum(each for each, _ in work.near) + ordered.each
    cheap = [once for _, once in work.joins if once <= _CHEAP]
    dear: Sequence[float] = [each for each, once in work.joins if once > _CHEAP]
    return Joined(near, read + sum(dear), costs.pair(source, relation), work.once + sum(cheap))
