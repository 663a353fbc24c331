"""What is kept prepared: each value made once, and forgotten by number or for want of room."""

import weakref
from collections import UserString as Text

from hypothesis import given
from hypothesis import strategies as st

from gateway.planner.lru import LruCache, MemoryBudget


def upper(sizes):
    """Make texts of a size that tells how often each was made."""
    made = []

    def make(key):
        made.append(key)
        return key.upper(), sizes

    return made, make


def test_a_value_is_made_once_and_found_again():
    made, make = upper(10)
    kept = LruCache(5, MemoryBudget(1_000))
    assert [kept.get(key, make) for key in "aabab"] == ["A", "A", "B", "A", "B"]
    assert made == ["a", "b"]


def test_beyond_the_number_the_one_used_longest_ago_is_forgotten():
    made, make = upper(10)
    kept = LruCache(2, MemoryBudget(1_000))
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, make)
    assert made == ["a", "b", "c", "b"]


def test_caches_that_share_a_room_forget_what_was_made_first():
    made, make = upper(40)
    room = MemoryBudget(100)
    one, other = LruCache(9, room), LruCache(9, room)
    one.get("a", make)
    other.get("b", make)
    other.get("c", make)
    assert (len(one), len(other), room.used) == (0, 2, 80)
    one.get("a", make)
    assert made == ["a", "b", "c", "a"]


def test_what_has_no_room_is_made_each_time_and_drives_out_the_rest():
    made, make = upper(101)
    room = MemoryBudget(100)
    kept = LruCache(9, room)
    assert [kept.get("a", make), kept.get("a", make)] == ["A", "A"]
    assert made == ["a", "a"]
    assert (len(kept), room.used) == (0, 0)


def test_a_cache_that_nobody_has_any_more_goes_with_all_it_kept():
    room = MemoryBudget(100)
    inner = LruCache(9, room)
    value = inner.get("a", lambda _: (Text("A"), 60))
    gone = weakref.ref(value)
    del inner, value
    assert gone() is None
    other = LruCache(9, room)
    other.get("b", lambda _: ("B", 60))
    assert (len(other), room.used) == (1, 60)


def test_none_may_be_kept():
    made, make = upper(1)
    kept = LruCache(0, MemoryBudget(100))
    assert [kept.get("a", make), kept.get("a", make)] == ["A", "A"]
    assert made == ["a", "a"]


@given(
    st.integers(0, 4),
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 30)), max_size=60),
)
def test_neither_bound_is_ever_passed_and_values_are_right(most, capacity, asked):
    room = MemoryBudget(capacity)
    caches = [LruCache(most, room) for _ in range(3)]
    for cache, key, size in asked:
        assert caches[cache].get(key, lambda key, cache=cache, size=size: ((cache, key), size)) == (cache, key)
        assert room.used <= capacity
        assert all(len(each) <= most for each in caches)
