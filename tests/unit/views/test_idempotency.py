"""The header Idempotency-Key."""

import pytest

from gateway.errors import BadIdempotencyKey
from gateway.http.views.idempotency import idempotency_key


def key(*values):
    return idempotency_key({"headers": [(b"accept", b"*/*"), *((b"idempotency-key", value) for value in values)]})


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (b"8e03978e-40d5", "8e03978e-40d5"),
        (b'"8e03978e-40d5"', "8e03978e-40d5"),
        (b"  order 5  ", "order 5"),
        (rb'"a \"b\" \\ c"', r'a "b" \ c'),
        (b"x" * 255, "x" * 255),
        (b'"' + b"x" * 255 + b'"', "x" * 255),
    ],
)
def test_a_key_is_the_same_in_quotes_and_without(given, found):
    assert key(given) == found


def test_a_request_may_have_no_key():
    assert key() is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((b"",), "empty"),
        ((b'""',), "empty"),
        ((b"x" * 256,), "256 characters, and may have 255"),
        ((b"a\tb",), "printable ASCII"),
        ((b"a\x00",), "printable ASCII"),
        ((b"\xc3\xa4",), "printable ASCII"),
        ((b'"half',), "no quoted text"),
        ((b'"a"; b=1',), "no quoted text"),
        ((rb'"a\n"',), "no quoted text"),
        ((b"a", b"b"), "two headers"),
    ],
)
def test_what_is_no_key_is_refused_with_what_is_wrong(given, says):
    with pytest.raises(BadIdempotencyKey, match=says):
        key(*given)
