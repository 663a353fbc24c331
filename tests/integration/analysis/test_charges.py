"""The time that an analysis takes of its engine is charged to the client that asked for it, and to nobody else."""

import pytest

from tests.fixtures.sources import fetch

BUDGET = {"anonymous": 50_000, "window_seconds": 3600}  # half a second in an hour
# In place of functions: of one that each method calls for its shapes, and of one that counts what there is.
SLOW_SHAPES = """
CREATE OR REPLACE FUNCTION ST_ForcePolygonCCW(geometry) RETURNS geometry LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep(1); RETURN $1; END'
"""
SLOW_COUNTS = """
CREATE OR REPLACE FUNCTION ST_NPoints(geometry) RETURNS integer LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep(0.001); RETURN 5; END'
"""
QUERY = "{ analysis { parcels { union { count } } } }"
MUTATION = "mutation { startAnalysis(analysis: {parcels: {method: {union: true}}}) { id } }"


@pytest.mark.parametrize(
    ("document", "slow"),
    [(QUERY, SLOW_SHAPES), (QUERY, SLOW_COUNTS), (MUTATION, SLOW_COUNTS)],
    ids=["its answer", "what is counted before", "what is counted before a job"],
)
async def test_who_asks_pays_and_others_are_served(serve, own, document, slow):
    await fetch(own, slow)
    async with serve(budget=BUDGET) as door:

        async def ask(address, what="{ __typename }"):
            return await door.post(what, client=(address, 5))

        assert (await ask("198.51.100.7")).status == 200
        for _ in range(3):  # it is ended when half a second is over, of which it may have waited for a connection
            await ask("198.51.100.7", document)
        after = await ask("198.51.100.7")
        assert (after.status, after.code) == (429, "RATE_LIMITED")
        assert (await ask("198.51.100.8")).status == 200
