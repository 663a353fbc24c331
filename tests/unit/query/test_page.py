"""Cursors are read back as they were written, and nothing else is a cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.query.page import CursorCodec, PageArguments, cursor_scope, parse_page
from gateway.settings import LimitSettings
from tests.fixtures.reading import query

CODEC = CursorCodec(b"a key of the tests")
POINT = {"geojson": {"type": "Point", "coordinates": [-71.1, 42.3]}}
ORDERS = [
    None,
    [{"address": "ASC"}],
    [{"address": "DESC"}],
    [{"address": "ASC_NULLS_FIRST"}],
    [{"address": "ASC"}, {"landUse": "ASC"}],
    [{"landUse": "ASC"}, {"address": "ASC"}],
    [{"distanceTo": POINT}],
    [{"distanceTo": {"wkt": "POINT (-71.1 42.4)"}}],
    [{"distanceTo": {"node": "UGFyY2VsOjc="}}],
]
SCOPES = [query(order=order).scope for order in ORDERS] + [query(ZONING_DISTRICTS).scope]
positions = st.tuples(
    st.one_of(st.none(), st.text(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63), 2**63)),
    st.integers(0, 2**63 - 1),
)


def refused(text, scope=SCOPES[1]):
    with pytest.raises(errors.BadCursor) as caught:
        CODEC.decode(scope, text, path=("after",))
    return caught.value.path == ("after",)


@given(positions)
def test_a_cursor_is_read_back_as_it_was_written(position):
    assert CODEC.decode(SCOPES[1], CODEC.encode(SCOPES[1], position), path=()) == position


@given(positions, st.data())
def test_a_cursor_with_any_bit_flipped_is_refused(position, data):
    raw = bytearray(CODEC.encode(SCOPES[1], position).encode())
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    assert refused(raw.decode("latin-1"))


@given(positions, st.data())
def test_a_cursor_with_a_piece_cut_out_or_put_in_is_refused(position, data):
    text = CODEC.encode(SCOPES[1], position)
    start, end = sorted((data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(text)))))
    piece = data.draw(st.one_of(st.just(""), st.text(max_size=3), st.sampled_from(["=", "!", " ", "\n", "A", "\0"])))
    changed = text[:start] + piece + text[end:]
    assert changed == text or refused(changed)


@given(st.text())
def test_no_other_text_is_a_cursor(text):
    assert refused(text)


@pytest.mark.parametrize("text", ["", "=", "====", "é" * 40, "\ud800", "A" * 9_999, "bm90LWEtY3Vyc29y"])
def test_text_that_was_never_a_cursor_is_refused(text):
    assert refused(text)


@pytest.mark.parametrize("made", range(len(SCOPES)))
def test_a_cursor_of_another_order_or_layer_is_refused(made):
    cursor = CODEC.encode(SCOPES[made], (None, 7))
    assert CODEC.decode(SCOPES[made], cursor, path=()) == (None, 7)
    assert all(refused(cursor, scope) for scope in SCOPES[:made] + SCOPES[made + 1 :])


def test_a_cursor_signed_with_another_key_is_refused():
    assert refused(CursorCodec(b"another").encode(SCOPES[1], (None, 7)))


def test_a_distance_from_a_row_is_signed_by_its_layer_and_id_alone():
    (term,) = query(order=[{"distanceTo": {"node": "UGFyY2VsOjc="}}]).order
    assert term.label == "distanceTo:parcels:7"


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ({"first": -1}, ("first",)),
        ({"first": 1_001}, ("first",)),
        ({"last": -1}, ("last",)),
        ({"last": 1_001}, ("last",)),
        ({"first": 1, "last": 1}, ("last",)),
    ],
)
def test_a_page_that_is_none_is_refused_at_its_argument(page, path):
    with pytest.raises(errors.BadPage) as caught:
        parse_page(PageArguments(**page), LimitSettings(), CODEC, (), b"")
    assert caught.value.path == path


def test_a_page_has_the_default_size_where_none_is_given():
    page = parse_page(PageArguments(), LimitSettings(), CODEC, (), cursor_scope(PARCELS, ()))
    assert (page.size, page.backward, page.after, page.before) == (100, False, None, None)


def test_before_alone_asks_for_the_first_rows_before_it():
    scope = cursor_scope(PARCELS, ())
    page = parse_page(PageArguments(before=CODEC.encode(scope, (7,))), LimitSettings(), CODEC, (), scope)
    assert (page.backward, page.before) == (False, (7,))
