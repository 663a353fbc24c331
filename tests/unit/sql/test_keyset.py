"""Where an index can begin to read a page."""

import pytest
from sqlalchemy.dialects import postgresql

from gateway.layers import PARCELS
from gateway.query.page import Page
from gateway.sql import keyset
from tests.fixtures.reading import query


def condition(order, **page):
    keys = keyset.keys(query(order=[order]).order, PARCELS.model)
    text = str(keyset.bounds(keys, Page(10, **page)).compile(dialect=postgresql.dialect()))
    return text.replace("parcels.", "")


@pytest.mark.parametrize(
    ("order", "page", "begins"),
    [
        ({"parcelId": "ASC"}, {"after": ("1-1", 7)}, "parcel_id >= "),
        ({"yearBuilt": "DESC_NULLS_FIRST"}, {"after": (1990, 7)}, "year_built <= "),
        ({"yearBuilt": "ASC_NULLS_FIRST"}, {"after": (1990, 7)}, "year_built >= "),
        ({"yearBuilt": "ASC"}, {"before": (1990, 7)}, "year_built <= "),
    ],
)
def test_a_page_begins_at_its_first_value(order, page, begins):
    assert condition(order, **page).startswith(begins)


@pytest.mark.parametrize(("order", "page"), [("ASC", "after"), ("DESC", "after"), ("DESC_NULLS_FIRST", "before")])
def test_missing_values_that_follow_are_in_no_range(order, page):
    assert "year_built IS NULL" in condition({"yearBuilt": order}, **{page: (1990, 7)}).partition(" AND ")[0]


@pytest.mark.parametrize(
    ("order", "page"),
    [("ASC", "after"), ("DESC", "after"), ("DESC_NULLS_LAST", "after"), ("DESC_NULLS_FIRST", "before")],
)
def test_missing_values_that_follow_are_a_part_of_their_own_where_parts_are_asked_for(order, page):
    size = "last" if page == "before" else "first"
    keys = keyset.keys(query(order=[{"yearBuilt": order}]).order, PARCELS.model)
    present, missing = keyset.runs(keys, Page(10, size == "last", **{page: (1990, 7)}))
    assert "IS NULL" not in str(present.condition)
    assert str(missing.condition) == "parcels.year_built IS NULL"


@pytest.mark.parametrize(
    ("page", "parts"),
    [
        ({}, ["IS NOT NULL", "IS NULL"]),
        ({"after": (1990, 7)}, ["IS NOT NULL", "IS NULL"]),
        ({"after": (None, 7)}, ["IS NULL"]),
        ({"before": (1990, 7)}, ["IS NOT NULL"]),
        ({"before": (None, 7)}, ["IS NOT NULL", "IS NULL"]),
        ({"backward": True}, ["IS NULL", "IS NOT NULL"]),
        ({"backward": True, "before": (None, 7)}, ["IS NULL", "IS NOT NULL"]),
        ({"backward": True, "before": (1990, 7)}, ["IS NOT NULL"]),
        ({"backward": True, "after": (1990, 7)}, ["IS NULL", "IS NOT NULL"]),
        ({"backward": True, "after": (None, 7)}, ["IS NULL"]),
    ],
)
def test_a_descending_page_reads_a_plain_index_from_its_other_end(page, parts):
    keys = keyset.keys(query(order=[{"yearBuilt": "DESC"}]).order, PARCELS.model)
    runs = keyset.runs(keys, Page(10, **page))
    assert [str(run.condition).partition(" AND ")[0].partition(" ")[2] for run in runs] == parts
    way = " ASC" if page.get("backward") else " DESC"
    assert {str(keyset.order_by(run.keys)[0]) for run in runs} == {f"parcels.year_built{way}"}


@pytest.mark.parametrize(
    ("order", "page"),
    [
        ({"yearBuilt": "ASC"}, {}),
        ({"yearBuilt": "ASC"}, {"after": (None, 7)}),
        ({"yearBuilt": "DESC_NULLS_LAST"}, {}),
        ({"yearBuilt": "DESC_NULLS_FIRST"}, {"after": (1990, 7)}),
        ({"parcelId": "DESC"}, {}),
        ({"yearBuilt": "ASC_NULLS_FIRST"}, {"after": (1990, 7)}),
        ({"parcelId": "ASC"}, {"after": ("1-1", 7)}),
        ({"yearBuilt": "ASC"}, {"before": (1990, 7)}),
    ],
)
def test_a_page_that_an_index_holds_in_one_piece_has_no_parts(order, page):
    keys = keyset.keys(query(order=[order]).order, PARCELS.model)
    assert keyset.runs(keys, Page(10, "before" in page, **page)) == ()


def test_a_distance_is_measured_once_and_not_for_each_comparison():
    to = {"distanceTo": {"wkt": "POINT (-71.11 42.37)"}}
    for page in ({"after": (150.5, 7)}, {"before": (150.5, 7)}):
        assert condition(to, **page).count("ST_ShortestLine") == 1
