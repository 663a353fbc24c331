"""Filters in URLs are read back as they were written; whatever else stands there is refused with a code."""

import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.query.tokens import FilterCodec, Signed
from gateway.settings import LimitSettings
from tests.fixtures.principals import CLERK

LIMITS = LimitSettings()
FILTERS = {"landUse": {"exact": "R1"}, "and": [{"geometry": {"intersects": {"bbox": [-71.2, 42.3, -71, 42.4]}}}]}


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


SIGNED = Signed(replace(CLERK, identity="key 1"), "csv", {"properties": "address", "crs": "EPSG:2249"})
CODEC = FilterCodec(b"a key of the tests", LIMITS)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Half a surrogate pair is no character; GraphQL refuses it before there is a token.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


def packed(data):
    return urlsafe_b64encode(data).decode().rstrip("=")


def forged(raw):
    return f"f1.{packed(zlib.compress(raw))}"


@given(st.dictionaries(st.sampled_from(["a", "b", "ü"]), VALUES))
def test_a_filter_is_read_back_as_it_was_written(filters):
    assert CODEC.decode(PARCELS, CODEC.encode(PARCELS, filters)).filters == filters


def test_equal_filters_have_equal_tokens_whatever_the_order_of_their_members():
    assert CODEC.encode(PARCELS, FILTERS) == CODEC.encode(PARCELS, dict(reversed(FILTERS.items())))


def test_a_token_needs_no_percent_encoding():
    text = CODEC.encode(PARCELS, FILTERS, SIGNED, 9)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_times_are_written_as_text():
    filters = {"createdAt": {"gt": datetime(2026, 5, 17, 9, 30, tzinfo=UTC)}}
    found = CODEC.decode(PARCELS, CODEC.encode(PARCELS, filters)).filters
    assert found == {"createdAt": {"gt": "2026-05-17T09:30:00+00:00"}}


def test_plain_json_is_a_filter_too():
    assert CODEC.decode(PARCELS, ' {"landUse": {"exact": "R1"}}').filters == {"landUse": {"exact": "R1"}}


def test_an_unsigned_token_speaks_for_nobody():
    assert CODEC.decode(PARCELS, CODEC.encode(PARCELS, FILTERS)).signed is None


class TestSigned:
    @pytest.fixture
    def clock(self):
        return Clock()

    @pytest.fixture
    def codec(self, clock):
        return FilterCodec(b"a key of the tests", LIMITS, clock)

    @pytest.fixture
    def text(self, codec):
        return codec.encode(PARCELS, FILTERS, SIGNED, 60)

    def test_it_speaks_for_its_principal(self, codec, text):
        found = codec.decode(PARCELS, text)
        assert (found.signed, found.filters) == (SIGNED, FILTERS)

    def test_it_expires(self, codec, clock, text):
        clock.now += 60
        with pytest.raises(errors.FilterExpired):
            codec.decode(PARCELS, text)

    def test_it_ends_with_the_credential_that_asked_for_it(self, codec, clock):
        clerk = replace(CLERK, until=clock.now + 5)
        text = codec.encode(PARCELS, FILTERS, Signed(clerk, "tiles"), 3600)
        clock.now += 4
        assert codec.decode(PARCELS, text).signed.principal == CLERK
        clock.now += 1
        with pytest.raises(errors.FilterExpired):
            codec.decode(PARCELS, text)

    def test_it_is_of_its_layer_alone(self, codec, text):
        with pytest.raises(errors.BadFilterToken):
            codec.decode(ZONING_DISTRICTS, text)

    def test_another_key_does_not_sign_it(self, text, clock):
        with pytest.raises(errors.BadFilterToken):
            FilterCodec(b"another key", LIMITS, clock).decode(PARCELS, text)

    def test_no_character_of_it_can_be_changed(self, codec, text):
        for place, character in enumerate(text):
            changed = text[:place] + ("A" if character != "A" else "B") + text[place + 1 :]
            with pytest.raises(errors.BadFilterToken):
                codec.decode(PARCELS, changed)

    def test_another_filter_cannot_take_its_signature(self, codec, text):
        other = codec.encode(PARCELS, {})
        _, claims, signature = text.rsplit(".", 2)
        with pytest.raises(errors.BadFilterToken):
            codec.decode(PARCELS, f"{other}.{claims}.{signature}")

    def test_what_is_left_without_claims_and_signature_speaks_for_nobody(self, codec, text):
        assert codec.decode(PARCELS, text.rsplit(".", 2)[0]).signed is None


HOSTILE = {
    "nothing": "",
    "a word": "nonsense",
    "another version": "f2.abc",
    "no payload": "f1.",
    "no base64": "f1.%%%%",
    "characters outside the alphabet": f"f1.{packed(zlib.compress(b'{}'))}\n",
    "padding": f"f1.{urlsafe_b64encode(zlib.compress(b'{ }')).decode()}=",
    "one character": "f1.A",
    "no zlib": f"f1.{packed(b'{}')}",
    "half a stream": f"f1.{packed(zlib.compress(orjson.dumps(FILTERS))[:-5])}",
    "two streams": f"f1.{packed(zlib.compress(b'{}') * 2)}",
    "two parts": f"{forged(b'{}')}.abc",
    "an empty signature": f"{forged(b'{}')}..",
    "too many parts": f"{forged(b'{}')}.a.b.c",
    "not ASCII": "f1.ÄÄÄÄ",
    "a bomb of blanks": forged(b" " * 8_000_000),
    "a bomb of zeros": forged(b"0" * 8_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_token_is_refused(name):
    with pytest.raises(errors.BadFilterToken) as caught:
        CODEC.decode(PARCELS, HOSTILE[name])
    assert caught.value.path == ("filters",)


BAD_JSON = {
    "deep brackets": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"not":' * 65 + b"{}" + b"}" * 65,
    "half": b'{"a":',
    "NaN": b'{"a":NaN}',
    "a key twice": b'{"a":1,"a":2}',
    "not UTF-8": b'{"a":"\xff"}',
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json_in_a_token_is_refused(name):
    with pytest.raises(errors.BadJson) as caught:
        CODEC.decode(PARCELS, forged(BAD_JSON[name]))
    assert caught.value.path == ("filters",)


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(errors.BadText):
        CODEC.decode(PARCELS, '{"a":"\\ud800"}')


@pytest.mark.parametrize("value", [b"[]", b"5", b'"text"', b"null"])
def test_json_that_is_no_object_is_refused(value):
    with pytest.raises(errors.ArgumentError) as caught:
        CODEC.decode(PARCELS, forged(value))
    assert caught.value.code == "BAD_ARGUMENT"


def test_a_filter_that_is_too_long_is_refused_both_ways():
    chance = [[number * 0.7071 % 1, number * 0.5772 % 1] for number in range(2_000)]
    filters = {"geometry": {"intersects": {"geojson": {"type": "LineString", "coordinates": chance}}}}
    with pytest.raises(errors.FilterTooLong):
        CODEC.encode(PARCELS, filters)
    with pytest.raises(errors.FilterTooLong):
        CODEC.decode(PARCELS, orjson.dumps(filters).decode())


def test_a_value_that_json_has_no_form_for_is_refused():
    with pytest.raises(errors.ArgumentError):
        CODEC.encode(PARCELS, {"attributes": {"contains": {"a": 2**80}}})


@given(st.text())
def test_no_text_raises_anything_but_errors_of_ours(text):
    for whole in (text, f"f1.{text}", "{" + text):
        try:
            CODEC.decode(PARCELS, whole)
        except errors.GatewayError:
            continue


@given(st.binary())
def test_no_bytes_in_a_token_raise_anything_but_errors_of_ours(raw):
    for whole in (forged(raw), f"f1.{packed(raw)}"):
        try:
            CODEC.decode(PARCELS, whole)
        except errors.GatewayError:
            continue
