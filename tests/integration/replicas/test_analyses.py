"""Analyses as jobs on a standby: what they find is what the primary would, and a server that is killed loses none."""

import asyncio
import os
import signal

import orjson
import pytest

from tests.fixtures.sources import fetch
from tests.integration.analysis.test_running import ASLEEP, SLOW
from tests.integration.bulk import conftest as bulk
from tests.integration.bulk.conftest import Nursery, alive, until

STARTED = "mutation { startAnalysis(analysis: {parcels: {method: {%s}}}) { id state } }"
LOOKED = "query($id: ID!) { analysisJob(id: $id) { state phase rows written error { code } result { geojson } } }"


class Analyst:
    """Starts analyses and looks at them."""

    def __init__(self, nursery):
        self._client = nursery.client

    def ask(self, document, **variables):
        body = orjson.dumps({"query": document, "variables": variables})
        status, _, answer = self._client.send("/graphql", body, **{"content-type": "application/json"})
        assert status == 200, answer
        assert "errors" not in answer, answer
        return answer["data"]

    def start(self, method):
        return self.ask(STARTED % method)["startAnalysis"]["id"]

    def look(self, job):
        return self.ask(LOOKED, id=job)["analysisJob"]

    async def ended(self, job):
        async def over():
            return self.look(job)["state"] in {"COMPLETE", "FAILED", "CANCELLED"}

        await until(over)
        return self.look(job)

    def result(self, job):
        path = "/" + self.look(job)["result"]["geojson"].split("/", 3)[3]
        return orjson.loads(self._client.get(path)[2])["features"]


class Ending(Nursery):
    """One whose servers end with it."""

    def __init__(self, *given):
        self._begun = []
        super().__init__(*given)

    def begin(self, *words):
        self._begun.append(super().begin(*words))
        return self._begun[-1]

    def close(self):
        for child in filter(alive, self._begun):
            os.kill(child, signal.SIGKILL)
        super().close()


@pytest.fixture
def begun(replication, replicated, tmp_path, monkeypatch):
    """`begun(standby=True)`: servers of the primary, whose analyses run on a standby or not."""
    opened = []

    def begin(*, standby):
        engine = replication.standbys[0] if standby else replication.primary
        monkeypatch.setenv("GATEWAY_ANALYTICS_URL", engine.url(replicated))
        monkeypatch.setattr(bulk, "OPEN_TO_ALL", {"GATEWAY_AUTH_ANONYMOUS": "read,analyze"})
        opened.append(Ending(replication.primary.url(replicated), tmp_path / f"nursery{len(opened)}"))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


async def test_a_job_on_a_standby_finds_what_the_primary_would(begun):
    found = []
    for standby in (True, False):
        nursery = begun(standby=standby)
        server, analyst = await nursery.serve(), Analyst(nursery)
        job = analyst.start("clusterDbscan: {distance: 50, minPoints: 3}")
        done = await analyst.ended(job)
        assert (done["state"], done["rows"]) == ("COMPLETE", 2000)
        found.append(analyst.result(job))
        await nursery.kill(server)
    assert len(found[0]) > 1
    assert found[0] == found[1]


async def test_a_job_on_a_standby_goes_on_when_its_server_is_killed(begun, replication, replicated):
    primary, standby = (node.url(replicated) for node in (replication.primary, replication.standbys[0]))
    await fetch(primary, SLOW.format(600))
    replication.caught_up()
    nursery = begun(standby=True)
    server, analyst = await nursery.serve(), Analyst(nursery)
    job = analyst.start("union: true")

    async def computing():
        return (await fetch(standby, ASLEEP))[0][0] == 1

    await until(computing)
    assert analyst.look(job)["state"] == "RUNNING"
    assert await nursery.kill(server)
    await fetch(primary, SLOW.format(0))
    await asyncio.to_thread(replication.caught_up)
    await nursery.serve()
    done = await analyst.ended(job)
    assert (done["state"], done["written"], done["error"]) == ("COMPLETE", 1, None)
    assert await fetch(primary, "SELECT state, attempts FROM analysis_jobs") == [("complete", 2)]
    assert await fetch(primary, "SELECT count(*) FROM analysis_results") == [(1,)]
