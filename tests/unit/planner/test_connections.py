"""Rows of a page cut to each parent's page: the row too many, backward pages, parents without rows."""

import pytest

from gateway.planner.connections import cut
from gateway.query.page import Page

ROWS = [(1, "a"), (1, "b"), (1, "c"), (3, "d")]


@pytest.mark.parametrize(
    ("page", "kept", "span"),
    [
        (Page(3), [1, 2, 3], (0, 3, True, False)),
        (Page(4), [1, 2, 3, 4], (0, 4, False, False)),
        (Page(3, after=(0,)), [1, 2, 3], (0, 3, True, True)),
        (Page(3, backward=True), [3, 2, 1], (0, 3, False, True)),
        (Page(4, before=(9,)), [1, 2, 3, 4], (0, 4, True, False)),
        (Page(4, backward=True, after=(0,)), [4, 3, 2, 1], (0, 4, False, True)),
        (Page(9, backward=True, before=(9,)), [4, 3, 2, 1], (0, 4, True, False)),
        (Page(0), [], (0, 0, True, False)),
    ],
)
def test_a_page_of_a_layer_loses_the_row_too_many(page, kept, span):
    found, spans = cut([1, 2, 3, 4], page, None, None)
    assert list(found) == kept
    assert spans == [span]


def test_each_parent_has_its_span_in_the_order_of_the_parents():
    found, spans = cut(ROWS, Page(2), [3, 2, 1], 0)
    assert [found[start:stop] for start, stop, _, _ in spans] == [[(3, "d")], [], [(1, "a"), (1, "b")]]
    assert [has_next for _, _, has_next, _ in spans] == [False, False, True]


def test_rows_that_were_read_backward_are_turned_around_for_each_parent():
    found, spans = cut(ROWS, Page(2, backward=True), [1, 3], 0)
    assert found == [(1, "b"), (1, "a"), (3, "d")]
    assert [has_previous for *_, has_previous in spans] == [True, False]


def test_a_page_of_no_rows_has_empty_spans():
    assert cut([], Page(5), [1, 2], 0) == ([], [(0, 0, False, False)] * 2)
