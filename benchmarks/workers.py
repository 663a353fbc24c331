"""Part: what a second worker gives. Leaves requests a second of one and of two on the same work."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from benchmarks.contestants import contestant
from benchmarks.county import county, places
from benchmarks.reads import SIZE
from benchmarks.rounds import figures, ratio
from benchmarks.run import Part, Run
from benchmarks.works import WORKS

_TARGET = 1.6


def measure(run: Run) -> Mapping[str, Any]:
    """Points and viewports: much in the gateway for little in PostgreSQL, and the other way around."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        ground = stack.enter_context(county(SIZE))
        where = asyncio.run(places(ground))
        runs = {
            str(workers): (
                stack.enter_context(contestant("gateway", ground, workers=workers, key=f"gateway-{workers}-workers")),
                ground.postmaster,
            )
            for workers in (1, 2)
        }
        for work in (work for work in WORKS if work.name in {"point", "viewport"}):
            asked = dict.fromkeys(runs, work.variables(where))
            measured = run.rounds.measure(runs, work, asked, run.scratch)
            gain = ratio(measured["2"], measured["1"])
            found[work.name] = {name: figures(each).rps for name, each in measured.items()} | {"ratio": gain}
            run.console.print(
                f"Workers, {work.name}: two give {gain:.2f} times the requests a second of one (at least {_TARGET} on a"
                f" machine with the cores for server, PostgreSQL and load; this one has {os.cpu_count()})."
            )
    return {"workers": found}


PART = Part("workers", ("workers",), measure)
