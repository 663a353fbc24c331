"""What share of its rows a lookup of a column keeps, and what its argument takes; enters what the catalogue says."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from gateway.layers import LayerField
from gateway.models.kinds import Kind
from gateway.query import weights
from gateway.query.statistics import Column

COMPARED: Final = frozenset({"gt", "gte", "lt", "lte", "range"})
_FOLDED: Final = frozenset({"iExact", "iContains", "iStartsWith", "iEndsWith"})
LIKE: Final = frozenset({"contains", "startsWith", "endsWith", "iContains", "iStartsWith", "iEndsWith"})


def share(column: Column, lookup: str, operand: object) -> float:
    """About the share of the rows that a lookup keeps; 0 where it is not known."""
    if lookup in {"exact", "inList"}:
        values = operand if isinstance(operand, list | tuple) and lookup == "inList" else (operand,)
        return min(1.0, sum(map(column.share, values)))
    if lookup == "isNull":
        return column.missing if operand is True else 1.0 - column.missing
    if lookup in LIKE and isinstance(operand, str):
        return column.matching(_like(lookup, operand))
    return column.matching(partial(_within, lookup, operand)) if lookup in COMPARED else 0.0


def argument(field: LayerField, lookup: str, operand: object) -> float:
    """Microseconds for the length of an argument."""
    if lookup == "inList":
        items = operand if isinstance(operand, list | tuple) else (operand,)
        longest = max((len(item) for item in items if isinstance(item, str)), default=0)
        return weights.ITEM * len(items) + weights.PATTERN.vertex * longest
    if field.kind is Kind.JSON:
        return weights.JSON_TEXT * len(operand if isinstance(operand, str) else str(operand))
    if not isinstance(operand, str) or field.kind is not Kind.TEXT:
        return 0.0
    weight = weights.FOLDED if lookup in _FOLDED else weights.PATTERN
    return weight.base + weight.vertex * len(operand)


def _like(lookup: str, text: str) -> Callable[[Any], bool]:
    folded = lookup.startswith("i")
    wanted = text.lower() if folded else text
    kind = lookup.removeprefix("i").lower()
    matches: Callable[[str], bool] = {
        "contains": lambda value: wanted in value,
        "startswith": lambda value: value.startswith(wanted),
        "endswith": lambda value: value.endswith(wanted),
    }[kind]
    return (lambda value: matches(value.lower())) if folded else matches


def _within(lookup: str, operand: Any, value: Any) -> bool:
    """Whether a number, or the text of one, is one that a comparison keeps."""
    try:
        if lookup == "range":
            start, end = operand.get("start"), operand.get("end")
            return (start is None or float(value) >= float(start)) and (end is None or float(value) <= float(end))
        return float(value) > float(operand) if lookup.startswith("gt") else float(value) < float(operand)
    except (TypeError, ValueError, AttributeError, OverflowError):
        return False
