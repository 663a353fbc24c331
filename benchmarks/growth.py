"""Part: whether answers take longer where there is more data. Leaves p50 of one client by number of parcels."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from rich.table import Table

from benchmarks.contestants import contestant
from benchmarks.county import county, places
from benchmarks.rounds import figures
from benchmarks.run import Part, Run
from benchmarks.works import WORKS

SIZES = (10_000, 100_000, 1_000_000)
_WORKS = ("point", "viewport", "nearest")
_TARGET = 1.3


def measure(run: Run) -> Mapping[str, Any]:
    """The same works on counties of several sizes, one request at a time."""
    rounds = replace(run.rounds, connections=1)
    table = Table(title="Growth: p50 in ms, one request at a time", title_justify="left")
    for column in ("", *(f"{size:,} parcels" for size in SIZES), f"last to first (at most {_TARGET})"):
        table.add_column(column, justify="right" if column else "left")
    found: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        grounds = {str(size): stack.enter_context(county(size)) for size in SIZES}
        runs = {
            size: (stack.enter_context(contestant("gateway", ground, key=f"gateway-{size}")), ground.postmaster)
            for size, ground in grounds.items()
        }
        where = {size: asyncio.run(places(ground)) for size, ground in grounds.items()}
        for work in (work for work in WORKS if work.name in _WORKS):
            asked = {size: work.variables(place) for size, place in where.items()}
            measured = rounds.measure(runs, work, asked, run.scratch)
            p50 = {size: figures(each).p50_ms for size, each in measured.items()}
            found[work.name] = p50
            first, *_, last = p50.values()
            table.add_row(work.name, *(f"{value:.2f}" for value in p50.values()), f"{last / first:.2f}")
    run.console.print(table)
    return {"growth": found}


PART = Part("growth", ("growth",), measure)
