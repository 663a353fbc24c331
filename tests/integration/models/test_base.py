"""Hybrids in filters and orders, as PostGIS computes them, against what Python computes for the same rows."""

from itertools import pairwise

import pytest
import shapely
from sqlalchemy import func, select

from gateway.geo import measure
from gateway.models import Parcel


@pytest.fixture
async def shapes(read_session):
    """EWKB of each parcel by id."""
    return {row[0]: bytes(row[1]) for row in await read_session.rows(select(Parcel.id, func.ST_AsEWKB(Parcel.geom)))}


@pytest.mark.parametrize("name", ["area_sqm", "perimeter_m"])
async def test_rows_can_be_filtered_by_a_measure(read_session, shapes, name):
    measured = {key: getattr(measure, name)(wkb) for key, wkb in shapes.items()}
    middle = sorted(measured.values())[len(measured) // 2] * (1 + 1e-9)
    hybrid = getattr(Parcel, name)
    found = {row[0] for row in await read_session.rows(select(Parcel.id).where(hybrid > middle))}
    assert found == {key for key, value in measured.items() if value > middle}


@pytest.mark.parametrize("name", ["area_sqm", "perimeter_m"])
async def test_rows_can_be_ordered_by_a_measure(read_session, shapes, name):
    rows = await read_session.rows(select(Parcel.id).order_by(getattr(Parcel, name), Parcel.id))
    measured = [getattr(measure, name)(shapes[row[0]]) for row in rows]
    assert all(first <= second * (1 + 1e-9) for first, second in pairwise(measured))


async def test_rows_can_be_filtered_and_ordered_by_centroid_label_and_box(read_session, shapes):
    statement = (
        select(Parcel.id)
        .where(func.ST_X(Parcel.centroid) < -71.11, func.ST_XMax(Parcel.bbox) > -71.12)
        .where(func.ST_Y(Parcel.point_on_surface) > 42.37)
        .order_by(func.ST_Y(Parcel.centroid), Parcel.id)
    )
    found = [row[0] for row in await read_session.rows(statement)]
    geometries = {key: shapely.from_wkb(wkb) for key, wkb in shapes.items()}
    centroids = {key: shapely.from_wkb(measure.centroid(wkb)) for key, wkb in shapes.items()}
    expected = [
        key
        for key, wkb in shapes.items()
        if centroids[key].x < -71.11
        and geometries[key].bounds[2] > -71.12
        and shapely.from_wkb(measure.point_on_surface(wkb)).y > 42.37
    ]
    assert len(found) > 100
    assert set(found) == set(expected)
    heights = [centroids[key].y for key in found]
    assert all(low <= high + 1e-12 for low, high in pairwise(heights))
