"""Features are counted before the first is loaded, which may take long: a job that is stopped then ends at once."""

import pytest

from gateway.sources.jail import reader
from tests.fixtures.sources import fetch
from tests.integration.bulk.conftest import until
from tests.integration.bulk.test_jobs import Loads

SLOW = """
import os, struct, sys, time
sys.stdin.buffer.readline()
os.write(1, struct.pack(">II", 13, 0) + b'{{"opened": 1}}')
sys.stdin.buffer.readline()
open({begun!r}, "w").close()
time.sleep(600)
"""


@pytest.fixture
def counting(monkeypatch, tmp_path):
    """The counting of features, which does not end before the test does: a file that is there once it has begun."""
    begun, script = tmp_path / "begun", tmp_path / "slow.py"
    script.write_text(SLOW.format(begun=str(begun)))
    monkeypatch.setattr(reader, "_SCRIPT", script)
    return begun


async def begun(loads, city, counting):
    """A job that counts."""

    async def counts():
        return counting.exists()

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
