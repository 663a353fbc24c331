"""Prices of selections; enters the values of variables, leaves microseconds, and what most of them are for.

What does not depend on variables is one number. A fragment is one price, however often it is spread, so that pricing
is linear in the document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway import errors
from gateway.query import weights
from gateway.query.work import Work, advice, units
from gateway.settings import LimitSettings

Variables: TypeAlias = Mapping[str, object]
Cost: TypeAlias = tuple[float, float]  # microseconds for each row, and once
Number: TypeAlias = float | Callable[[Variables], float]


@dataclass(slots=True)
class Evaluation:
    """One run over a price: with the values of variables, of what is expected or of the worst that may be.

    `doubtful` is whether the two differ: whether a page is full before all rows were looked at is not known before.
    """

    variables: Variables
    worst: bool = False
    doubtful: bool = False
    known: dict[int, Cost] = field(default_factory=dict)


def number(value: Number, variables: Variables) -> float:
    """A number that may depend on variables."""
    return value(variables) if callable(value) else value


@dataclass(slots=True)
class Price:
    """A selection for one row: `each` for that row, `once` for the statement that reads it and its siblings."""

    name: str
    each: float = 0.0
    once: float = 0.0
    terms: list[Callable[[Variables], float]] = field(default_factory=list)
    parts: list[tuple[Number, "Priced"]] = field(default_factory=list)
    settled: tuple[Cost, Cost] | None = None
    beside: "Price | None" = None  # of analyses, which are on an engine of their own

    def at(self, evaluation: Evaluation) -> Cost:
        """Microseconds for each row, and once."""
        if self.settled is not None:
            evaluation.doubtful |= self.settled[0] != self.settled[1]
            return self.settled[evaluation.worst]
        cost = evaluation.known.get(id(self))
        if cost is None:
            variables = evaluation.variables
            each, once = self.each, self.once
            for term in self.terms:
                each += term(variables)
            for rows, part in self.parts:
                one, all_rows = part.at(evaluation)
                count = number(rows, variables)
                each += count * one
                once += all_rows if count else 0.0
            cost = evaluation.known[id(self)] = each, once
        return cost

    def settle(self) -> "Price":
        """Estimate now what no variable has a part in."""
        fixed = all(not callable(rows) and part.settled is not None for rows, part in self.parts)
        if fixed and not self.terms:
            self.settled = _evaluated(self, {})
        return self

    def most(self, evaluation: Evaluation, path: str = "") -> str:
        """What most of it is for, and how to fix it."""
        path = f"{path}.{self.name}" if path else self.name
        best, text = self.each, f"the fields of {path}: select fewer of them, or of fewer rows."
        for rows, part in self.parts:
            one, once = part.at(evaluation)
            count = number(rows, evaluation.variables)
            if count * one + once > best:
                above = path if isinstance(part, Connected) else path.removesuffix(f".{part.name}")
                best, text = count * one + once, part.most(evaluation, above)
        return text


@dataclass(slots=True)
class Connected:
    """A connection: how its rows are found, and `row`, what is selected of each.

    `find` leaves how many rows the page has at most, what one connection takes to be read, and what all take once.
    """

    name: str
    find: Callable[[Evaluation], tuple[float, float, float, Work]]
    row: Price
    related: bool = False
    settled: tuple[Cost, Cost] | None = None

    def at(self, evaluation: Evaluation) -> Cost:
        """Microseconds for each connection, and once."""
        if self.settled is not None:
            evaluation.doubtful |= self.settled[0] != self.settled[1]
            return self.settled[evaluation.worst]
        rows, each, once, _ = self.find(evaluation)
        one, for_all = self.row.at(evaluation)
        return each + rows * one, once + for_all

    def settle(self) -> None:
        """Estimate now what no variable has a part in."""
        self.settled = _evaluated(self, {})

    def most(self, evaluation: Evaluation, path: str = "") -> str:
        """What most of it is for, and how to fix it."""
        path = f"{path}.{self.name}" if path else self.name
        rows, each, _, work = self.find(evaluation)
        one, _ = self.row.at(evaluation)
        if rows * one > each:
            return self.row.most(evaluation, path)
        if self.related and not work.worst[1]:
            return f"finding the rows of {path}: ask for smaller pages of it, or for fewer rows around which it is."
        return f"finding the rows of {path}. {advice(work)}"


Priced: TypeAlias = Price | Connected


def check_cost(price: Price, variables: Variables, limits: LimitSettings) -> int:
    """The cost that is expected of an operation; refuse one that could cost more than the limit."""
    expected, worst = price.settled or _evaluated(price, variables)
    if sum(worst) > limits.cost * weights.UNIT:
        cost = units(sum(worst))
        message = f"The operation could cost {cost}; the limit is {limits.cost}. "
        message += f"Most of it is for {price.most(Evaluation(variables, worst=True))}"
        raise errors.CostLimit(message, cost=cost, cap=limits.cost)
    return units(sum(expected))


def cost_beside(price: Price, variables: Variables) -> int:
    """The cost that is expected of the analyses of an operation."""
    return 0 if price.beside is None else units(sum(price.beside.at(Evaluation(variables))))


def _evaluated(price: Priced, variables: Variables) -> tuple[Cost, Cost]:
    evaluation = Evaluation(variables)
    expected = price.at(evaluation)
    return expected, price.at(Evaluation(variables, worst=True)) if evaluation.doubtful else expected
