"""The whole of Cambridge by cursor, in every order that is offered, from both ends, down to pages of one row.

Pages read an index that the tests make for the order: what is shown here is which rows come, not how fast. An order by
geometry or distance computes something of every row for each page, so pages of one row are of a part of the city there.
"""

import pytest
from sqlalchemy.dialects import postgresql

from gateway.db.sessions import Database
from gateway.layers import PARCELS
from gateway.models.kinds import Kind
from gateway.query.order import Ordering, is_orderable
from gateway.sql import keyset
from tests.fixtures.both_ways import Way
from tests.fixtures.reading import Reader, query
from tests.fixtures.schema import SURFACE

pytestmark = pytest.mark.fuzz

PAGE = """
query (
  $filters: ParcelFilter, $order: [ParcelOrder!], $first: Int, $after: String, $last: Int, $before: String
) {
  parcels(filters: $filters, order: $order, first: $first, after: $after, last: $last, before: $before) {
    nodes { featureId }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
POINT = {"geojson": {"type": "Point", "coordinates": [-71.11, 42.37]}}
BOX = {"bbox": [-71.115, 42.37, -71.11, 42.375]}
PART = {"geometry": {"intersects": {"bbox": [-71.118, 42.367, -71.108, 42.376]}}}
PARCELS_OF_PART = 770
FIELDS = [field for field in PARCELS.fields.values() if is_orderable(field)]
DIRECTIONS = [("ASC", "DESC"), tuple(ordering.value for ordering in Ordering)]
ORDERS = [
    *([{field.name: ordering}] for field in FIELDS for ordering in DIRECTIONS[field.nullable]),
    [{"landUse": "ASC"}, {"address": "DESC_NULLS_LAST"}],
    [{"yearBuilt": "DESC"}, {"assessedValue": "ASC_NULLS_FIRST"}, {"areaSqm": "DESC"}],
    [{"distanceTo": POINT}],
    [{"distanceTo": BOX}],
    [{"distanceTo": {"node": "UGFyY2VsOjEwMDA="}}],
]


def name(order):
    return "-".join(
        f"{key}.{value if isinstance(value, str) else next(iter(value))}"
        for each in order
        for key, value in each.items()
    )


def is_spatial(order):
    return any(name == "distanceTo" or PARCELS.fields[name].kind is Kind.GEOMETRY for each in order for name in each)


def indexed_key(key):
    expression = key.expression.compile(dialect=postgresql.dialect())
    return f"({expression}) {'DESC' if key.descending else 'ASC'} NULLS {'FIRST' if key.nulls_first else 'LAST'}"


@pytest.fixture(scope="module")
def indexed(cluster, cambridge_template):
    """URL of a Cambridge with an index for every order of one field."""
    with cluster.copy(cambridge_template) as url:
        database = url.partition("?")[0].rpartition("/")[2]
        cluster.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = off")
        for order in ORDERS:
            if "distanceTo" not in order[0]:
                columns = ", ".join(map(indexed_key, keyset.keys(query(order=order).order, PARCELS.model)))
                cluster.execute(f"CREATE INDEX ON parcels ({columns})", database=database)
        cluster.execute("ANALYZE", database=database)
        yield url


@pytest.fixture
async def city(indexed, settings):
    """The whole way of a read, planner on, over that Cambridge."""
    database = Database(settings.database, indexed)
    yield Way(database, "on", SURFACE)
    await database.dispose()


async def sweep(city, rows, *, size, backward):
    """Feature ids of every page from one end to the other; each must know whether there are more on both sides."""
    found, cursor = [], None
    while True:
        page = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        given = await city.run(PAGE, rows | page)
        assert given.planned
        read = given.answer["data"]["parcels"]
        ids, info = [node["featureId"] for node in read["nodes"]], read["pageInfo"]
        behind, ahead = ("hasNextPage", "hasPreviousPage") if backward else ("hasPreviousPage", "hasNextPage")
        assert info[behind] == bool(found)
        assert len(ids) == size or not info[ahead]
        found.extend(reversed(ids) if backward else ids)
        if not info[ahead]:
            return found[::-1] if backward else found
        cursor = info["startCursor" if backward else "endCursor"]


@pytest.mark.parametrize("order", ORDERS, ids=name)
@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("size", [100, 7, 1])
async def test_all_of_cambridge_page_by_page(city, read_session, order, size, backward):
    rows = {"order": order}
    if size == 1 and is_spatial(order):
        rows["filters"] = PART
    whole = [row.node.id for row in await Reader(read_session).everything(**rows)]
    assert len(set(whole)) == len(whole) == (13_115 if "filters" not in rows else PARCELS_OF_PART)
    assert await sweep(city, rows, size=size, backward=backward) == whole
