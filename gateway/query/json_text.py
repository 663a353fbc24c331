"""JSON from outside, in a body or a URL; enters bytes, leaves values within limits.

orjson reads UTF-8 only, refuses NaN and numbers that are too large for a double, and does not recurse in Python. What
it lets pass is looked for here, without recursion: nesting above the limit, keys given twice in one object, and numbers
whose last digits a double loses.
"""

import json
import re
from array import array
from itertools import accumulate

import orjson

from gateway import errors
from gateway.query import numbers
from gateway.settings import LimitSettings

# A text without an end matches too: to fail there and try at every later quote would take quadratic time.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*"?', re.DOTALL)
# 15 digits are kept by every double but the smallest and largest.
_LONG = re.compile(rb"-?[0-9][0-9.]{15,}(?:[eE][-+]?[0-9]+)?|-?[0-9][0-9.]*[eE][-+]?[0-9]{3,}")
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_MANY = 10_000  # bytes without texts from which to look at the whole is faster than to look for each number
_VALUES_A_VERTEX = 10  # two numbers and their array, with room for everything that is no geometry
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # +1 and, as a signed byte, -1


def read_json(raw: bytes, limits: LimitSettings) -> object:
    """The value in `raw`; BAD_JSON or BAD_TEXT where there is none, or one beyond the limits."""
    bare = _check_size(raw, limits)
    value = _load(raw)
    if _keys(value) != bare.count(b":"):
        raise errors.BadJson("An object in the JSON has the same key twice. Give each key once.")
    return json.loads(raw, parse_float=numbers.read, parse_int=numbers.read) if _loses_digits(bare, value) else value


def _keys(value: object) -> int:
    """How many keys all objects have together."""
    found, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            found += len(each)
            waiting += each.values()
    return found


def _check_size(raw: bytes, limits: LimitSettings) -> bytes:
    """Refuse more values or deeper nesting than the limits; returns the JSON without its texts."""
    most = limits.vertices * _VALUES_A_VERTEX
    # Quotes are counted first: to take out more texts than may be takes long.
    bare = b"" if (many := raw.count(b'"') > 4 * most) else _TEXT.sub(b"", raw)
    opened = bare.count(b"{") + bare.count(b"[")
    if many or opened > most or bare.count(b",") > most:
        message = f"The JSON has more than {most} values, the limit. Send it in several requests."
        raise errors.BadJson(message, limit=most)
    depth = limits.json_depth
    if opened > depth and max(accumulate(array("b", bare.translate(_STEPS, _OTHERS)))) > depth:
        raise errors.BadJson(f"The JSON is nested more than {depth} deep, the limit. Flatten it.", limit=depth)
    return bare


def _load(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate" in error.msg and raw.isascii():  # an escape; raw bytes of one are not UTF-8
            message = "A text holds half a surrogate pair, which is no character. Remove or complete it."
            raise errors.BadText(message) from error
        raise errors.BadJson(f"This is not JSON in UTF-8: {error.msg} at character {error.pos}.") from error


def _loses_digits(bare: bytes, value: object) -> bool:
    """Whether a number of the JSON is not what orjson makes of it.

    Coordinates have as many digits as a double, and there are thousands: what comes back as it was is not looked at.
    """
    if len(bare) > _MANY and _TEXT.sub(b"", orjson.dumps(value)) == bare.translate(None, b" \t\r\n"):
        return False
    if not (long := _LONG.findall(bare)):
        return False
    given = b",".join(long)
    kept = orjson.dumps(orjson.loads(b"[%b]" % given))[1:-1]
    if given == kept:
        return False
    pairs = zip(given.split(b","), kept.split(b","), strict=True)
    return any(isinstance(numbers.read(text.decode()), numbers.Written) for text, back in pairs if text != back)
