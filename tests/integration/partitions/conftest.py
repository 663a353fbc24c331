"""The small county with its parcels in eight partitions; enters the cluster, leaves URLs and doors."""

from pathlib import Path

import pytest

from gateway.asgi import create_app
from tests.fixtures.cluster import ROOT
from tests.fixtures.databases import _key, divide
from tests.fixtures.door import on, opened

COUNT = 8
MAKERS = ("gateway/sql/divided.py", "gateway/management/partitioning.py")


@pytest.fixture(scope="session")
def divided_template(cluster, small_template):
    """Name of the database of the small county, whose parcels were one table and were divided."""
    key = _key(*(ROOT / maker for maker in MAKERS), Path(__file__)) + small_template.removeprefix("small_")
    return cluster.build("divided", key, lambda url: divide(url, COUNT), template=small_template)


@pytest.fixture(scope="session")
def divided(cluster, divided_template):
    """URL of that database, which refuses writes."""
    with cluster.copy(divided_template, read_only=True) as url:
        yield url


@pytest.fixture
def own_divided(cluster, divided_template):
    """URL of a copy of this test's own."""
    with cluster.copy(divided_template) as url:
        yield url


@pytest.fixture
async def whole_door(settings, small):
    async with opened(create_app(on(settings, small))) as door:
        yield door


@pytest.fixture
async def divided_door(settings, divided):
    async with opened(create_app(on(settings, divided))) as door:
        yield door
