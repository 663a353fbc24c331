"""Floor 5. JSON from outside; enters bytes, leaves one object within limits.

orjson reads UTF-8 only, refuses NaN and numbers that a double cannot hold, and does not recurse in Python. What it
lets pass is looked for here, without recursion: nesting above the limit and keys given twice in one object.
"""

import re
from array import array
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import orjson

from gateway import errors

_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # +1 and, as a signed byte, -1


def read_object(raw: bytes, *, depth: int) -> dict[str, Any]:
    """The JSON object in `raw`, nested at most `depth` deep."""
    bare = _TEXT.sub(b"", raw)
    steps = array("b", bare.translate(_STEPS, _OTHERS))
    if len(steps) > depth and max(accumulate(steps)) > depth:
        raise errors.BadJson(f"The JSON is nested more than {depth} deep, the limit.", limit=depth)
    value = _load(raw)
    if isinstance(value, list):
        raise errors.BatchLimit(
            "The body is a list. Send one operation a request; one operation may have many root fields."
        )
    if not isinstance(value, dict):
        raise errors.BadJson('The body must be a JSON object such as {"query": "{ __typename }"}.')
    if _count_keys(value) != bare.count(b":"):
        raise errors.BadJson("An object in the body has the same key twice. Give each key once.")
    return value


def _load(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate" in error.msg and raw.isascii():  # an escape; raw bytes of one are not UTF-8
            message = "A text holds half a surrogate pair, which is no character. Remove or complete it."
            raise errors.BadText(message) from error
        raise errors.BadJson(f"The body is not JSON in UTF-8: {error.msg} at character {error.pos}.") from error


def _count_keys(value: Mapping[str, Any]) -> int:
    count = 0
    stack: list[Any] = [value]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            count += len(found)
            stack.extend(found.values())
        elif isinstance(found, list):
            stack.extend(item for item in found if isinstance(item, dict | list))
    return count
