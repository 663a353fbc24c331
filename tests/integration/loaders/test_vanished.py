"""Rows that are deleted between two statements of one request."""

import pytest

from gateway.errors import Conflict
from gateway.execution.loaders import Loaders
from gateway.layers import LAYERS, PARCELS
from gateway.planner.derived import BBOX
from gateway.query.values import EdgeValue


async def test_a_value_of_a_row_that_was_deleted_meanwhile_is_a_conflict(read_session):
    values = Loaders(read_session, LAYERS).value_by_id(PARCELS, BBOX)
    there = values.load(1)
    with pytest.raises(Conflict, match="deleted while it was being read"):
        await values.load(10**12)
    assert len(await there) == 4


async def test_a_value_of_an_edge_that_was_deleted_meanwhile_is_a_conflict(read_session):
    relation = PARCELS.relation("neighbors")
    values = Loaders(read_session, LAYERS).value_by_edge(PARCELS, relation, EdgeValue.SHARED_BORDER_M)
    with pytest.raises(Conflict, match="deleted while it was being read"):
        await values.load((1, 10**12))


async def test_a_row_that_is_not_there_is_none(read_session):
    assert await Loaders(read_session, LAYERS).feature_by_id(PARCELS).load(10**12) is None
