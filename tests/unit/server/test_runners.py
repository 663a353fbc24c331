"""Runners that work beside requests end when they are told to, whatever else happens in that moment."""

import asyncio

import pytest

from gateway.db.outages import Outage
from gateway.execution.analysis_runner import AnalysisRunner
from gateway.ingest.bulk.runner import Runner
from gateway.layers import Layers
from gateway.server.pools import pools
from tests.fixtures.waiting import LONG


@pytest.fixture
async def runner(request, settings, monkeypatch):
    """One that has nothing to do, on databases that nothing is asked of."""
    made = request.param(settings)

    async def look():
        return 60.0

    monkeypatch.setattr(made, "_look", look)
    outage = Outage(settings.database)
    made.open(pools(settings, "postgresql+asyncpg://gateway@nowhere.invalid/none", outage), lambda: False)
    return made


def loads(settings):
    return Runner(Layers(()), settings)


def analyses(settings):
    return AnalysisRunner(None, None, settings)


@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("runner", [loads, analyses], indirect=True)
async def test_a_runner_that_is_woken_while_it_is_closed_ends(runner, steps):
    await asyncio.sleep(0.01)
    runner._wake.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    closing = asyncio.create_task(runner.close())
    assert (await asyncio.wait({closing}, timeout=LONG))[0], "it looks on for ever"
