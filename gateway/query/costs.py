"""Floor 2. What a filter costs beside the rows that it keeps; enters its mapping, leaves a number.

The same number is part of an operation's cost (schema/costs.py) and is all of the cost of a filter in a URL.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway import errors
from gateway.layers import Kind
from gateway.query.filters import Quantifier
from gateway.query.lookups import LOOKUPS
from gateway.settings import LimitSettings

PREDICATE = 5  # a spatial lookup in a filter, for each time that the filter is applied
RELATED_PREDICATE = 50  # some, every or none: a spatial join of all that the filter finds

UNKNOWN: Final = object()  # stands in a filter where a variable does

_QUANTIFIERS = frozenset(Quantifier)
_SPATIAL = frozenset(lookup.name for lookup in LOOKUPS[Kind.GEOMETRY])


class DependsError(Exception):
    """The cost depends on what is unknown of the filter."""


def filter_cost(filters: Any) -> int:
    """What the lookups of a filter cost besides reading rows; geometries in it are not walked.

    Raises DependsError where UNKNOWN stands for more than a part of an operand.
    """
    cost = 0
    stack = [filters]
    while stack:
        for name, given in _members(stack.pop()):
            if name in {"and", "or"}:
                stack.extend(given if isinstance(given, list) else [given])
            elif name == "not":
                stack.append(given)
            else:
                for lookup, operand in _members(given):
                    if operand is UNKNOWN:
                        raise DependsError
                    if lookup in _QUANTIFIERS:
                        cost += RELATED_PREDICATE
                        stack.append(operand)
                    else:
                        cost += PREDICATE if lookup in _SPATIAL and not isinstance(operand, str) else 0
    return cost


def _members(value: Any) -> Iterable[tuple[str, Any]]:
    if value is UNKNOWN:
        raise DependsError
    return value.items() if isinstance(value, Mapping) else ()


def check_filter_cost(filters: Any, limits: LimitSettings) -> None:
    """Refuse a filter that alone costs more than an operation may."""
    cost = filter_cost(filters)
    if cost > limits.cost:
        message = f"The filter could cost {cost}; the limit is {limits.cost}. Ask for fewer relations or geometries."
        raise errors.CostLimit(message, cost=cost, cap=limits.cost)
