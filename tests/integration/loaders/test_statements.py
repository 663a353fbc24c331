"""Loaders send one statement a level, whatever the number of rows, and one at a time."""

import asyncio

import pytest
from sqlalchemy.exc import InvalidRequestError

from gateway import errors
from gateway.db.sessions import Database
from gateway.execution.loaders import Loaders
from gateway.execution.loaders.connection import Connection, CountMode, LayerQueries, RelatedQueries
from gateway.layers import LAYERS, PARCELS, ZONING_DISTRICTS
from gateway.query.geometry import GeometryOptions
from gateway.query.values import EdgeValue, GeometryText
from gateway.sql import summaries
from tests.fixtures.reading import PARSER, query

DISTRICTS = PARCELS.relation("zoning_districts")
NEIGHBORS = PARCELS.relation("neighbors")
INSIDE = ZONING_DISTRICTS.relation("parcels")


@pytest.fixture
async def database(cambridge, settings):
    found = Database(settings.database, cambridge)
    yield found
    await found.dispose()


def geometry(layer, precision=7):
    return GeometryText(layer.fields["geometry"], GeometryOptions(precision=precision))


async def nested(loaders, parents):
    """Parcels, their districts with edge data, totals and geometry, and parcels of those."""
    asked = query(first=parents)
    top = await Connection(LayerQueries(loaders, asked), asked, PARSER.codec).page()
    await asyncio.gather(*(districts_of(loaders, row.node) for row in top.rows))
    return len(top.rows)


async def districts_of(loaders, parcel):
    asked = query(ZONING_DISTRICTS, first=5)
    found = Connection(RelatedQueries(loaders, PARCELS, DISTRICTS, asked, parcel.id), asked, PARSER.codec)
    page, _, _ = await asyncio.gather(
        found.page(), found.count(CountMode.EXACT, 10), loaders.value_by_id(PARCELS, geometry(PARCELS)).load(parcel.id)
    )
    await asyncio.gather(*(edge(loaders, parcel, row.node) for row in page.rows))


async def edge(loaders, parcel, district):
    pair = (parcel.id, district.id)
    await asyncio.gather(
        loaders.value_by_edge(PARCELS, DISTRICTS, EdgeValue.OVERLAP_AREA_SQM).load(pair),
        loaders.value_by_id(ZONING_DISTRICTS, geometry(ZONING_DISTRICTS)).load(district.id),
        loaders.page_by_parent(ZONING_DISTRICTS, INSIDE, query(first=2, filters=FEW)).load(district.id),
    )


# Few enough parcels that districts of many do not make the test slow.
FEW = {"geometry": {"bbOverlaps": {"bbox": [-71.111, 42.369, -71.11, 42.37]}}}


async def test_nested_reads_send_as_many_statements_for_1_10_and_500_parents(database, statements):
    counts = {}
    for parents in (1, 10, 500):
        with statements(database.autocommit) as sent:
            async with database.session() as session:
                assert await nested(Loaders(session, LAYERS), parents) == parents
        counts[parents] = len(sent)
    assert counts == {1: 7, 10: 7, 500: 7}


async def test_order_and_misses_are_kept(reader):
    load = reader.loaders.feature_by_id(PARCELS).load
    found = await asyncio.gather(load(30), load(10**9), load(7), load(30))
    assert [row and row.id for row in found] == [30, None, 7, 30]
    keys = [found[0].parcel_id, "nothing", found[2].parcel_id]
    found = await asyncio.gather(*map(reader.loaders.feature_by_key(PARCELS, "parcel_id").load, keys))
    assert [row and row.parcel_id for row in found] == [keys[0], None, keys[2]]


async def test_a_value_of_a_row_that_went_away_meanwhile_is_a_conflict(reader):
    for load, key in (
        (reader.loaders.value_by_id(PARCELS, geometry(PARCELS)).load, 10**9),
        (reader.loaders.value_by_edge(PARCELS, DISTRICTS, EdgeValue.COVERAGE).load, (7, 10**9)),
    ):
        with pytest.raises(errors.Conflict):
            await load(key)


async def test_related_pages_of_a_row_that_is_gone_are_empty(reader):
    asked = query(ZONING_DISTRICTS, first=2)
    page = await reader.loaders.page_by_parent(PARCELS, DISTRICTS, asked).load(10**9)
    assert (page.rows, page.has_next, page.has_previous) == ((), False, False)
    assert await reader.loaders.count_by_parent(PARCELS, DISTRICTS, asked, None).load(10**9) == 0
    assert await reader.loaders.extent_by_parent(PARCELS, DISTRICTS, asked).load(10**9) is None


async def test_geometries_with_other_arguments_are_other_batches(database, statements):
    with statements(database.autocommit) as sent:
        async with database.session() as session:
            loaders = Loaders(session, LAYERS)
            load = {precision: loaders.value_by_id(PARCELS, geometry(PARCELS, precision)).load for precision in (7, 2)}
            found = await asyncio.gather(*(load[precision](i) for i in (1, 2, 3) for precision in (7, 2)))
    assert len(sent) == 2
    assert all(len(fine) > len(coarse) for fine, coarse in zip(found[::2], found[1::2], strict=True))


async def test_loaders_of_one_session_take_turns(reader):
    """An AsyncSession refuses two statements at once: it would raise InvalidRequestError."""
    loaders = reader.loaders
    found = await asyncio.gather(
        *(loaders.feature_by_id(PARCELS).load(i) for i in range(1, 20)),
        *(loaders.value_by_id(PARCELS, geometry(PARCELS, precision)).load(5) for precision in range(8)),
        *(loaders.page(query(first=size)) for size in range(1, 6)),
        loaders.count(query(), None),
        loaders.extent(query()),
        loaders.estimate(query()),
    )
    assert found[-3] == 13_115
    assert all(value is not None for value in found)


async def test_an_error_of_a_batch_reaches_all_who_wait_for_it(database):
    async with database.session() as session:
        loaders = Loaders(session, LAYERS)
        await loaders.count(query(), 1)

        async def fail(*_):
            raise errors.Timeout("too long")

        session.rows = fail
        load = loaders.value_by_id(PARCELS, geometry(PARCELS)).load
        found = await asyncio.gather(load(1), load(2), load(3), return_exceptions=True)
    assert [type(error) for error in found] == [errors.Timeout] * 3


async def test_nothing_is_loaded_lazily(reader):
    (row,) = (await reader.page(first=1)).rows
    for attribute in ("geom", "attributes"):
        with pytest.raises(InvalidRequestError, match="raiseload"):
            getattr(row.node, attribute)


async def test_a_hundred_requests_share_two_connections(cambridge, settings):
    small = settings.database.model_copy(update={"pool_size": 2, "max_overflow": 0, "pool_timeout": 60})
    database = Database(small, cambridge)

    async def request(number):
        async with database.session() as session:
            reads = [Loaders(session, LAYERS).feature_by_id(PARCELS).load(number), session.scalar(query_of(number))]
            row, count = await asyncio.gather(*reads)
            return row.id, count

    found = await asyncio.gather(*(request(number) for number in range(1, 101)))
    assert found == [(number, 1) for number in range(1, 101)]
    assert database.in_use == 0
    await database.dispose()


def query_of(number):
    return summaries.count(LAYERS, query(filters={"featureId": {"exact": number}}), None)
