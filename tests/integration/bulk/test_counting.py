"""Features are counted before the first is loaded, which may take long: whoever stops a job then need not wait."""

from threading import Event

import pytest

from gateway.sources import lines
from tests.fixtures.sources import fetch
from tests.integration.bulk.conftest import until
from tests.integration.bulk.test_jobs import Loads


@pytest.fixture
def counting(monkeypatch):
    """The counting of features, which does not end before the test does: set once it has begun."""
    begun, go = Event(), Event()

    def records(_):
        begun.set()
        go.wait()
        return iter(())

    monkeypatch.setattr(lines, "records", records)
    yield begun
    go.set()


async def begun(loads, city, counting):
    """A job that counts."""

    async def counts():
        return counting.is_set()

    job = await loads.send(city(3))
    await until(counts)
    return job


async def test_a_job_whose_features_are_being_counted_is_cancelled_at_once(bulk, city, counting):
    async with bulk() as door:
        loads = Loads(door)
        job = await begun(loads, city, counting)
        assert (await loads.tell(job, "cancel")).status == 200
        assert (await loads.comes_to(job, "cancelled"))["counts"]["read"] == 0


async def test_a_server_stops_while_features_are_being_counted(bulk, city, counting, empty_database):
    async with bulk() as door:
        await begun(Loads(door), city, counting)
    assert await fetch(empty_database, "SELECT state FROM jobs") == [("waiting",)]
