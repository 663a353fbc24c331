"""Whether contestants answer alike; enters two answers, leaves the first difference.

Peers write the same rows in other words: a number as text, a global id of their own or none, the row of an edge without
`node`, a list without `nodes` or `edges` around it.
"""

import math
from base64 import b64decode
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from benchmarks.contestants import Contestant
from benchmarks.works import Variables, Work

# A distance of 9e-6 more or less is what PostGIS' own sphere does to the nearest place of a polygon.
_TOLERANCE = 2e-5


def compare(contestants: Sequence[Contestant], work: Work, asked: Sequence[Variables]) -> None:
    """Raise where a contestant's rows are not those of the first."""
    for variables in asked:
        first = _rows(contestants[0], work, variables)
        for other in contestants[1:]:
            place = _difference(first, _rows(other, work, variables), work.name)
            if place:
                message = f"{other.name} and {contestants[0].name} differ with {dict(variables)}: {place}"
                raise RuntimeError(message)


def _rows(contestant: Contestant, work: Work, variables: Variables) -> Any:
    answer = orjson.loads(contestant.answer(work, variables))
    if "errors" in answer or not any(answer["data"].values()):
        message = f"{contestant.name} does not answer {work.name}: {str(answer)[:500]}"
        raise RuntimeError(message)
    return _plain(answer["data"])


def _plain(value: Any) -> Any:
    """Without the wrapping that differs between contestants."""
    match value:
        case [{"distance": float() | int()}, *_]:
            return _near([_plain(item) for item in value])
        case list():
            return [_plain(item) for item in value]
        case {"nodes": list(rows), **others} | {"edges": list(rows), **others} if not others:
            return _plain(rows)
        case {"node": dict(node), **others}:
            return _plain({**node, **others})
        case {"id": str(text), **others}:
            return {"id": _number(text), **_plain(others)}
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value


def _near(rows: Sequence[Any]) -> Sequence[Any]:
    """Rows by key: of two that are as far but for the tolerance, either may come first, or be the last."""
    last = rows[-1]["distance"] * (1 - _TOLERANCE)
    return sorted((row for row in rows if row["distance"] < last), key=itemgetter("parcelId"))


def _number(text: str) -> int:
    """The number in `Parcel:7`, and in PostGraphile's `["parcels",7]`."""
    return int("".join(filter(str.isdigit, b64decode(text).decode())))


def _difference(one: Any, other: Any, place: str) -> str:
    """The first place where two answers differ, or nothing."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        found = (_difference(one[name], other[name], f"{place}.{name}") for name in one)
        return next(filter(None, found), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = (_difference(*pair, f"{place}[{at}]") for at, pair in enumerate(zip(one, other, strict=True)))
        return next(filter(None, found), "")
    return "" if _same(one, other) else f"{place} is {str(one)[:80]} and {str(other)[:80]}"


def _same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=_TOLERANCE)
    except (TypeError, ValueError):
        return False
