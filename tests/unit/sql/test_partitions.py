"""Which months of a history are made and which dropped."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sql.partitions import Month, Partition, outlived, wanted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def partition(year, number, *, low=None):
    month = Month(year, number)
    return Partition(f"parcel_history_{year}_{number:02}", low or month.low, month.high)


def test_a_month_goes_over_the_end_of_a_year():
    assert Month(2026, 11).plus(3) == Month(2027, 2)
    assert Month(2026, 1).plus(-13) == Month(2024, 12)
    assert (Month(2026, 12).low, Month(2026, 12).high) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert str(Month(2026, 3)) == "2026-03"


def test_a_month_is_that_of_utc():
    late = datetime(2026, 11, 30, 20, tzinfo=timezone(timedelta(hours=-5)))
    assert Month.of(late) == Month(2026, 12)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_every_time_lies_in_its_month_and_months_meet(moment):
    month = Month.of(moment)
    assert month.low <= moment < month.high == month.plus(1).low


def test_this_month_and_those_ahead_are_made_once():
    assert wanted(NOW, 2, (), ()) == [Month(2026, 11), Month(2026, 12), Month(2027, 1)]
    begun = partition(2026, 11, low=NOW - timedelta(days=1))
    assert wanted(NOW, 2, (), [begun, partition(2027, 1)]) == [Month(2026, 12)]
    assert wanted(NOW, 0, (), [begun]) == []


def test_months_of_stray_rows_are_made_but_none_before_the_history_began():
    there = [partition(2026, 9, low=datetime(2026, 9, 10, tzinfo=UTC)), partition(2026, 11)]
    assert wanted(NOW, 0, [Month(2026, 10), Month(2026, 8), Month(2026, 9)], there) == [Month(2026, 10)]


@pytest.mark.parametrize(("keep", "gone"), [(1, 2), (2, 1), (3, 0)])
def test_what_ended_before_the_months_to_keep_is_dropped(keep, gone):
    there = [partition(2026, number) for number in (8, 9, 10, 11)]
    assert outlived(NOW, keep, there) == there[:gone]
