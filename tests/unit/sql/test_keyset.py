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
        ({"yearBuilt": "DESC"}, {"after": (1990, 7)}, "year_built <= "),
        ({"yearBuilt": "ASC_NULLS_FIRST"}, {"after": (1990, 7)}, "year_built >= "),
        ({"yearBuilt": "ASC"}, {"before": (1990, 7)}, "year_built <= "),
    ],
)
def test_a_page_begins_at_its_first_value(order, page, begins):
    assert condition(order, **page).startswith(begins)


@pytest.mark.parametrize(("order", "page"), [("ASC", "after"), ("DESC_NULLS_LAST", "after"), ("DESC", "before")])
def test_missing_values_that_follow_are_in_no_range(order, page):
    assert "year_built IS NULL" in condition({"yearBuilt": order}, **{page: (1990, 7)}).partition(" AND ")[0]


@pytest.mark.parametrize(("order", "page"), [("ASC", "after"), ("DESC_NULLS_LAST", "after"), ("DESC", "before")])
def test_missing_values_that_follow_are_a_part_of_their_own_where_parts_are_asked_for(order, page):
    size = "last" if page == "before" else "first"
    keys = keyset.keys(query(order=[{"yearBuilt": order}]).order, PARCELS.model)
    present, missing = keyset.runs(keys, Page(10, size == "last", **{page: (1990, 7)}))
    assert "IS NULL" not in str(present)
    assert str(missing) == "parcels.year_built IS NULL"


@pytest.mark.parametrize(
    ("order", "page"),
    [
        ({"yearBuilt": "ASC"}, {}),
        ({"yearBuilt": "ASC"}, {"after": (None, 7)}),
        ({"yearBuilt": "ASC_NULLS_FIRST"}, {"after": (1990, 7)}),
        ({"parcelId": "ASC"}, {"after": ("1-1", 7)}),
        ({"yearBuilt": "ASC"}, {"before": (1990, 7)}),
    ],
)
def test_a_page_that_an_index_holds_in_one_piece_has_one_part(order, page):
    keys = keyset.keys(query(order=[order]).order, PARCELS.model)
    assert len(keyset.runs(keys, Page(10, "before" in page, **page))) == 1


def test_a_distance_is_measured_once_and_not_for_each_comparison():
    to = {"distanceTo": {"wkt": "POINT (-71.11 42.37)"}}
    for page in ({"after": (150.5, 7)}, {"before": (150.5, 7)}):
        assert condition(to, **page).count("ST_ShortestLine") == 1
