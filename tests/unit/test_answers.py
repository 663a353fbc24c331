"""Headers of a request: lists may come in several lines, of all else the first line counts."""

import pytest

from gateway.http.answers import header, matches


def scope(*headers):
    return {"headers": list(headers)}


@pytest.mark.parametrize("name", [b"accept", b"accept-encoding", b"if-none-match"])
def test_the_lines_of_a_list_are_joined_in_their_order(name):
    assert header(scope((name, b"a, b"), (b"host", b"here"), (name, b"c")), name) == b"a, b, c"


@pytest.mark.parametrize("name", [b"authorization", b"x-api-key", b"host"])
def test_of_what_is_no_list_the_first_line_counts(name):
    assert header(scope((name, b"one"), (name, b"other")), name) == b"one"


def test_a_header_that_is_not_there_is_none_whatever_is_given_twice():
    assert header(scope((b"host", b"here"), (b"host", b"there")), b"accept") is None


def test_a_tag_in_any_line_matches():
    assert matches(scope((b"if-none-match", b'"a"'), (b"if-none-match", b'W/"b"')), b'"b"')
