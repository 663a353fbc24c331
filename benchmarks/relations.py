"""Part: the kept relations of a county made anew, beside a statement for each that computes the same pairs.

What the gateway does may be stopped, goes on beside writers and leaves an index; the statements fill temporary tables
in one transaction, as PostgreSQL plans them. Leaves seconds, and CPU of all processes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from typing import Any

from rich.table import Table

from benchmarks.county import County, county
from benchmarks.processes import cpu_seconds, wait_until_idle
from benchmarks.run import Part, Run
from gateway.db.engine import create_engine
from gateway.ingest import catching_up
from gateway.settings import DatabaseSettings

SIZE = 200_000
_TARGET = 20.0
_STATEMENTS = (
    """
    CREATE TEMP TABLE districts ON COMMIT DROP AS
    SELECT p.id AS parcel, z.id AS district, ST_Area(ST_Intersection(p.geom, z.geom)::geography) AS shared
    FROM parcels p JOIN zoning_districts z ON ST_Intersects(p.geom, z.geom) AND NOT ST_Touches(p.geom, z.geom)""",
    """
    CREATE TEMP TABLE neighbors ON COMMIT DROP AS
    SELECT p.id AS parcel, n.id AS neighbor,
           ST_Length(ST_Intersection(ST_Boundary(p.geom), ST_Boundary(n.geom))::geography) AS shared
    FROM parcels p JOIN parcels n ON ST_Intersects(p.geom, n.geom) AND p.id < n.id""",
)


def measure(run: Run) -> Mapping[str, Any]:
    """Both in turns, for as many rounds as reads have."""
    ways = {"statements": _computed, "gateway": _kept}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with county(SIZE) as ground:
        for _ in range(run.rounds.count):
            for name, way in ways.items():
                wait_until_idle([ground.postmaster])
                taken[name].append(asyncio.run(_timed(ground, way)))
    found = {
        name: dict(zip(("seconds", "cpu_s"), map(median, zip(*each, strict=True)), strict=True))
        for name, each in taken.items()
    }
    table = Table(title=f"The relations of {SIZE:,} parcels made anew", title_justify="left")
    for column in ("", "s", "CPU s"):
        table.add_column(column, justify="right" if column else "left")
    for name, each in found.items():
        table.add_row(name, f"{each['seconds']:.1f}", f"{each['cpu_s']:.1f}")
    share = found["gateway"]["seconds"] / found["statements"]["seconds"]
    told = f"The gateway takes {share:.2f} times as long as the statements; target: {_TARGET:.0f} s"
    run.console.print(table, told)
    return {"relations": found}


async def _timed(ground: County, way: Callable[[County], Awaitable[float]]) -> tuple[float, float]:
    before, own = cpu_seconds(ground.postmaster), time.process_time()
    seconds = await way(ground)
    wait_until_idle([ground.postmaster])  # until it has reaped the processes of connections
    return seconds, cpu_seconds(ground.postmaster) - before + time.process_time() - own


async def _computed(ground: County) -> float:
    connection = await ground.connect()
    begun = time.monotonic()
    async with connection.transaction():
        for statement in _STATEMENTS:
            await connection.execute(statement)
    seconds = time.monotonic() - begun
    await connection.close()
    return seconds


async def _kept(ground: County) -> float:
    engine = create_engine(DatabaseSettings(), ground.url, timeout_ms=0)
    await catching_up.switch(engine, on=True)
    begun = time.monotonic()
    try:
        await catching_up.catch_up(engine)
        return time.monotonic() - begun
    finally:
        await catching_up.switch(engine, on=False)
        await engine.dispose()


PART = Part("relations", ("relations",), measure)
