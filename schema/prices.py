"""Floor 5. Prices of selections; enters the values of variables, leaves microseconds, and what most of them are for.

What does not depend on variables is one number. A fragment is one price, however often it is spread, so that pricing
is linear in the document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway import errors
from gateway.query.work import Work, advice, units
from gateway.settings import LimitSettings

Variables: TypeAlias = Mapping[str, Any]
Known: TypeAlias = dict[int, tuple[float, float]]
Number: TypeAlias = float | Callable[[Variables], float]


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
    settled: tuple[float, float] | None = None

    def at(self, variables: Variables, known: Known) -> tuple[float, float]:
        """Microseconds for each row, and once."""
        if self.settled is not None:
            return self.settled
        found = known.get(id(self))
        if found is None:
            each, once = self.each + sum(term(variables) for term in self.terms), self.once
            for rows, part in self.parts:
                one, all_rows = part.at(variables, known)
                count = number(rows, variables)
                each += count * one
                once += all_rows if count else 0.0
            found = known[id(self)] = each, once
        return found

    def settle(self) -> "Price":
        """Reckon now what no variable has a part in."""
        fixed = all(not callable(rows) and part.settled is not None for rows, part in self.parts)
        if fixed and not self.terms:
            self.settled = self.at({}, {})
        return self

    def most(self, variables: Variables, known: Known, path: str = "") -> str:
        """What most of it is for, and how to mend it."""
        path = f"{path}.{self.name}" if path else self.name
        best, found = self.each, f"the fields of {path}: select fewer of them, or of fewer rows."
        for rows, part in self.parts:
            one, once = part.at(variables, known)
            count = number(rows, variables)
            if count * one + once > best:
                above = path if isinstance(part, Connected) else path.removesuffix(f".{part.name}")
                best, found = count * one + once, part.most(variables, known, above)
        return found


@dataclass(slots=True)
class Connected:
    """A connection: how its rows are found, and `row`, what is selected of each.

    `find` leaves how many rows the page has at most, what one connection takes to be read, and what all take once.
    """

    name: str
    find: Callable[[Variables], tuple[float, float, float, Work]]
    row: Price
    related: bool = False
    settled: tuple[float, float] | None = None

    def at(self, variables: Variables, known: Known) -> tuple[float, float]:
        """Microseconds for each connection, and once."""
        if self.settled is not None:
            return self.settled
        rows, each, once, _ = self.find(variables)
        one, for_all = self.row.at(variables, known)
        return each + rows * one, once + for_all

    def most(self, variables: Variables, known: Known, path: str = "") -> str:
        """What most of it is for, and how to mend it."""
        path = f"{path}.{self.name}" if path else self.name
        rows, each, _, work = self.find(variables)
        one, _ = self.row.at(variables, known)
        if rows * one > each:
            return self.row.most(variables, known, path)
        if self.related and not work.worst[1]:
            return f"finding the rows of {path}: ask for smaller pages of it, or for fewer rows around which it is."
        return f"finding the rows of {path}. {advice(work)}"


Priced: TypeAlias = Price | Connected


def check_cost(price: Price, variables: Variables, limits: LimitSettings) -> int:
    """The cost of an operation; refuse one above the limit."""
    settled = price.settled
    each, once = price.at(variables, {}) if settled is None else settled
    cost = units(each + once)
    if cost > limits.cost:
        message = f"The operation could cost {cost}; the limit is {limits.cost}. "
        message += f"Most of it is for {price.most(variables, {})}"
        raise errors.CostLimit(message, cost=cost, cap=limits.cost)
    return cost
