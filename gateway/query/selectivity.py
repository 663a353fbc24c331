"""What share of its rows a lookup of a column keeps; enters what the catalogue says, leaves a number."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from gateway.query.statistics import Column

COMPARED: Final = frozenset({"gt", "gte", "lt", "lte", "range"})
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
