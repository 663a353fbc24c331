"""Values that a lookup compares with; enters what a client gave, leaves what the driver takes, or an error.

GraphQL has coerced most of them, a URL none: whatever the value, it is checked here.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import orjson

from gateway import errors
from gateway.geo.positions import Path, kind_of
from gateway.layers import LayerField
from gateway.models.kinds import Kind
from gateway.query import numbers
from gateway.query.ids import BIGINT_MAX
from gateway.query.text import check_text

INT_MAX = 2**31 - 1


def mapping(value: object, path: Path) -> Mapping[str, object]:
    """An object."""
    if not isinstance(value, Mapping):
        raise errors.ArgumentError(f"Give an object, not {kind_of(value)}.", path=path)
    return value


def listed(value: object, path: Path) -> Sequence[object]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise errors.ArgumentError(f"Give a list, not {kind_of(value)}.", path=path)
    return value


def flag(value: object, path: Path) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise errors.ArgumentError(f"Give true or false, not {kind_of(value)}.", path=path)
    return value


def text(value: object, longest: int, path: Path) -> str:
    """Text that PostgreSQL can hold."""
    if not isinstance(value, str):
        raise errors.ArgumentError(f"Give text, not {kind_of(value)}.", path=path)
    check_text(value, longest, path)
    return value


def same(field: LayerField, value: object, longest: int, path: Path) -> object:
    """A value of the field's own kind."""
    match field.kind:
        case Kind.TEXT:
            return text(value, longest, path)
        case Kind.INTEGER:
            return _whole(value, INT_MAX, path)
        case Kind.BIGINT:
            return _whole(numbers.whole(value) if isinstance(value, str) else value, BIGINT_MAX, path)
        case Kind.FLOAT:
            return number(value, path)
        case Kind.DECIMAL:
            return _decimal(value, path)
        case Kind.DATETIME:
            return instant(value, path)
        case Kind.BOOLEAN | Kind.UUID:
            return flag(value, path) if field.kind is Kind.BOOLEAN else _uuid(value, path)
        case _:
            return _json(value, longest, path)


def comparable(value: object, path: Path) -> None:
    """Refuse a JSON object with members that are neither greater nor less than others."""
    for name, member in mapping(value, path).items():
        if isinstance(member, bool) or not isinstance(member, str | int | float | Decimal):
            raise errors.ArgumentError(f"Give a number or text, not {kind_of(member)}.", path=(*path, name))


def number(value: object, path: Path) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.ArgumentError(f"Give a number, not {kind_of(value)}.", path=path)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise errors.NonFinite("The number is NaN, infinite or too large.", path=path)
    return number


def _whole(value: object, most: int, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise errors.ArgumentError(f"Give a whole number, not {kind_of(value)}.", path=path)
    if not -most - 1 <= value <= most:
        raise errors.OutOfRange(f"The number is larger than {most.bit_length() + 1} bits.", path=path)
    return value


def _uuid(value: Any, path: Path) -> UUID:
    """GraphQL has read its own already; a URL has text."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (TypeError, ValueError, AttributeError):
        message = "Give a UUID, such as 123e4567-e89b-12d3-a456-426614174000."
        raise errors.ArgumentError(message, path=path) from None


def _decimal(value: object, path: Path) -> Decimal:
    """The digits that were written, since 0.1 of 64 bits is not the decimal 0.1."""
    decimal = numbers.decimal(value)
    if decimal is None:
        given = "this text" if isinstance(value, str) else kind_of(value)
        raise errors.ArgumentError(f'Give a number, or a text of one such as "0.10", not {given}.', path=path)
    if not decimal.is_finite():
        raise errors.NonFinite("The number is NaN or infinite.", path=path)
    if numbers.is_long(decimal):
        most = numbers.MOST_DIGITS
        message = f"The number has more than {most} digits before or after its point. Round it."
        raise errors.OutOfRange(message, path=path, limit=most)
    return decimal


def storable(field: LayerField, value: object, path: Path) -> None:
    """Refuse a decimal that its column would round or has no room for."""
    if not isinstance(value, Decimal) or field.precision is None:
        return
    scale = field.scale or 0
    digits = value.normalize(Context(prec=2 * numbers.MOST_DIGITS)).as_tuple()
    before, after = len(digits.digits) + int(digits.exponent), -int(digits.exponent)
    if value and (before > field.precision - scale or after > scale):
        message = (
            f"{field.name} holds at most {field.precision - scale} digits before the point and {scale} after it. "
            "Round the number."
        )
        raise errors.OutOfRange(message, path=path, precision=field.precision, scale=scale)


def instant(given: object, path: Path) -> datetime:
    """A time with a zone, in UTC."""
    value = _read_instant(given, path) if isinstance(given, str) else given
    if not isinstance(value, datetime):
        raise errors.ArgumentError(f"Give a time, not {kind_of(value)}.", path=path)
    if value.tzinfo is None:
        raise errors.ArgumentError("The time has no zone. End it with Z or an offset such as -05:00.", path=path)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise errors.OutOfRange("The time is outside the years 1 to 9999 of UTC.", path=path) from None


def _read_instant(given: str, path: Path) -> datetime:
    """A time as it stands in the JSON of a URL; GraphQL has read its own already."""
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        raise errors.ArgumentError("Give a time such as 2026-05-17T09:30:00-04:00.", path=path) from None


def _json(value: object, longest: int, path: Path) -> str:
    if not isinstance(value, dict):
        raise errors.ArgumentError('Give a JSON object, for example {use_code: "105"}.', path=path)
    try:
        json = orjson.dumps(value, default=numbers.as_json, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        message = (
            f"The object is nested too deeply, or holds half a surrogate pair or a number of more than "
            f"{numbers.MOST_DIGITS} digits."
        )
        raise errors.ArgumentError(message, path=path) from error
    check_text(json, longest, path)
    # An even number of backslashes before it would be text that quotes the escape.
    if "\\u0000" in json.replace("\\\\", ""):
        raise errors.BadText("The text holds NUL (U+0000), which PostgreSQL cannot store. Remove it.", path=path)
    return json
