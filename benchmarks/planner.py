"""How much faster operations are answered with the planner than without it.

    python benchmarks/planner.py URL [ROUNDS]

URL is that of a database with parcels. Both ways run in this process, one request at a time and in turns, so that
whatever else the machine does falls on both; each round gives one ratio, and their range is what is printed.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import orjson

from gateway.context import contexts
from gateway.db import Database, ReadSession
from gateway.layers import LAYERS
from gateway.operation import Operation
from gateway.settings import DatabaseSettings, Settings
from schema import build_schema
from schema.operations import Operations

FIELDS = "id parcelId address landUse assessedValue yearBuilt geometry"
WHERE = "filters: {geometry: {bbOverlaps: {bbox: $box}}}"
VIEWPORT = f"query ($box: BBox!) {{ parcels(first: 500, {WHERE}) {{ nodes {{ {FIELDS} }} }} }}"
JOIN = "{ parcels(first: 100) { nodes { parcelId zoningDistricts { nodes { zoneCode } } } } }"
POINT = "query ($key: String!) { parcel(parcelId: $key) { parcelId geometry } }"
SECONDS = 1.0


Way = tuple[Operations, Callable[[ReadSession], Any], Database]


async def answer(way: Way, operation: Operation) -> bytes:
    """One request, to the bytes of its answer."""
    operations, context, database = way
    async with database.read() as session:
        outcome = await operations.run(operation, context(session))
    assert not outcome.errors, outcome.errors
    return orjson.dumps(outcome.data)


async def rate(way: Way, operation: Operation) -> float:
    """Requests a second."""
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < SECONDS:
        await answer(way, operation)
        count += 1
    return count / (time.perf_counter() - begun)


async def main(url: str, rounds: int) -> None:
    """Print a line for each work."""
    database = Database(DatabaseSettings(), url)
    schema, limits = build_schema(LAYERS), Settings().limits
    context = contexts(LAYERS, limits, b"a key of the benchmark")
    ways: list[Way] = [
        (Operations(schema, Settings(planner="on"), LAYERS), context, database),
        (Operations(schema, Settings(planner="off"), LAYERS), context, database),
    ]
    start = Operation("{ parcels(first: 1) { extent nodes { parcelId } } }")
    found = orjson.loads(await answer(ways[0], start))["parcels"]
    works = {
        "viewport, 500 rows": Operation(VIEWPORT, variables={"box": found["extent"]}),
        "join, 100 rows": Operation(JOIN),
        "point": Operation(POINT, variables={"key": found["nodes"][0]["parcelId"]}),
    }
    for name, work in works.items():
        given = [await answer(way, work) for way in ways]
        assert orjson.loads(given[0]) == orjson.loads(given[1])
        pairs = [[await rate(way, work) for way in ways] for _ in range(rounds)]
        ratios = sorted(fast / slow for fast, slow in pairs)
        rates = ", ".join(f"{median(values):.0f}" for values in zip(*pairs, strict=True))
        print(f"{name}: {ratios[0]:.1f} to {ratios[-1]:.1f} times, median {median(ratios):.1f} (requests/s {rates})")
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7))
