"""Who gets a letter, whatever the owners and addresses of the parcels are."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.feeds.notices import NoticedParcel, NoticeList, Reason, folded
from gateway.layers import LAYERS
from gateway.query.notices import Include, Notice, notified
from gateway.query.units import Unit

LAYER, COLUMNS = notified(LAYERS)
NAMES = ("Ann Lee", "ANN  LEE", "Ann Lée", "Lee, Ann", "A.B. Trust", "AB Trust", "", ".", "O'Brien", "OBrien")
LINES = ("1 Main St", "1 MAIN ST.", "2 Main St", "", " ")
texts = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(LINES),
    st.sampled_from(("", "Unit 2", "unit 2")),
    st.sampled_from(("Linden", "LINDEN", "")),
    st.just("IA"),
    st.sampled_from(("50101", "50102")),
)
parcels = st.lists(st.tuples(texts, st.floats(0, 130), st.booleans()), max_size=30).map(
    lambda rows: sorted(
        (NoticedParcel(number, str(number), *row) for number, row in enumerate(rows)),
        key=lambda each: (each.metres, each.id),
    )
)
includes = st.frozensets(st.sampled_from(Include), min_size=1)


def listed(found, include, subjects=()):
    notice = Notice(LAYER, COLUMNS, LAYER, subjects, None, 100.0, Unit.METERS, include)
    return NoticeList(notice, found, datetime(2026, 11, 28, tzinfo=UTC))


@given(parcels, includes, st.sets(st.integers(0, 30)))
def test_each_parcel_found_has_one_recipient_or_one_reason(found, include, subjects):
    told = listed(found, include, tuple(subjects))
    of_recipients = [each.id for one in told.recipients for each in one.parcels]
    left = [each.id for reason, some in told.omitted.items() if reason is not Reason.DUPLICATE for each in some]

    assert sorted([*of_recipients, *left]) == sorted(each.id for each in found)
    assert len(told.recipients) + sum(map(len, told.omitted.values())) == len(found)
    assert {each.id for each in found if told.status(each) is None} == {one.parcels[0].id for one in told.recipients}


@given(parcels)
def test_no_two_recipients_have_the_same_words_and_each_has_a_name_and_a_line(found):
    told = listed(found, frozenset({Include.WITHIN_DISTANCE}))
    labels = [tuple(map(folded, one.lines)) for one in told.recipients]

    assert len(set(labels)) == len(labels)
    for one in told.recipients:
        assert folded(one.texts[0])
        assert any(map(folded, one.texts[1:3]))
        assert {tuple(map(folded, each.texts[:1])) for each in one.parcels} == {(folded(one.texts[0]),)}


@given(parcels)
def test_recipients_stand_in_the_order_of_their_nearest_parcels_with_all_within_the_distance(found):
    told = listed(found, frozenset({Include.WITHIN_DISTANCE}))
    nearest = [one.parcels[0].metres for one in told.recipients]

    assert nearest == sorted(nearest)
    assert all(each.metres <= 100 for one in told.recipients for each in one.parcels)
    assert all(each.metres > 100 for each in told.omitted.get(Reason.BORDERLINE, ()))


@pytest.mark.parametrize("text", ["\U0001d56ccme Trust", "\u24b6cme Trust", "\uff21cme Trust", "a\u0301cme trust"])
def test_texts_in_other_forms_of_letters_are_the_same(text):
    assert folded(text) == "acme trust"


@given(st.text(), st.text())
def test_texts_are_the_same_only_where_their_words_and_figures_are(one, other):
    assert folded(folded(one)) == folded(one)
    if folded(one) == folded(other):
        assert [c for c in folded(one) if c.isdecimal()] == [c for c in folded(other) if c.isdecimal()]
