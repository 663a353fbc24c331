"""Numbers are read to the last digit, from texts, literals and JSON, or refused; no database."""

import json
from dataclasses import replace
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.layers import PARCELS
from gateway.query import numbers, operands
from gateway.query.json_text import read_json
from gateway.settings import LimitSettings

LIMITS = LimitSettings()
FIELD = PARCELS.fields["assessedValue"]
digits = st.text("0123456789", min_size=1, max_size=30)
written = st.builds(
    lambda sign, head, tail, exponent: f"{sign}{head.lstrip('0') or '0'}{tail}{exponent}",
    st.sampled_from(["", "-"]),
    digits,
    digits.map(".{}".format) | st.just(""),
    st.integers(-330, 240).map("e{}".format) | st.just(""),
)


@given(
    st.lists(written, max_size=5), st.sampled_from(["a", "1.000000000000000001", "\u20ac"]), st.sampled_from([0, 2_000])
)
def test_a_number_in_json_is_the_one_that_was_written(texts, word, others):
    ring, text = json.dumps([[-71.25, 42]] * others), json.dumps(",".join(texts))
    body = f'{{{json.dumps(word)}: [{", ".join(texts)}], "text{word}": {text}, "ring": {ring}}}'.encode()
    found = read_json(body, LIMITS)[word]
    assert list(map(numbers.decimal, found)) == list(map(Decimal, texts))
    assert found == orjson.loads(body)[word]  # for all else it is the nearest double
    assert json.loads(orjson.dumps(found, default=numbers.as_json), parse_float=Decimal) == list(map(Decimal, texts))


@given(written)
def test_a_text_and_a_literal_of_a_number_are_that_number(text):
    assert numbers.decimal(text) == numbers.decimal(numbers.read(text)) == Decimal(text)


@pytest.mark.parametrize(
    "value", [None, True, "", ".", "1,000", "1_0", " 1", "+1", "NaN", "Infinity", "0x1", "1e", "\u0661", [1]]
)
def test_what_is_no_number_is_none(value):
    assert numbers.decimal(value) is None


def test_whole_numbers_of_64_bits_stay_whole():
    body = b"[18446744073709551615, -9223372036854775808, 18446744073709551616, 0.30000000000000004441]"
    found = read_json(body, LIMITS)
    assert [type(number) for number in found] == [int, int, numbers.Written, numbers.Written]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), Decimal("NaN")])
def test_a_decimal_is_finite(value):
    with pytest.raises(errors.NonFinite):
        operands.same(FIELD, value, 10, ("x",))


@pytest.mark.parametrize("value", ["9" * 1_000, "-1e999", "0." + "1" * 1_000, "0e500"])
def test_a_decimal_has_up_to_a_thousand_digits_on_either_side_of_its_point(value):
    assert operands.same(FIELD, value, 10, ("x",)) == Decimal(value)


@pytest.mark.parametrize("value", ["9" * 1_001, "1e1000", "1e-1001", "1e999999999999", "0e-2000"])
def test_a_longer_decimal_is_refused(value):
    with pytest.raises(errors.OutOfRange) as caught:
        operands.same(FIELD, value, 10, ("x",))
    assert caught.value.extensions == {"code": "OUT_OF_RANGE", "argument": ["x"], "limit": 1_000}


@pytest.mark.parametrize("number", ["1e1001", "1e-1001", "1e99999999"])
def test_a_longer_number_in_json_is_refused(number):
    with pytest.raises(errors.ArgumentError, match="more than 1000 digits"):
        operands.same(PARCELS.fields["attributes"], {"a": numbers.read(number)}, 10_000, ("x",))


@pytest.mark.parametrize(
    ("value", "kept"),
    [("99.99", True), ("-0.50", True), ("99.990", True), ("1e1", True), ("0", True), ("100", False), ("0.005", False)],
)
def test_a_column_of_so_many_digits_refuses_what_it_would_round(value, kept):
    field = replace(FIELD, precision=4, scale=2)
    number = operands.same(field, value, 10, ("x",))
    if kept:
        operands.storable(field, number, ("x",))
    else:
        with pytest.raises(errors.OutOfRange, match="2 digits before the point and 2 after it"):
            operands.storable(field, number, ("x",))
