"""Members of JSON objects with the very text of their values; enters JSON, leaves names and raw values.

No number becomes a float and no object a dict on the way: 12345678901234567890, 1.10 and -0 stay what they are. What
PostgreSQL's jsonb can't hold is changed, with a remark: NUL, halves of surrogate pairs, numbers beyond 1e400, a name
twice.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import orjson

from gateway.sources.batches import Remark
from gateway.sources.names import distinct

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_MEMBER: Final = re.compile(rb'"\s*:')
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[0-9][eE][+-]?[0-9]{3}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EXPONENT: Final = re.compile(r"[eE]([+-]?[0-9]+)$")
_MOST_EXPONENT: Final = 400
_MOST_DIGITS: Final = 10_000

BAD_TEXT: Final = "had NUL or was not UTF-8; those characters were removed or replaced"
BAD_NUMBER: Final = f"has a number beyond 1e{_MOST_EXPONENT} or none of JSON; it is kept as text"
SAME_NAME: Final = "has a name twice; the second is kept under that name and a number"


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Constant(str):
    """NaN or an infinity, which JSON does not have."""

    __slots__ = ()


class _Pairs(list[tuple[str, object]]):
    """An object with all its members, in order."""


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one object as JSON in UTF-8, and what had to be changed: remarks by field."""

    raw: Mapping[str, bytes]
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def remarks(rows: Iterable[Members]) -> Mapping[int, tuple[Remark, ...]]:
    """What had to be changed, by row."""
    return {
        row: tuple(Remark((name,), f"{name} {', and '.join(why)}.") for name, why in each.changed.items())
        for row, each in enumerate(rows)
        if each.changed
    }


def members(text: bytes) -> Members | None:
    """The members of the object `text`, or None where that is null. Raises ValueError where it is neither."""
    try:
        raw_members = _OBJECT.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _mended(text)
    if raw_members is None:
        return None
    raw = {name: bytes(value) for name, value in raw_members.items()}
    plain = len(_MEMBER.findall(text)) == len(raw) and not _SUSPECT.search(text) and is_utf8(text)
    return Members(raw) if plain else _mended(text)


def feature(text: bytes) -> tuple[Mapping[str, bytes], Members | None]:
    """The members of a GeoJSON object as they are written, and those of its properties.

    Raises ValueError where the object, or its properties, are none.
    """
    try:
        own = {name: bytes(value) for name, value in (_OBJECT.decode(text) or {}).items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pairs = _parsed(text)
        if not isinstance(pairs, _Pairs):
            raise ValueError("it is not an object") from None  # noqa: TRY004 - of the text
        own = {name: _written(value, None).encode() for name, value, _ in _each(pairs)}
        given = [value for name, value in pairs if name == "properties"]
        return own, _members_of(given[-1]) if given else None
    return own, members(own["properties"]) if "properties" in own else None


def value(text: bytes) -> tuple[str, tuple[str, ...]]:
    """One value as JSON that jsonb can hold, and remarks on it; what is no JSON is a text."""
    changes: set[str] = set()
    try:
        return _written(_parsed(text), changes), tuple(sorted(changes))
    except ValueError:
        return _quoted(_text(text.decode(errors="surrogateescape"), changes)), tuple(sorted(changes))


def of(raw: Mapping[str, bytes]) -> Members:
    """Members of an object as `feature` gives them, on their own."""
    text = b"{" + b",".join(orjson.dumps(name) + b":" + value for name, value in raw.items()) + b"}"
    return members(text) or Members({})


def is_utf8(text: bytes) -> bool:
    """Whether `text` is UTF-8 throughout."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mended(text: bytes) -> Members | None:
    """The same, value by value in Python."""
    return _members_of(_parsed(text))


def _members_of(pairs: object) -> Members | None:
    if pairs is None:
        return None
    if not isinstance(pairs, _Pairs):
        raise ValueError("it is not an object")  # noqa: TRY004 - of the text
    raw: dict[str, bytes] = {}
    changed: dict[str, tuple[str, ...]] = {}
    for name, value, changes in _each(pairs):
        raw[name] = _written(value, changes).encode()
        if changes:
            changed[name] = tuple(sorted(changes))
    return Members(raw, changed)


def _each(pairs: _Pairs) -> Iterator[tuple[str, object, set[str]]]:
    """Members under names that differ, each with remarks on its name."""
    changes: list[set[str]] = [set() for _ in pairs]
    before = [_text(name, remarks) for (name, _), remarks in zip(pairs, changes, strict=True)]
    for place, name in enumerate(distinct(before)):
        yield name, pairs[place][1], changes[place] | ({SAME_NAME} if name != before[place] else set())


def _parsed(text: bytes) -> object:
    try:
        return _LENIENT.decode(text.decode(errors="surrogateescape"))
    except RecursionError as error:
        raise ValueError("objects and lists are nested too deeply") from error


def _written(value: object, changes: set[str] | None) -> str:
    """`value` as JSON that jsonb can hold, where `changes` takes what had to change; without it, as it is written."""
    match value:
        case _Constant():
            return _kept_as_text(value, changes)
        case _Number():
            return _number(value, changes)
        case str():
            return _quoted(_text(value, changes))
        case _Pairs():
            return "{" + ",".join(_member(*each, changes) for each in _each(value)) + "}"
        case list():
            return "[" + ",".join(_written(item, changes) for item in value) + "]"
        case _:
            return "null" if value is None else "true" if value else "false"


def _member(name: str, value: object, own: set[str], changes: set[str] | None) -> str:
    if changes is not None:
        changes |= own
    return f"{_quoted(name)}:{_written(value, changes)}"


def _kept_as_text(text: str, changes: set[str] | None) -> str:
    if changes is None:
        return str(text)
    changes.add(BAD_NUMBER)
    return f'"{text}"'


def _number(text: _Number, changes: set[str] | None) -> str:
    exponent = _EXPONENT.search(text)
    # jsonb would write such a number out, with all its zeros, at every read.
    if len(text) > _MOST_DIGITS or (exponent and abs(int(exponent[1])) > _MOST_EXPONENT):
        return _kept_as_text(text, changes)
    return str(text)


def _text(value: str, changes: set[str] | None) -> str:
    clean = _SURROGATE.sub("\ufffd", value.replace("\0", ""))
    if clean != value and changes is not None:
        changes.add(BAD_TEXT)
    return clean


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


_LENIENT: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=_Number, parse_int=_Number, parse_constant=_Constant, strict=False
)
