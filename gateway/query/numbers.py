"""Numbers that a double cannot hold; enters what stands in JSON or a literal, leaves them to the last digit.

A text of the digits is taken as the number is: JavaScript rounds numbers above 2^53, or of more than 17 digits, before
it writes them.
"""

import re
from decimal import Decimal
from typing import Final, Self

import orjson

MOST_DIGITS: Final = 1_000  # before the point and after it: what PostgreSQL lets a column declare

_WHOLE = re.compile(r"-?[0-9]{1,40}")
_DECIMAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,18})?")


class Written(float):
    """A number whose digits, kept in `text`, are more than a double holds; for all else it is the nearest double."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made


def read(text: str) -> int | float:
    """The number that `text` is in JSON or in a GraphQL document; Written where digits would be lost.

    Whole numbers of at most 64 bits are int, as in orjson.
    """
    if text.lstrip("-").isdecimal():
        number = int(text) if len(text) <= 20 else None
        return number if number is not None and -(2**63) <= number < 2**64 else Written(text)
    nearest = float(text)
    return nearest if repr(nearest) == text or Decimal(repr(nearest)) == Decimal(text) else Written(text)


def whole(value: object) -> int | None:
    """A whole number, or a text of its digits; None where it is neither."""
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def decimal(value: object) -> Decimal | None:
    """A number to the last digit that was written, or a text of one; None where it is neither."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Written):
        return Decimal(value.text)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        return None
    return Decimal(value if isinstance(value, int | str) else repr(value))


def is_long(number: Decimal) -> bool:
    """Whether a finite number has more digits than are taken on either side of its point, written out."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return number.adjusted() >= MOST_DIGITS or -exponent > MOST_DIGITS


def as_json(value: object) -> orjson.Fragment:
    """A number that orjson does not write, to the last digit; for its `default`.

    Raises:
        TypeError: it is no such number, or a longer one than is taken.
    """
    number = decimal(value) if isinstance(value, Written | Decimal) else None
    if number is None or not number.is_finite() or is_long(number):
        message = "no number that JSON can hold here"
        raise TypeError(message)
    return orjson.Fragment(str(number))
