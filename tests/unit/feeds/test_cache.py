"""Bodies are given out in their own generation alone, and never take more room than they may."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from gateway.feeds.cache import Cache, body, packed

KEYS = st.integers(0, 5)


def filled(count, capacity=100_000):
    cache = Cache(capacity)
    for key in range(count):
        cache.put(key, (1, 1), body(b"%d" % key * 100))
    return cache


def test_what_was_put_is_given_out():
    made = body(b"tile")
    cache = Cache(100_000)
    cache.put("key", (1, 2), made)
    assert cache.get("key", (1, 2)) is made


def test_after_a_change_it_is_gone():
    cache = filled(1)
    assert cache.get(0, (1, 2)) is None
    assert (cache.size, len(cache)) == (0, 0)


def test_the_least_used_leave_when_there_is_no_room():
    cache = filled(6, capacity=7_000)
    cache.get(0, (1, 1))
    for key in range(6, 12):
        cache.put(key, (1, 1), body(b"%d" % key * 100))
        cache.get(0, (1, 1))
    assert cache.get(0, (1, 1)) is not None
    assert cache.get(1, (1, 1)) is None


def test_without_room_nothing_is_kept():
    assert len(filled(3, capacity=0)) == 0


def test_one_large_body_does_not_drive_out_the_others():
    cache = filled(10)
    cache.put("large", (1, 1), body(b"x" * 90_000))
    assert len(cache) == 10


@given(st.lists(st.tuples(KEYS, st.integers(0, 2), st.integers(0, 2_000))))
def test_size_is_that_of_what_is_kept_and_within_bounds(steps):
    cache = Cache(10_000)
    for key, generation, length in steps:
        cache.put(key, (generation,), body(b"x" * length))
        cache.get((key + 1) % 6, (generation,))
        assert cache.size == sum(made.size for _, made in cache._kept.values()) <= 10_000


async def test_small_bodies_are_not_compressed_and_large_ones_are():
    assert await packed(body(b"x" * 1_023), 9) is None
    assert await packed(body(b"x" * 5_000), 0) is None
    for length in (5_000, 100_000):
        assert gzip.decompress(await packed(body(b"x" * length), 5)) == b"x" * length


async def test_a_body_is_compressed_once():
    made = body(b"x" * 5_000)
    assert await packed(made, 5) is await packed(made, 5)


def test_equal_bytes_have_one_name():
    assert body(b"x").etag == body(b"x").etag != body(b"y").etag
