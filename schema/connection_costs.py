"""What the rows of one connection field cost to be found; enters its arguments, leaves microseconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Final, NamedTuple

from graphql import FieldNode

from gateway import errors
from gateway.execution import listing
from gateway.execution.values import Plain
from gateway.layers import Layer, Layers
from gateway.models.declaration import Relation
from gateway.planner.derived import WEIGHTS
from gateway.query import page_costs, weights
from gateway.query.costs import FilterCosts
from gateway.query.ids import decode
from gateway.query.notice_costs import NoticeCost
from gateway.query.page_costs import Clustered, Order, PageOf, Summary
from gateway.query.search import FIRST, MOST
from gateway.query.work import Work
from gateway.settings import LimitSettings
from schema.given import Given, given, hole
from schema.prices import Evaluation, Number, Price, Variables

PageCost = tuple[float, float, float, Work]


Cap = float | None | Callable[[Variables], float | None]
Summing = Summary | Callable[[Variables], Summary]
Clustering = Clustered | Callable[[Variables], Clustered]


@dataclass(slots=True)
class Asked:
    """What is selected of a connection: of each row, and of all that the filter keeps (None is a count without cap)."""

    row: Price
    paged: bool = False
    counts: list[Cap] = field(default_factory=list)
    summaries: list[Summing | Clustering] = field(default_factory=list)
    each: float = 0.0


@dataclass(frozen=True)
class Finding:
    """How the rows of one connection field are found."""

    costs: FilterCosts
    layer: Layer
    asked: Asked
    arguments: Mapping[str, Given]
    size: Number

    def root(self, evaluation: Evaluation) -> PageCost:
        """Rows of a whole layer."""
        variables = evaluation.variables
        work, size = self._work(variables), self._size(variables)
        if work.doubtful:
            evaluation.doubtful = True
            work = work.feared if evaluation.worst else work
        asked = self.asked
        each, statements = asked.each, len(asked.counts) + len(asked.summaries) + asked.paged
        if asked.paged:
            page = self._fixed_page or self._page(variables)
            order = self._order(variables)
            evaluation.doubtful |= order.size is not None and work.kept < self.costs.rows(self.layer)
            each += page_costs.page(self.costs, self.layer, work, order, page, worst=evaluation.worst)
        for cap in asked.counts:
            each += page_costs.count(work, cap(variables) if callable(cap) else cap)
        each += sum(summary.time(work) for summary in self._summaries(variables))
        return min(size, work.kept), each + statements * weights.STATEMENT, 0.0, work

    def _summaries(self, variables: Variables) -> Sequence[Summary | Clustered]:
        return [each(variables) if callable(each) else each for each in self.asked.summaries]

    def _page(self, variables: Variables) -> PageOf:
        backward = self._value("last", variables) is not None
        return PageOf(
            self._size(variables), backward, self._value("after", variables), self._value("before", variables)
        )

    @cached_property
    def _fixed_page(self) -> PageOf | None:
        values = [self.arguments[name] for name in ("first", "last", "after", "before") if name in self.arguments]
        return None if any(value.varies for value in values) else self._page({})

    def related(self, source: Layer, relation: Relation) -> Callable[[Evaluation], PageCost]:
        """Rows of a relation, for each parent."""

        def find(evaluation: Evaluation) -> PageCost:
            variables = evaluation.variables
            work, size, asked = self._work(variables), self._size(variables), self.asked
            order = self._order(variables)
            joined = page_costs.joined(self.costs, source, relation, work, order)
            rest = len(asked.counts) + len(asked.summaries)
            each = asked.each + rest * joined.whole + (joined.page(size) if asked.paged else 0.0)
            each += joined.near * sum(summary.each for summary in self._summaries(variables))
            kept = self.costs.kept(relation)
            if "minCoverage" in self.arguments and not kept:
                weight = WEIGHTS["coverage"]
                each += joined.near * (weight.base + weight.vertex * self.costs.table(self.layer).vertices)
            once = (asked.paged + rest) * ((weights.STATEMENT if kept else weights.RELATION) + joined.once)
            once += sum(summary.once for summary in self._summaries(variables))
            return min(size, joined.near), each, once, work

        return find

    def _value(self, name: str, variables: Variables) -> Plain:
        value = self.arguments.get(name)
        return None if value is None else value.at(variables)

    def _work(self, variables: Variables) -> Work:
        if (fixed := self._fixed_work) is not None:
            return fixed
        if (boxed := self._boxed) is not None:
            return boxed[1](variables.get(boxed[0]))
        return self.costs.work(self.layer, self._value("filters", variables))

    @cached_property
    def _fixed_work(self) -> Work | None:
        value = self.arguments.get("filters")
        return self.costs.work(self.layer, value and value.value) if value is None or not value.varies else None

    @cached_property
    def _boxed(self) -> tuple[str, Callable[[object], Work]] | None:
        """The variable of a filter that is one lookup of a box, and the work that it is."""
        value = self.arguments["filters"].value
        for lookup in weights.SPATIAL:
            name = hole(value, "geometry", lookup, "bbox")
            work = None if name is None else self.costs.boxed(self.layer, lookup)
            if name is not None and work is not None:
                return name, work
        return None

    def _order(self, variables: Variables) -> Order:
        return self._fixed_order or self._ordered(self._value("order", variables))

    @cached_property
    def _fixed_order(self) -> Order | None:
        value = self.arguments.get("order")
        return self._ordered(value and value.value) if value is None or not value.varies else None

    def _ordered(self, value: Plain) -> Order:
        return page_costs.order(self.costs, self.layer, value)

    def _size(self, variables: Variables) -> float:
        return self.size(variables) if callable(self.size) else self.size


def page_size(arguments: Mapping[str, Given], limits: LimitSettings) -> Number:
    """As many rows as the larger of `first` and `last`: with a variable of one absent, the other is the page."""
    values = [arguments[name] for name in ("first", "last") if name in arguments]

    def size(variables: Variables) -> float:
        counts = [float(whole) for value in values if (whole := _whole(value.at(variables))) is not None]
        return min(max(max(counts, default=float(limits.page_default)), 0.0), float(limits.page))

    return size if any(value.varies for value in values) else size({})


def _whole(value: Plain) -> int | None:
    """A whole number, which a document writes as text."""
    return None if value is None else int(value)


def asked_count(node: FieldNode, limits: LimitSettings, asked: Asked) -> None:
    """Take note of a `totalCount`; its mode and cap may be variables."""
    arguments = {each.name.value: given(each.value) for each in node.arguments or ()}
    mode, cap = arguments.get("mode"), arguments.get("cap")

    def counted(variables: Variables) -> float | None:
        wanted = mode.at(variables) if mode is not None else "EXACT"
        name = wanted.name if isinstance(wanted, Enum) else wanted
        if name == "ESTIMATED":
            return 0.0
        most = _whole(cap.at(variables)) if cap is not None else None
        return float(limits.count_cap if most is None else most) if name == "CAPPED" else None

    varies = any(value is not None and value.varies for value in (mode, cap))
    asked.counts.append(counted if varies else counted({}))


def ids_of(layer: Layer, layers: Layers, arguments: Mapping[str, Given]) -> Number:
    """How many of the ids in `id` or `ids` are those of rows of a layer; a hit may be of any."""
    value = arguments.get("ids") or arguments.get("id")
    if value is None:
        return 1.0

    def count(variables: Variables) -> float:
        return float(sum(_is_of(layer, layers, identity) for identity in listed(value.at(variables))))

    return count if value.varies else count({})


class Listing(NamedTuple):
    """How many rows a root field that is no connection finds at most, and the microseconds that it takes."""

    rows: Number
    time: Number
    past: bool = False


def _searched(costs: FilterCosts, arguments: Mapping[str, Given]) -> Listing:
    text, among, first = (arguments.get(name) for name in ("text", "layers", "first"))

    def hits(variables: Variables) -> float:
        most = None if first is None else _whole(first.at(variables))
        return float(FIRST if most is None else min(max(most, 0), MOST))

    def time(variables: Variables) -> float:
        named = None if among is None else among.at(variables)
        names = None if named is None else {getattr(each, "value", each) for each in listed(named)}
        layers = [each for each in costs.layers.searchable if names is None or names & {each.name, each.name.upper()}]
        return costs.search(None if text is None else text.at(variables), layers)

    varies = any(value is not None and value.varies for value in (text, among))
    return Listing(hits if first is not None and first.varies else hits({}), time if varies else time({}))


def _noticed(costs: FilterCosts, arguments: Mapping[str, Given]) -> Listing:

    def cost(variables: Variables) -> NoticeCost:
        return NoticeCost.of(costs, {name: value.at(variables) for name, value in arguments.items()})

    if any(value.varies for value in arguments.values()):
        return Listing(lambda variables: cost(variables).rows, lambda variables: cost(variables).time)
    return Listing(*cost({}))


def _jurisdictions(_: FilterCosts, arguments: Mapping[str, Given]) -> Listing:
    first = arguments.get("first")

    def rows(variables: Variables) -> float:
        most = None if first is None else _whole(first.at(variables))
        return float(listing.FIRST if most is None else min(max(most, 0), listing.MOST))

    return Listing(rows if first is not None and first.varies else rows({}), weights.STATEMENT)


# By the type of what a root field answers.
FINDS: Final = {"SearchHit": _searched, "NoticeList": _noticed, "Jurisdiction": _jurisdictions}


def _is_of(layer: Layer, layers: Layers, identity: object) -> bool:
    try:
        return decode(layers, str(identity), path=()).layer.name == layer.name
    except errors.BadId:
        return False  # it will be refused


def listed(value: object) -> Sequence[object]:
    """A list; GraphQL takes an item for a list of it."""
    return value if isinstance(value, list) else () if value is None else (value,)
