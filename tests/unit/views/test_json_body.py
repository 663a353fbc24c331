"""JSON from outside: what passes is what orjson reads, and no body is expensive."""

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.http.views.json_body import read_object
from gateway.settings import LimitSettings
from tests.fixtures.cpu import least_cpu_seconds

LIMITS = LimitSettings()
MEBIBYTE = 1 << 20
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(), VALUES))
def test_every_object_within_the_limits_is_read_as_it_was_written(value):
    try:
        raw = orjson.dumps(value)
    except TypeError:
        return  # a lone surrogate, which orjson does not write
    assert read_object(raw, LIMITS) == value


@given(st.binary())
def test_no_bytes_raise_anything_but_errors_of_ours(raw):
    with suppress(errors.BadJson, errors.BadText, errors.BatchLimit):
        read_object(raw, LIMITS)


@pytest.mark.parametrize("depth", [1, 63])
def test_nesting_up_to_the_limit_passes(depth):
    read_object(b'{"a":' + b"[" * depth + b"]" * depth + b"}", LIMITS)


def test_brackets_in_texts_do_not_count():
    read_object(b'{"a":"' + b"[" * 500 + b'\\"]"}', LIMITS)


HOSTILE = {
    "brackets": b"[" * MEBIBYTE,
    "empty lists": b'{"a":[' + b"[]," * (MEBIBYTE // 3) + b"[]]}",
    "keys": b"{" + b",".join(b'"%x":1' % number for number in range(MEBIBYTE // 12)) + b"}",
    "empty texts": b'{"a":[' + b'"",' * (MEBIBYTE // 3) + b'""]}',
    "quotes": b'"' * MEBIBYTE,
    "escapes": b'{"a":"' + b"\\n" * (MEBIBYTE // 2),
    "escaped quotes without an end": b'"' + b'\\"' * (MEBIBYTE // 2),
    "quotes and brackets": b'{"a' * (MEBIBYTE // 3),
    "digits": b'{"a":' + b"1" * MEBIBYTE + b"}",
    "backslashes": b"\\" * MEBIBYTE,
}


@pytest.mark.cpu
@pytest.mark.parametrize("name", HOSTILE)
def test_no_body_of_a_mebibyte_costs_more_than_a_quarter_of_a_second_of_cpu(name):
    def read():
        with suppress(errors.BadJson):
            read_object(HOSTILE[name], LIMITS)

    assert least_cpu_seconds(read, 0.25) < 0.25
