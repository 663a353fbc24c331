"""Resolvers of the functions of aggregates; enters a function, leaves what resolves it of many rows or edges."""

from dataclasses import dataclass
from typing import Protocol

from strawberry.types.unset import UNSET

from gateway.execution.values import Plain
from gateway.planner.aggregates import Function
from gateway.query.values import Measure
from schema.annotations import Argument, Resolver
from schema.scalars import fragment


class Measuring(Protocol):
    """Rows of which something can be measured."""

    async def measure(self, measure: Measure) -> object:
        """What the rows have together."""


@dataclass(frozen=True, slots=True)
class OfColumns:
    """What the fields of a function of columns resolve from: whose rows it is of, and its arguments."""

    rows: Measuring
    function: Function
    given: dict[str, Plain]


def function_arguments(function: Function) -> dict[str, Argument]:
    """The arguments of a function."""
    return {
        name: Argument(kind, text, function.defaults.get(name, UNSET))
        for name, (kind, text) in function.arguments.items()
    }


def of_rows(function: Function) -> Resolver:
    """The resolver of a function of rows."""

    async def resolve(root: Measuring, **given: Plain) -> object:
        value = await root.measure(function.measure(None, given))
        return fragment(value) if function.embed and value is not None else value

    return resolve


def of_columns(function: Function) -> Resolver:
    """The resolver of a function of columns."""

    def resolve(root: Measuring, **given: Plain) -> OfColumns:
        function.read(given)  # what is wrong with it is said here, once for all columns
        return OfColumns(root, function, given)

    return resolve
