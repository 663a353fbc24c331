"""Part: whether the gateway's memory stays flat over 20,000 mixed requests. Leaves its resident size as they go by."""

import asyncio
from collections.abc import Mapping
from typing import Any

from benchmarks.contestants import Contestant, contestant
from benchmarks.county import county, places
from benchmarks.load import load
from benchmarks.processes import resident_bytes
from benchmarks.reads import SIZE
from benchmarks.run import Part, Run
from benchmarks.works import WORKS, Places

REQUESTS = 20_000
_WARM = 4_000
_SLICE_SECONDS = 5
_MEGABYTE = 2**20


def measure(run: Run) -> Mapping[str, Any]:
    """All works in turn, on one gateway."""
    bodies = run.scratch / "mixed"
    with county(SIZE) as ground, contestant("gateway", ground) as gateway:
        bodies.write_bytes(_mixed(gateway, asyncio.run(places(ground))))
        sizes: list[tuple[int, float]] = []
        done = 0
        while done < _WARM + REQUESTS:
            url = gateway.url(WORKS[0])
            done += load(url, bodies, seconds=_SLICE_SECONDS, connections=run.rounds.connections).requests
            if done >= _WARM:
                sizes.append((done, round(resident_bytes(gateway.process) / _MEGABYTE, 1)))
    first, last = sizes[0][1], sizes[-1][1]
    highest = max(size for _, size in sizes)
    run.console.print(
        f"Memory: {first:.0f} MB after {sizes[0][0]:,} mixed requests, {last:.0f} MB after {sizes[-1][0]:,}"
        f" ({last / first - 1:+.1%}), {highest:.0f} MB at most."
    )
    return {"memory": {"requests": sizes[-1][0] - sizes[0][0], "first_mb": first, "last_mb": last, "most_mb": highest}}


def _mixed(gateway: Contestant, where: Places) -> bytes:
    """Bodies of all works, one of each in turn."""
    asked = [[gateway.body(work, variables) for variables in work.variables(where)] for work in WORKS]
    return b"\n".join(body for bodies in zip(*asked, strict=False) for body in bodies)


PART = Part("memory", ("memory",), measure)
