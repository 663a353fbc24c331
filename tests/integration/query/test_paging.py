"""Pages by cursor meet every row once, in the order of the whole, from both ends."""

from itertools import product

import pytest

from gateway.layers import PARCELS, ZONING_DISTRICTS
from gateway.query.order import Ordering, is_orderable
from tests.fixtures.reading import PARSER, query

HERE = {"geojson": {"type": "Point", "coordinates": [0.0221, 0.0304]}}
BOX = {"bbox": [0.004, 0.004, 0.0205, 0.0205]}
FIELDS = [field for field in PARCELS.fields.values() if is_orderable(field)]
DIRECTIONS = [("ASC", "DESC"), tuple(ordering.value for ordering in Ordering)]
SINGLE = [[{field.name: ordering}] for field in FIELDS for ordering in DIRECTIONS[field.nullable]]
DISTANCE = [
    [{"distanceTo": HERE}],
    [{"distanceTo": BOX}],
    [{"distanceTo": {"circle": {"center": [0.02, 0.02], "radius": 900}}}],
    [{"distanceTo": {"bbox": [179.9, 40, -179.9, 41]}}],
    [{"distanceTo": {"node": "UGFyY2VsOjE3"}}],
    [{"distanceTo": BOX}, {"address": "DESC"}],
]
MIXED = [
    [{"landUse": "ASC"}, {"address": "DESC_NULLS_LAST"}, {"areaSqm": "ASC"}],
    [{"yearBuilt": "ASC_NULLS_FIRST"}, {"assessedValue": "DESC"}, {"createdAt": "DESC"}, {"centroid": "ASC"}],
    [{"ownerName": "DESC"}, {"version": "DESC"}, {"featureId": "DESC"}],
    [{"bbox": "DESC"}, {"address": "ASC_NULLS_FIRST"}],
    [{"createdAt": "DESC"}, {"landUse": "DESC_NULLS_FIRST"}],
    [{"version": "ASC"}, {"address": "ASC"}, {"address": "DESC"}],
]


def name(order):
    return "-".join(
        f"{key}.{value if isinstance(value, str) else next(iter(value))}"
        for each in order
        for key, value in each.items()
    )


orders = pytest.mark.parametrize("order", [*SINGLE, *DISTANCE, *MIXED], ids=name)


def ids(rows):
    return [row.node.id for row in rows]


def cursor(order, row, layer=PARCELS):
    return PARSER.codec.encode(query(layer, order=order).scope, row.position)


@orders
async def test_pages_of_1_7_and_100_give_each_row_once_in_order_from_both_ends(varied_reader, order):
    whole = ids(await varied_reader.everything(order=order))
    assert len(set(whole)) == len(whole) == 30
    for size, backward in product((1, 7, 100), (False, True)):
        assert await varied_reader.sweep(order=order, size=size, backward=backward) == whole


@pytest.mark.parametrize(
    "order", [None, [{"address": "DESC_NULLS_LAST"}], [{"areaSqm": "ASC"}]], ids=["id", "address", "area"]
)
@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
async def test_all_of_cambridge_in_pages_of_100(reader, order, backward):
    whole = ids(await reader.everything(order=order))
    assert len(set(whole)) == 13_115
    assert await reader.sweep(order=order, size=100, backward=backward) == whole


def key(order):
    """The order of `order` as Python compares: for each term where it stands, and its value."""

    def of(row):
        found = []
        for ((_, ordering),), value in zip((each.items() for each in order), row.position, strict=False):
            down = ordering.startswith("DESC")
            first = ordering.endswith("FIRST")
            missing = (0 if first else 2) if value is None else 1
            found.append((missing, Reversed(value) if down and value is not None else value))
        last = -row.node.id if all(next(iter(each.values())).startswith("DESC") for each in order) else row.node.id
        return [*((missing, value if missing == 1 else 0) for missing, value in found), last]

    return of


class Reversed:
    """Compares the other way around."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return hash(self.value)

    def __lt__(self, other):
        return other.value < self.value


COMPARABLE = [
    order
    for order in [*SINGLE, *MIXED[:1], *MIXED[2:3], *MIXED[4:]]
    if not {"centroid", "pointOnSurface", "bbox"} & {*order[0]}
]


@pytest.mark.parametrize("order", COMPARABLE, ids=name)
async def test_the_order_is_that_of_the_values_with_missing_ones_where_the_term_puts_them(varied_reader, order):
    rows = await varied_reader.everything(order=order)
    assert ids(rows) == ids(sorted(rows, key=key(order)))


async def test_without_an_order_rows_come_by_id(varied_reader):
    assert ids(await varied_reader.everything()) == sorted(ids(await varied_reader.everything()))


@pytest.mark.parametrize("order", [SINGLE[0], SINGLE[3], *DISTANCE, *MIXED], ids=name)
async def test_a_window_between_two_cursors_holds_what_lies_between(varied_reader, order):
    rows = await varied_reader.everything(order=order)
    after, before = cursor(order, rows[9]), cursor(order, rows[20])
    inside = ids(rows[10:20])
    for page, expected in (
        ({"first": 100}, (inside, True, True)),
        ({"last": 100}, (inside, True, True)),
        ({"first": 4}, (inside[:4], True, True)),
        ({"last": 4}, (inside[-4:], True, True)),
        ({"first": 0}, ([], True, True)),
    ):
        found = await varied_reader.page(order=order, after=after, before=before, **page)
        assert (ids(found.rows), found.has_previous, found.has_next) == expected


async def test_a_window_whose_ends_are_the_wrong_way_around_is_empty(varied_reader):
    order = [{"address": "ASC"}]
    rows = await varied_reader.everything(order=order)
    found = await varied_reader.page(order=order, after=cursor(order, rows[20]), before=cursor(order, rows[5]))
    assert found.rows == ()


async def test_a_page_of_no_rows_knows_whether_there_are_some(varied_reader):
    none = {"parcelId": {"exact": "nothing"}}
    for page in ({"first": 0}, {"last": 0}):
        assert (await varied_reader.page(**page)).rows == ()
    for page in ({"first": 0}, {"last": 0}, {"first": 3}, {"last": 3}):
        found = await varied_reader.page(filters=none, **page)
        assert (found.rows, found.has_next, found.has_previous) == ((), False, False)
    assert (await varied_reader.page(first=0)).has_next
    assert (await varied_reader.page(last=0)).has_previous


async def test_a_page_that_ends_with_the_last_row_has_no_next(varied_reader):
    found = await varied_reader.page(first=30)
    assert (len(found.rows), found.has_next, found.has_previous) == (30, False, False)
    found = await varied_reader.page(last=30)
    assert (len(found.rows), found.has_next, found.has_previous) == (30, False, False)


async def test_after_the_last_row_there_is_an_empty_page_with_some_before_it(varied_reader):
    rows = await varied_reader.everything()
    found = await varied_reader.page(first=5, after=cursor(None, rows[-1]))
    assert (found.rows, found.has_next, found.has_previous) == ((), False, True)
    found = await varied_reader.page(last=5, before=cursor(None, rows[0]))
    assert (found.rows, found.has_next, found.has_previous) == ((), True, False)


async def test_pages_of_a_filter_keep_to_it(varied_reader):
    filters = {"landUse": {"isNull": True}}
    whole = ids(await varied_reader.everything(filters=filters, order=[{"address": "DESC"}]))
    assert len(whole) == 11
    assert await varied_reader.sweep(filters=filters, order=[{"address": "DESC"}], size=3) == whole


async def test_districts_page_like_parcels(reader):
    for order in ([{"zoneCode": "DESC"}], [{"category": "ASC"}, {"name": "ASC_NULLS_FIRST"}]):
        whole = ids(await reader.everything(ZONING_DISTRICTS, order=order))
        assert len(whole) == 261
        assert await reader.sweep(ZONING_DISTRICTS, order=order, size=50, backward=True) == whole
